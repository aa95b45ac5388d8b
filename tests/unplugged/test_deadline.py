"""No wait on the database outlasts its deadline, whatever the server or the line to it does."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing, contextmanager

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from llmpricing.models.deadline import DatabaseAway, DatabaseTimeout, deadline, install
from llmpricing.models.session import is_timeout, is_transient, make_engine
from tests.unplugged.faults import closed_port, frozen, proxied, silent_port


@pytest.fixture
def make(make_settings):
    """Engines as the application has them, with 0.3 s for a connect; all are disposed of."""
    engines = []

    def make_bounded(port=None, **ini):
        settings = make_settings(port, **({"connect_timeout_s": 0.3, "pool_size": 2, "database_slots": 2} | ini))
        engines.append(make_engine(settings))
        install(engines[-1], settings.connect_timeout_s)
        return engines[-1]

    yield make_bounded
    for engine in engines:
        engine.dispose()


def ask(engine, sql="select 1"):
    with engine.connect() as connection:
        return connection.scalar(text(sql))


@contextmanager
def within(seconds):
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def failure(engine, sql="select 1", deadline_s=0.5):
    """The driver's error that a question ends in."""
    with pytest.raises(OperationalError) as caught, deadline(deadline_s):
        ask(engine, sql)
    return caught.value.orig


def test_an_answer_in_time_passes(make):
    with deadline(5):
        assert ask(make()) == 1


def test_without_a_deadline_a_wait_is_plain(make):
    assert ask(make(), "select 1 from pg_sleep(0.4)") == 1


def test_a_slow_statement_ends_at_the_deadline_and_its_connection_is_thrown_away(make):
    engine = make()
    with within(1), pytest.raises(OperationalError) as caught, deadline(0.2):
        ask(engine, "select pg_sleep(5)")
    assert isinstance(caught.value.orig, DatabaseTimeout)
    assert caught.value.connection_invalidated
    assert is_timeout(caught.value)
    assert not is_transient(caught.value)  # a retry would only double the wait
    assert ask(engine) == 1


def test_of_nested_deadlines_the_earlier_holds(make):
    engine = make()
    with within(1), deadline(0.2), pytest.raises(OperationalError), deadline(60):
        ask(engine, "select pg_sleep(5)")
    with within(1), deadline(60), pytest.raises(OperationalError), deadline(0.2):
        ask(engine, "select pg_sleep(5)")


def test_a_deadline_is_its_own_threads_affair(make):
    engine, answers = make(), []
    with deadline(0.0):
        thread = threading.Thread(target=lambda: answers.append(ask(engine)))
        thread.start()
        thread.join()
    assert answers == [1]


def test_a_server_frozen_in_mid_statement_ends_at_the_deadline(stores, make):
    engine = make()
    with engine.connect() as connection:
        connection.scalar(text("select 1"))
        with frozen(stores.postgres.pid), within(1), deadline(0.3), pytest.raises(OperationalError) as caught:
            connection.scalar(text("select 1"))
    assert isinstance(caught.value.orig, DatabaseTimeout)
    assert ask(engine) == 1


def test_a_pooled_connection_to_a_frozen_server_is_given_up_after_the_budget_of_a_connect(stores, make):
    engine = make()
    assert ask(engine) == 1
    with frozen(stores.postgres.pid), within(2):
        assert isinstance(failure(engine, deadline_s=60), DatabaseTimeout)


def test_a_dead_line_under_a_pooled_connection_costs_no_request_when_the_server_lives(stores, make):
    with proxied(stores.database_url) as proxy:
        engine = make(make_url(proxy.url).port, connect_timeout_s=1)
        assert ask(engine) == 1
        proxy.cut()
        with within(1), deadline(5):
            assert ask(engine) == 1


def test_a_connection_cut_in_mid_statement_may_be_tried_again(stores, make):
    with proxied(stores.database_url) as proxy:
        engine = make(make_url(proxy.url).port)
        with engine.connect() as connection:
            connection.scalar(text("select 1"))
            proxy.cut()
            with pytest.raises(OperationalError) as caught:
                connection.scalar(text("select 1"))
    assert is_transient(caught.value)


def test_a_session_whose_packets_vanish_ends_at_the_deadline(stores, make):
    with proxied(stores.database_url) as proxy:
        engine = make(make_url(proxy.url).port)
        with engine.connect() as connection:
            connection.scalar(text("select 1"))
            proxy.go_silent()
            with within(1), deadline(0.3), pytest.raises(OperationalError):
                connection.scalar(text("select 1"))


def test_a_large_answer_arrives_whole_and_a_large_question_too(make):
    with deadline(5):
        assert len(ask(make(), "select repeat('x', 3000000)")) == 3_000_000
        assert ask(make(), f"select length('{'x' * 3_000_000}')") == 3_000_000


def test_a_connect_to_a_silent_server_takes_no_longer_than_its_budget_and_leaks_nothing(make):
    with silent_port() as port:
        engine = make(port)
        open_before = len(os.listdir("/proc/self/fd"))
        with within(1):
            kind = type(failure(engine, deadline_s=60))
        assert kind is DatabaseTimeout
        assert len(os.listdir("/proc/self/fd")) == open_before


def test_after_a_failed_connect_others_fail_at_once_for_a_second_and_then_try_again(stores, make):
    engine = make(closed_port())
    assert "refused" in str(failure(engine))
    with within(0.1):
        assert isinstance(failure(engine), DatabaseAway)
    time.sleep(1)
    assert not isinstance(failure(engine), DatabaseAway)


def test_a_database_that_comes_back_is_used_again_without_a_restart(stores, make):
    engine = make()
    assert ask(engine) == 1
    with frozen(stores.postgres.pid):
        failure(engine)
    time.sleep(1)
    assert ask(engine) == 1


def test_other_connections_of_the_process_work_as_before(stores, make):
    ask(make())
    url = make_url(stores.database_url)
    with closing(
        psycopg2.connect(host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database)
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("select generate_series(1, 3)")
        assert [n for (n,) in cursor] == [1, 2, 3]
