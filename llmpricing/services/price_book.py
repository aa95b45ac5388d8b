"""Which price book this is and when it last changed: what everything that a process remembers of it hangs on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import BookVersion

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BookState:
    """A price book at one version. Changes are recorded later than ``last_change``, so that all recorded until then
    stays as it is for ever: that is what makes answers repeatable, and safe to remember.
    """

    book: str
    version: int
    last_change: datetime

    def recorded(self, known_at: datetime | None) -> datetime:
        """The recorded time to look at for what was known at a time, None meaning now."""
        return self.last_change if known_at is None else min(known_at, self.last_change)


def book_state(session: Session) -> BookState:
    """What the price book knows now."""
    row = session.execute(select(BookVersion.book, BookVersion.version, BookVersion.changed_at)).one_or_none()
    return BookState("empty", 0, _NEVER) if row is None else BookState(row.book.hex, row.version, row.changed_at)
