"""The newest version's file while it is not there: somebody writes it, a child of this process where nobody else."""

from __future__ import annotations

import subprocess
from pathlib import Path
from time import monotonic

import structlog

from llmpricing.services.price_book.folder import is_being_written, write_in_child
from llmpricing.settings import Settings

AGAIN_AFTER_S = 10.0  # a file that could not be written is tried again
log = structlog.get_logger(__name__)


class AwaitedFile:
    """Has the file of the newest version written into the folder."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._child: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0  # monotonic

    def has_failed(self) -> bool:
        """Whether our child ended without a file since this was asked last; what it told is in the log."""
        if self._child is None or self._child.poll() is None:
            return False
        _, told = self._child.communicate()
        code, self._child = self._child.returncode, None
        if not code:
            return False
        lines = told.decode(errors="replace").strip().splitlines()
        last = [line for line in lines if not line.startswith("(Background on")][-1:]
        log.error("book_not_written", folder=str(self._folder), error=" ".join(last)[:300])
        self._not_before = monotonic() + AGAIN_AFTER_S
        return True

    def have_written(self) -> bool:
        """See to it that somebody writes the file; false where it is too early to try again."""
        if self._child is None and not is_being_written(self._folder):
            if monotonic() < self._not_before:
                return False
            self._child = write_in_child(self._settings, self._folder)
        return True

    def close(self) -> None:
        """End our child."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
