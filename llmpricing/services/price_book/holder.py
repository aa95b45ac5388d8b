"""The price book that a serving process holds in memory: one thread asks for newer versions, no request does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from uuid import UUID

import psycopg2
import structlog

from llmpricing.book.file import BookFileError, BookUnreadableError, open_book
from llmpricing.book.price_book import PriceBook
from llmpricing.services.memory import short_collections, whole_collections
from llmpricing.services.price_book import BookState, book_state
from llmpricing.services.price_book.awaited_file import AwaitedFile
from llmpricing.services.price_book.folder import file_of, newest_files, written_at
from llmpricing.services.price_book.preparing import Preparer, Preparing
from llmpricing.services.price_book.served import last_served, note_served
from llmpricing.settings import Settings
from llmpricing.stores.asking import DatabaseLine

EVERY_S = 0.25
SOON_S = 0.1  # while a newer version's file is written; oftener nobody asks
PATIENCE_S = 1.0  # for the database's answer
STALE_AFTER_S = 5.0  # without word that the book is the newest
_NEWEST = "select book::text, version, changed_at from catalogue"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class HeldBook:
    """The book that answers a request, and since when nobody knows whether there is a newer one (None: it is known)."""

    book: PriceBook
    stale_since: datetime | None


class BookHolder:
    """Holds the newest version of the price book, mapped from a file; the last one while no newer file can be had."""

    def __init__(self, settings: Settings, folder: Path, preparing: Preparing) -> None:
        self._settings, self._folder = settings, folder
        self._book: PriceBook | None = None
        self._preparer = Preparer(preparing)
        self._is_away = False
        self._confirmed = 0.0  # monotonic
        self._checked_at = datetime.fromtimestamp(0, UTC)
        self._line: DatabaseLine | None = None
        self._closing, self._is_asked_to_look = Event(), Event()
        self._awaited = AwaitedFile(settings, folder, self._is_asked_to_look.set)
        self._noted: BookState | None = None
        self._thread = Thread(target=self._follow, name="llmpricing-book", daemon=True)

    def start(self) -> None:
        """Begin to follow the price book. What was loaded until now is looked at by no full collection any more."""
        short_collections()
        self._thread.start()

    def look_now(self) -> None:
        """Ask for a newer version at once: this process may have made one."""
        self._is_asked_to_look.set()

    def close(self) -> None:
        """End the thread, its connection, and what it writes."""
        self._closing.set()
        self._is_asked_to_look.set()
        if self._thread.is_alive():
            self._thread.join(timeout=3 * PATIENCE_S)
        self._preparer.close(3 * PATIENCE_S)
        whole_collections()

    @property
    def held(self) -> HeldBook | None:
        """What answers now; None before the first book was opened."""
        book, checked_at = self._book, self._checked_at
        if book is None:
            return None
        is_stale = self._is_away or monotonic() - self._confirmed > STALE_AFTER_S
        return HeldBook(book, checked_at if is_stale else None)

    def _follow(self) -> None:
        while not self._closing.is_set():
            try:
                pause_s = self._look()
                if self._book is not None:
                    self._preparer.prepare_beside(self._book)
            except Exception:  # whatever it is, the thread goes on: the book that is held still answers
                log.exception("book_not_followed")
                pause_s = EVERY_S
            self._closing.wait(SOON_S)
            self._is_asked_to_look.wait(pause_s - SOON_S)
            self._is_asked_to_look.clear()
        if self._line is not None:
            self._line.close()
        self._awaited.close()

    def _look(self) -> float:
        """Ask for the newest version and hold it where its file is there; returns the seconds until the next look."""
        try:
            newest = self._newest()
        except psycopg2.Error:
            if not self._is_away:
                log.warning("book_not_checked", goes_on=self._book is not None)
            self._is_away = True
            if self._book is None:
                self._open_last(last_served(self._folder, self._settings.database_url))
            return EVERY_S
        if self._is_away:
            log.info("book_checked_again")
        self._is_away = False
        if newest is None or self._is_held(newest) or self._open_newest(newest):
            self._confirmed, self._checked_at = monotonic(), datetime.now(UTC)
            self._note(newest)
            self._awaited.rest()
            return EVERY_S
        if self._awaited.has_failed():
            self._open_older(newest.book)
        return SOON_S if self._awaited.have_written(newest) else EVERY_S

    def _newest(self) -> BookState | None:
        expiry = monotonic() + PATIENCE_S
        if self._line is None or not self._line.alive:
            options = "-c default_transaction_read_only=on"
            url = self._settings.database_url
            self._line = DatabaseLine(url, expiry, application_name="llmpricing book", options=options)
        rows = self._line.ask(expiry, _NEWEST)
        return BookState(UUID(rows[0][0]).hex, rows[0][1], rows[0][2]) if rows else None

    def _is_held(self, newest: BookState) -> bool:
        return self._book is not None and book_state(self._book) == newest

    def _open_newest(self, newest: BookState) -> bool:
        return self._open(file_of(self._folder, newest), newest.book, is_newest=True)

    def _note(self, newest: BookState | None) -> None:
        """Note whose price book the database holds, once a version, however it came to be held here."""
        if newest is not None and newest != self._noted:
            note_served(self._folder, self._settings.database_url, newest.book)
            self._noted = newest

    def _open(self, path: Path, of: str | None, *, is_newest: bool = False) -> bool:
        """Hold the book of this file, which must be of that price book where one is named; false where it is not there
        or is no good.
        """
        if not path.exists():
            return False
        try:
            file = open_book(path, of, mapped=True)
        except BookFileError as error:
            log.error("book_file_refused", error=str(error))
            if not isinstance(error, BookUnreadableError):  # as where too many files are open: it may be all there is
                with suppress(OSError):
                    path.unlink()  # so that it is written anew
            return False
        book = file.price_book
        if self._book is None:  # nothing else answers, and what questions make is not made twice
            self._checked_at = datetime.now(UTC) if is_newest else written_at(path)
            if is_newest:
                self._confirmed = monotonic()
            self._book = book
        self._preparer.prepare(book)
        self._book = book
        until = book.last_change.isoformat()
        log.info("book_opened", book=book.book, version=book.version, sha256=file.digest[:12], known_until=until)
        return True

    def _open_last(self, own: str | None) -> None:
        """Hold the file that was written last and is whole: its version was the newest then. Only one of this price
        book, which the database held when it was asked last; where nobody knows that (None), of any, which is said.
        """
        for path in newest_files(self._folder, own):
            if self._open(path, own):
                if own is None:
                    log.warning("book_of_any_database", file=path.name, folder=str(self._folder))
                return

    def _open_older(self, own: str) -> None:
        """Hold an older version of the database's price book, where the newest has no file, and no other price book.

        Perhaps the schema is another release's: requests would meet that too.
        """
        if self._book is None or self._book.book != own:
            self._book = None
            self._open_last(own)
