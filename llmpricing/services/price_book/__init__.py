"""Which price book this is, when it last changed, and how a change begins and ends: the one place that knows.

Whatever is recorded is recorded later than the last change before it, and becomes visible in the transaction that
moves the last change on. So all that was recorded up to a last change that a reader sees stays as it is for ever:
that makes answers repeatable, and safe to remember.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TypeAlias

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.models import BookVersion
from llmpricing.models.migrations import IMPORT_LOCK
from llmpricing.services.clocks import Clocks

# Where prices are read from: the database as a transaction sees it, or the book in memory. Who reads asks either.
Reads: TypeAlias = Session | PriceBook
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)  # two changes at one recorded time would leave an answer that nobody can ask for


@dataclass(frozen=True, slots=True)
class BookState:
    """A price book at one version, as one transaction sees it."""

    book: str
    version: int
    last_change: datetime

    def known_at(self, asked: datetime | None) -> datetime:
        """The recorded time that answers: the one asked for (None: now), but none after the last change.

        A later time would change its answer with the next change; an answer states this one instead.
        """
        return self.last_change if asked is None else min(asked, self.last_change)

    def clocks(self, as_of: datetime, known_at: datetime | None) -> Clocks:
        """Both clocks of an answer; asked again with them, it is the same for ever."""
        return Clocks(as_of, self.known_at(known_at))


def book_state(reads: Reads) -> BookState:
    """The price book now. Ask it before the rows it dates: those of a change come with its last change or not at all
    only in a transaction of one snapshot, which is how requests read (REPEATABLE READ).
    """
    if isinstance(reads, PriceBook):
        return BookState(reads.book, reads.version, reads.last_change)
    row = reads.execute(select(BookVersion.book, BookVersion.version, BookVersion.changed_at)).one_or_none()
    return BookState("empty", 0, _NEVER) if row is None else BookState(row.book.hex, row.version, row.changed_at)


def begin_change(session: Session, now: datetime) -> datetime:
    """Wait until nobody else changes the price book, and keep others waiting until this transaction ends.

    Returns the time at which the change is recorded: ``now`` and what was waited since, later than the last change
    whatever the clocks say.
    """
    recorded = now + _lock(session)
    last = session.scalar(select(BookVersion.changed_at).with_for_update())
    return recorded if last is None else max(recorded, last + _TICK)


def _lock(session: Session) -> timedelta:
    """How long the lock kept us waiting; nothing where it was free."""
    if session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK}):
        return timedelta()
    began = monotonic()
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})
    return timedelta(seconds=monotonic() - began)


def end_change(session: Session, recorded: datetime) -> None:
    """Raise the version in the change's own transaction: tells caches and clients that answers have changed."""
    first = upsert(BookVersion).values(id=1, version=1, changed_at=recorded)
    raised = {"version": BookVersion.version + 1, "changed_at": recorded}
    session.execute(first.on_conflict_do_update(index_elements=["id"], set_=raised))
