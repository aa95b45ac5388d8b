"""Places at the database: who gets one, who waits, who is refused."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

import plaster
import pytest

from llmpricing.settings import read_settings
from llmpricing.web.bulkhead import STUCK_AFTER_S, DatabaseBusy, Slots


def seconds_until_refused(slots):
    started = time.monotonic()
    with pytest.raises(DatabaseBusy), slots.hold():
        pass
    return time.monotonic() - started


def test_as_many_as_there_are_places_pass_without_waiting():
    slots = Slots(3, patience_s=5)
    started = time.monotonic()
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(slots.hold())
    assert time.monotonic() - started < 0.1


def test_one_too_many_waits_while_the_holders_are_new_and_nobody_does_once_they_are_stuck():
    slots = Slots(1, patience_s=5)
    with slots.hold():
        assert STUCK_AFTER_S - 0.1 < seconds_until_refused(slots) < STUCK_AFTER_S + 0.3
        assert seconds_until_refused(slots) < 0.05


def test_a_place_that_becomes_free_is_given_to_who_waits():
    slots, entered = Slots(1, patience_s=5), threading.Event()

    def enter():
        with slots.hold():
            entered.set()

    with slots.hold():
        thread = threading.Thread(target=enter)
        thread.start()
        assert not entered.wait(0.1)
    assert entered.wait(1)
    thread.join()


def test_one_slow_holder_turns_nobody_away_while_others_succeed():
    slots, done = Slots(2, patience_s=5), threading.Event()
    refused = []

    def work():
        while not done.is_set():
            try:
                with slots.hold():
                    time.sleep(0.02)
                    slots.succeed()
            except DatabaseBusy:
                refused.append(1)

    with slots.hold():
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(2 * STUCK_AFTER_S)
        done.set()
        for thread in threads:
            thread.join()
    assert refused == []


def test_patience_has_an_end():
    slots = Slots(1, patience_s=0.2)
    with slots.hold():
        assert 0.15 < seconds_until_refused(slots) < 0.4


def test_who_leaves_without_success_does_not_move_the_line():
    slots = Slots(2, patience_s=5)
    with slots.hold():
        time.sleep(STUCK_AFTER_S + 0.1)
        with slots.hold():
            pass
        with slots.hold():
            assert seconds_until_refused(slots) < 0.05


def test_a_place_is_given_back_after_a_failure():
    slots = Slots(1, patience_s=0)
    with pytest.raises(RuntimeError), slots.hold():
        raise RuntimeError
    with slots.hold():
        pass


@pytest.mark.parametrize("ini", ["development.ini", "production.ini"])
def test_each_ini_leaves_two_workers_free_of_the_database(ini):
    urls = {"sqlalchemy.url": "postgresql+psycopg2://a:b@c/d", "redis.url": "redis://c/0"}
    path = str(Path(__file__).parents[3] / ini)
    settings = read_settings({**plaster.get_settings(path, "app:main"), **urls}, environ={})
    threads = int(plaster.get_settings(path, "server:main")["threads"])
    assert settings.database_slots <= threads - 2
    assert settings.database_slots <= settings.pool_size


def test_the_refusal_is_a_503_that_says_to_try_again():
    refusal = DatabaseBusy()
    assert refusal.status == 503
    assert refusal.code == "UNAVAILABLE"
    assert "Try again" in refusal.message
