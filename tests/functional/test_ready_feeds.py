"""Feeds that are ready before anybody asks: after a change nobody waits for a build, and a known step is never late."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import BoundedSemaphore

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.book.file import open_book
from llmpricing.book.price_book import PriceBook
from llmpricing.domain.components import ComponentKey
from llmpricing.services.catalogue.steps import stable_period
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.folder import keep_book
from llmpricing.web import ready_feeds
from llmpricing.web.api import feed_bytes
from llmpricing.web.ready_feeds import AHEAD, PREVIOUS_FOR, ReadyFeeds
from tests.conftest import NOW, running_app
from tests.functional.addresses import FEEDS
from tests.functional.test_feeds import AFTER, FEED, MAP, bring

STEP = datetime(2027, 1, 1, tzinfo=UTC)  # acme-dated costs less from then on
PATIENCE_S = 180  # builders give way to all else, and the machine may be busy


@pytest.fixture
def fed_url(book_url: str) -> str:
    """The small price book after an import of a map."""
    bring(book_url, MAP)
    return book_url


@contextmanager
def no_turn_left(turns: BoundedSemaphore) -> Iterator[None]:
    """Inside the block no request can build a feed."""
    taken = 0
    while turns.acquire(blocking=False):
        taken += 1
    try:
        yield
    finally:
        for _ in range(taken):
            turns.release()


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def book(fed_url: str, tmp_path: Path) -> PriceBook:
    """The price book in memory, from a file in the folder; a price of it is announced."""
    engine = create_engine(fed_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        price = HeldPrice("acme/acme-dated", ComponentKey("input_tokens", ""), Decimal(2), 1_000_000, since=STEP)
        hold_price(session, price, Decider("a test", NOW, None))
    path = keep_book(engine, tmp_path)
    engine.dispose()
    assert path is not None
    return open_book(path).price_book


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[ReadyFeeds]:
    """What has feeds ready from that folder, when it is told to look."""
    found = ReadyFeeds(tmp_path, lambda: None)
    yield found
    found.close()


def test_after_a_change_of_the_book_nobody_waits_for_a_build(
    fed_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_bytes, "PATIENCE_S", 0.01)
    monkeypatch.setattr(ready_feeds, "PREVIOUS_FOR", timedelta(days=36_500))  # however busy the machine is
    with running_app(fed_url, redis_url, book_dir=tmp_path) as app, no_turn_left(feed_bytes._BUILDS):
        wait_for(lambda: app.get(FEED, status="*").status_int == 200)
        before = app.get(FEED)
        assert list(before.json) == list(MAP)
        later = MAP | {"acme/acme-later": MAP["acme/acme-own"]}
        bring(fed_url, later, day=13)
        seen = [app.get(FEED)]  # whatever it is, nobody waited for it
        while "acme/acme-later" not in seen[-1].json:
            assert seen[-1].headers["ETag"] == before.headers["ETag"]
            assert len(seen) < PATIENCE_S * 20
            time.sleep(0.05)
            seen.append(app.get(FEED))
        assert seen[-1].headers["ETag"] != before.headers["ETag"]
        for path in (FEEDS["feed_genai_prices"], FEEDS["ratio_config"], FEEDS["feed_litellm_sha256"]):
            app.get(path)
        error = app.get(FEEDS["feed_models_dev"], status=503).json["error"]
        assert error["message"].startswith("Others build")  # of which no list was imported, so it is not ready
    with running_app(fed_url, redis_url) as other:
        assert other.get(FEED).body == seen[-1].body


def test_moments_that_are_named_are_built_in_turn_and_keep_nobody_from_now(
    fed_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_bytes, "PATIENCE_S", 0.01)
    with running_app(fed_url, redis_url) as app, no_turn_left(feed_bytes._ASKED_MOMENTS):
        refused = app.get(FEED, {"at": AFTER}, status=503)
        assert refused.json["error"]["message"] == "Others build lists just now: ask again in some seconds."
        assert int(refused.headers["Retry-After"]) > 0
        app.get(FEEDS["feed_litellm_report"], {"at": AFTER}, status=503)
        app.get(FEED)


def test_the_feeds_of_a_known_step_are_ready_before_it_comes(
    book: PriceBook, ready: ReadyFeeds, tmp_path: Path
) -> None:
    state = book_state(book)
    before = stable_period(book, state, STEP - AHEAD / 2)
    at_step = stable_period(book, state, STEP)

    def price(period: object, now: datetime) -> float | None:
        found = ready.find("litellm", state, period, now)  # type: ignore[arg-type]
        return json.loads(gzip.decompress(found[0]))["acme/acme-dated"]["input_cost_per_token"] if found else None

    def has_both() -> bool:
        ready.look(book, STEP - AHEAD / 2)
        return price(before, STEP) is not None and price(at_step, STEP) is not None

    wait_for(has_both)
    assert (price(before, STEP - AHEAD / 2), price(at_step, STEP)) == (4e-06, 2e-06)
    again = ReadyFeeds(tmp_path, lambda: None)  # another process, or the same after a restart
    again.look(book, STEP)
    assert again.find("litellm", state, at_step) is not None
    again.close()


def test_the_feeds_of_the_version_before_answer_for_a_minute_and_not_beyond_a_known_step(
    book: PriceBook, ready: ReadyFeeds
) -> None:
    state, now = book_state(book), STEP - timedelta(minutes=20)
    period = stable_period(book, state, now)

    def has_them() -> bool:
        ready.look(book, now)
        return ready.find("litellm", state, period, now) is not None

    wait_for(has_them)
    changed = replace(state, version=state.version + 1, last_change=now)
    of_change = replace(period, start=now)
    assert ready.find("litellm", changed, of_change, now) == (ready.find("litellm", state, period, now)[0], now)  # type: ignore[index]
    assert ready.find("litellm", changed, of_change, now + PREVIOUS_FOR) is None
    late = replace(changed, last_change=STEP)
    assert ready.find("litellm", late, replace(period, start=STEP), STEP) is None
    other_book = replace(changed, book="another")
    assert ready.find("litellm", other_book, of_change, now) is None


def test_a_damaged_file_is_built_anew(book: PriceBook, ready: ReadyFeeds, tmp_path: Path) -> None:
    state = book_state(book)
    period = stable_period(book, state, STEP)
    file = ready._file(state, period)
    file.parent.mkdir()
    file.write_bytes(b"\x81\xa1")

    def has_them() -> bool:
        ready.look(book, STEP)
        return ready.find("litellm", state, period) is not None

    wait_for(has_them)
    assert file.stat().st_mode & 0o077 == 0
