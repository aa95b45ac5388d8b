"""The process that writes a price book's files for a server: what it is told, and what it answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import IO

from llmpricing.services.price_book.folder import PATIENCE_S
from llmpricing.settings import Settings

_WARM_WRITER = "llmpricing.services.price_book.warm_writer"


class WritingChild:
    """A running ``warm_writer``. ``seat`` is closed with it, ``answered`` called when it is done or gone."""

    def __init__(self, settings: Settings, folder: Path, seat: IO[str] | None, answered: Callable[[], None]) -> None:
        self.seat, self._answered = seat, answered
        environ = {
            "LLMPRICING_DATABASE_URL": settings.database_url,
            "LLMPRICING_REDIS_URL": settings.redis_url,
            "LLMPRICING_ENVIRONMENT": settings.environment,
            "LLMPRICING_CONNECT_TIMEOUT_S": f"{settings.connect_timeout_s}",
            "LLMPRICING_SCRIPT_STATEMENT_TIMEOUT_S": f"{PATIENCE_S}",
            "ARROW_DEFAULT_MEMORY_POOL": "system",  # which gives back what a file took
        }
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", _WARM_WRITER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=os.environ | environ,
        )
        self._asked_at: float | None = None  # monotonic
        self._failure: str | None = None
        self._thread = Thread(target=self._listen, name="llmpricing-writing", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def is_writing(self) -> bool:
        """Whether it was asked for a file, and may still answer."""
        return self._asked_at is not None and self._thread.is_alive()

    def write(self) -> None:
        """Ask for the newest version's file; does not wait for it."""
        self._asked_at = monotonic()
        with suppress(OSError):  # it is gone, which ``failure`` tells
            self._pipe(self._process.stdin).write(b"\n")

    def failure(self, patience_s: float) -> str | None:
        """Why there is no file, once; a child that has been silent for so long is killed."""
        found, self._failure = self._failure, None
        if self._asked_at is None:
            return found
        if not self._thread.is_alive():
            self._asked_at = None
            return f"the process that writes it ended with {self._process.wait()}"
        if monotonic() > self._asked_at + patience_s:
            self._asked_at = None
            self._process.kill()
            return f"the process that writes it was silent for {patience_s:.0f} s"
        return found

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for handle in (self._process.stdin, self._process.stdout, self.seat):
            if handle is not None:
                handle.close()

    def _listen(self) -> None:
        for line in self._pipe(self._process.stdout):
            self._failure = line.decode(errors="replace").strip() or None
            self._asked_at = None
            self._answered()
        self._answered()

    def _pipe(self, pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None  # noqa: S101 - Popen was asked for it
        return pipe
