"""Which price book this is, and when it last changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from llmpricing.book.price_book import UP_TO_A_TIME, PriceBook
from llmpricing.domain.times import LaterThanKnown, day
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book.reads import BookRead


@dataclass(frozen=True, slots=True)
class BookState:
    """A price book at one version, as one transaction sees it."""

    book: str
    version: int
    last_change: datetime

    def known_at(self, asked: datetime | None) -> datetime:
        """The recorded time that answers: the one asked for (None: now), but none after the last change.

        A later time would change its answer with the next change; an answer states this one instead. A book up to a
        time knows of no change after it: asked by a later one it raises LaterThanKnown, with the next step.
        """
        if asked is not None and asked > self.last_change and self.version == UP_TO_A_TIME:
            raise LaterThanKnown(
                f"is later than this book knows: it was written by what was known {day(self.last_change)}. Leave it "
                "out, name that time or an earlier one, or write a book that knows more: llmpricing book export FILE, "
                "or without a server: llmpricing book build FILE"
            )
        return self.last_change if asked is None else min(asked, self.last_change)

    def clocks(self, as_of: datetime, known_at: datetime | None) -> Clocks:
        """Both clocks of an answer; asked again with them, it is the same for ever."""
        return Clocks(as_of, self.known_at(known_at))


@BookRead
def book_state(book: PriceBook) -> BookState:
    """The price book now. Ask it before the rows it dates: those of a change come with its last change or not at all
    only in a transaction of one snapshot, which is how requests read (REPEATABLE READ).
    """
    return BookState(book.book, book.version, book.last_change)
