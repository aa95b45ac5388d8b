"""The newest version's file while it is not there: somebody writes it, a child of this process where nobody else."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import monotonic

import structlog

from llmpricing.services.price_book.folder import is_being_written, take_seat
from llmpricing.services.price_book.state import BookState
from llmpricing.services.price_book.writing_child import WritingChild
from llmpricing.settings import Settings

WARM_AFTER_S = 5.0  # of serving: a start has other things to do
AGAIN_AFTER_S = 10.0  # a file that could not be written is tried again
SILENT_S = 60.0  # a child that has not answered for so long hangs
OTHERS_S = 2.0  # so long after a change another process' child may begin
log = structlog.get_logger(__name__)


class AwaitedFile:
    """Has the file of the newest version written into the folder. Of the processes that serve a database from it one
    keeps a child that waits to write; another's goes when it has written. ``answered`` is called when ours has.
    """

    def __init__(self, settings: Settings, folder: Path, answered: Callable[[], None]) -> None:
        self._settings, self._folder, self._answered = settings, folder, answered
        self._seat = f"writer-{sha256(settings.database_url.encode()).hexdigest()[:16]}"
        self._child: WritingChild | None = None
        self._awaited: BookState | None = None
        self._since = self._not_before = 0.0  # monotonic
        self._warm_from = monotonic() + WARM_AFTER_S

    def has_failed(self) -> bool:
        """Whether our child could not write, is gone or silent, since this was asked last."""
        failure = self._child.failure(SILENT_S) if self._child else None
        if failure is None:
            return False
        log.error("book_not_written", folder=str(self._folder), error=failure[:300])
        self._not_before = monotonic() + AGAIN_AFTER_S
        return True

    def have_written(self, newest: BookState) -> bool:
        """See to it that somebody writes the file; false where it is too early to try again."""
        if newest != self._awaited:
            self._awaited, self._since = newest, monotonic()
        if (self._child and self._child.is_writing) or is_being_written(self._folder):
            return True
        if monotonic() < self._not_before:
            return False
        self._leave_the_dead()
        if self._child is None and not self._have_warm() and monotonic() > self._since + OTHERS_S:
            self._child = WritingChild(self._settings, self._folder, None, self._answered)
        if self._child is not None:
            self._child.write()
        return True

    def rest(self) -> None:
        """While nothing is to be written: keep a child warm where no other process does, and let one that only helped
        out go.
        """
        if self._child and self._child.seat is None and not self._child.is_writing:
            self.close()
        self._leave_the_dead()
        if monotonic() > max(self._warm_from, self._not_before):
            self._have_warm()

    def close(self) -> None:
        """End our child."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def _have_warm(self) -> bool:
        if self._child is None and (seat := take_seat(self._folder, self._seat)):
            self._child = WritingChild(self._settings, self._folder, seat, self._answered)
        return self._child is not None

    def _leave_the_dead(self) -> None:
        if self._child is not None and not self._child.is_alive:
            self.close()
            self._warm_from = monotonic() + AGAIN_AFTER_S
