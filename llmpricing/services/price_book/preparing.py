"""What questions to a book will need, made ready before they are asked: of now, and of the next known step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import NamedTuple

import structlog

from llmpricing.book.price_book import PriceBook

AHEAD = timedelta(seconds=10)  # so long before the next known step what comes after it is prepared
log = structlog.get_logger(__name__)


class Preparing(NamedTuple):
    """What makes ready what questions to a book at a time will need: ``first`` before requests are given the book,
    which tells until when it is ready so; ``rest`` afterwards, one after the other while the book is the newest.
    """

    first: Callable[[PriceBook, datetime], datetime]
    rest: Sequence[Callable[[PriceBook, datetime], None]]


class Preparer:
    """Prepares one book after the other, each again for its next known step."""

    def __init__(self, preparing: Preparing) -> None:
        self._preparing = preparing
        self._book: PriceBook | None = None
        self._prepared: PriceBook | None = None
        self._ready_until = datetime.max.replace(tzinfo=UTC)
        self._thread = Thread()

    def prepare(self, book: PriceBook) -> None:
        """Make the first of a new book ready, while its caller waits."""
        self._book = book
        self._ready_until = self._preparing.first(book, datetime.now(UTC))

    def prepare_beside(self, book: PriceBook) -> None:
        """Make ready the rest of a new book and, shortly before the next known step, what is asked after it: in a
        thread of its own, for it takes a while and the newest version is asked for all the time.
        """
        now = datetime.now(UTC)
        if self._thread.is_alive():
            return
        is_step = now + AHEAD >= self._ready_until
        if book is not self._prepared or is_step:
            arguments = (book, max(now, self._ready_until) if is_step else now)
            self._thread = Thread(target=self._prepare, args=arguments, name="llmpricing-prepare", daemon=True)
            self._thread.start()

    def close(self, patience_s: float) -> None:
        """Wait for the thread, so long at the most."""
        if self._thread.is_alive():
            self._thread.join(timeout=patience_s)

    def _prepare(self, book: PriceBook, at: datetime) -> None:
        self._prepared = book
        try:
            until = self._preparing.first(book, at)
            for make in self._preparing.rest:
                if book is not self._book:  # a newer one waits for the interpreter
                    return
                make(book, at)
        except Exception:  # the first question makes it, and tells what is wrong
            log.exception("book_not_prepared")
            until = at + 6 * AHEAD
        if book is self._book:
            self._ready_until = until
