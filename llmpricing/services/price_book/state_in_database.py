"""Which price book a database holds."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import BookVersion
from llmpricing.services.price_book.state import BookState, book_state

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@book_state.in_database
def state_in_database(session: Session) -> BookState:
    """The price book as the transaction sees it."""
    row = session.execute(select(BookVersion.book, BookVersion.version, BookVersion.changed_at)).one_or_none()
    return BookState("empty", 0, _NEVER) if row is None else BookState(row.book.hex, row.version, row.changed_at)
