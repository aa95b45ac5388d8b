"""Feeds that are ready before anybody asks: of each version of the price book, and of a known step before it comes.

One thread sees to it; a process of its own builds them, once for all that serve from the same folder.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import msgspec
import structlog

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.times import micros
from llmpricing.services.catalogue.steps import StablePeriod, stable_period
from llmpricing.services.price_book import BookState, book_state
from llmpricing.services.price_book.folder import file_of, is_being_written
from llmpricing.services.price_book.holder import HeldBook
from llmpricing.settings import Settings
from llmpricing.web.conditional import release
from llmpricing.web.held_book import HOLDER

EVERY_S = 0.25
AHEAD = timedelta(minutes=5)  # of a known step, whose feeds are ready when it comes
PREVIOUS_FOR = timedelta(seconds=60)  # those of the version before answer at the longest, while new ones are built
BUILD_S = 120.0
AGAIN_AFTER_S = 60.0  # a build that failed is tried again
KEPT = 3  # of now, of before, and of the next step
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Edition:
    """The feeds of one version of the price book in one period, by name and packed by gzip."""

    state: BookState
    period: StablePeriod
    feeds: dict[str, bytes]


class ReadyFeeds:
    """The feeds that a serving process has ready, from files in a folder beside the price book's."""

    def __init__(self, book_dir: Path, held: Callable[[], HeldBook | None]) -> None:
        self._book_dir, self._folder, self._held = book_dir, book_dir / "feeds", held
        self._editions: tuple[Edition, ...] = ()
        self._building: subprocess.Popen[bytes] | None = None
        self._ends = self._not_before = 0.0  # monotonic
        self._closing = Event()
        self._thread = Thread(target=self._follow, name="llmpricing-feeds", daemon=True)

    def start(self) -> None:
        """Begin to have feeds ready."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, and what it builds."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._stop_building()

    def find(
        self, name: str, state: BookState, period: StablePeriod, now: datetime | None = None
    ) -> tuple[bytes, datetime] | None:
        """The feed's bytes, and until when they are good. Those of the version before, good for no longer, while
        the new ones are built: for a minute, and not beyond a step that was known.
        """
        now, before = now or datetime.now(UTC), None
        for edition in self._editions:
            if edition.state == state and edition.period.start == period.start:
                found = edition.feeds.get(name)
                return None if found is None else (found, edition.period.until)
            is_before = edition.state.book == state.book and edition.state.version < state.version
            if is_before and edition.period.start <= now < edition.period.until and name in edition.feeds:
                before = edition.feeds[name], now
        return before if now - state.last_change < PREVIOUS_FOR else None

    def look(self, book: PriceBook, now: datetime) -> None:
        """Have the feeds of this book that are wanted now: read what is there, build the first that is not."""
        state = book_state(book)
        for period in _wanted(book, state, now):
            if not self._has(state, period) and not self._read(state, period):
                self._have_built(state, period)
                return

    def _follow(self) -> None:
        while not self._closing.wait(EVERY_S):
            try:
                if held := self._held():
                    self.look(held.book, datetime.now(UTC))
            except Exception:  # whatever it is, the thread goes on: requests build what is not ready
                log.exception("feeds_not_followed")
                self._closing.wait(AGAIN_AFTER_S)

    def _has(self, state: BookState, period: StablePeriod) -> bool:
        return any(one.state == state and one.period.start == period.start for one in self._editions)

    def _file(self, state: BookState, period: StablePeriod) -> Path:
        return self._folder / f"{file_of(self._book_dir, state).stem}-{micros(period.start)}-{release()}.feeds"

    def _read(self, state: BookState, period: StablePeriod) -> bool:
        """Have the feeds of this file; false where it is not there or is no good."""
        path = self._file(state, period)
        try:
            feeds = msgspec.msgpack.decode(path.read_bytes(), type=dict[str, bytes])
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:  # also bytes that are no UTF-8
            log.error("feeds_file_refused", error=str(error))
            with suppress(OSError):
                path.unlink()  # so that it is written anew
            return False
        self._editions = (*self._editions[1 - KEPT :], Edition(state, period, feeds))
        log.info("feeds_ready", version=state.version, at=period.start.isoformat(), feeds=sorted(feeds))
        return True

    def _have_built(self, state: BookState, period: StablePeriod) -> None:
        """See to it that somebody builds these feeds."""
        if self._building is not None:
            if self._building.poll() is None:
                if monotonic() > self._ends:
                    log.error("feeds_not_built", error=f"it took more than {BUILD_S:.0f} s")
                    self._stop_building()
                return
            _, told = self._building.communicate()
            if self._building.returncode:
                last = told.decode(errors="replace").strip().splitlines()[-1:]
                log.error("feeds_not_built", error=" ".join(last)[:300])
                self._not_before = monotonic() + AGAIN_AFTER_S
            self._building = None
        book = file_of(self._book_dir, state)
        if monotonic() >= self._not_before and book.exists() and not is_being_written(self._folder):
            command = (*_BUILDER, str(book), str(self._file(state, period)), str(micros(period.start)))
            self._building = subprocess.Popen(  # noqa: S603 - our own module
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            self._ends = monotonic() + BUILD_S

    def _stop_building(self) -> None:
        if self._building is not None:
            self._building.kill()
            self._building.communicate()
            self._building = None
            self._not_before = monotonic() + AGAIN_AFTER_S


_BUILDER = (sys.executable, "-m", "llmpricing.web.feed_building")


def _wanted(book: PriceBook, state: BookState, now: datetime) -> Iterator[StablePeriod]:
    period = stable_period(book, state, now)
    yield period
    if period.until - now < AHEAD:
        yield stable_period(book, state, period.until)


def includeme(config: Any) -> None:
    """Give requests ``ready_feeds``: None where there is no price book in memory."""
    settings: Settings = config.registry.settings["llmpricing"]
    holder = config.registry.get(HOLDER)
    ready = None
    if settings.book_dir is not None:
        ready = ReadyFeeds(Path(settings.book_dir), lambda: holder.held)
        config.registry.setdefault("llmpricing.closing", []).append(ready.close)
        config.action("llmpricing.ready_feeds", ready.start)
    config.add_request_method(lambda _request: ready, "ready_feeds", property=True)
