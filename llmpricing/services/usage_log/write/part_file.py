"""Files that appear whole or not at all: written beside their name, as a file that nobody else can know."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_READABLE = 0o666


class PartFile:
    """A file under way to ``path``; ``file`` is open for writing."""

    def __init__(self, path: Path, mode: int) -> None:
        self._path, self._mode = path, mode
        self._part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
        # A link or file that somebody has laid under this name is never followed nor overwritten.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self.file: BinaryIO = os.fdopen(os.open(self._part, flags, 0o600), "wb")
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None

    def keep(self) -> None:
        """Give the file its name, replacing what had it before."""
        self.file.flush()
        os.fchmod(self.file.fileno(), self._mode)
        self.file.close()
        self._part.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind, unless it was kept."""
        self._part.unlink(missing_ok=True)
        self.file.close()


@contextmanager
def part_file(path: Path, mode: int) -> Iterator[PartFile]:
    """A part file that is discarded at the end of the block, unless the block kept it."""
    part = PartFile(path, mode)
    try:
        yield part
    finally:
        part.discard()


def mode_like(log: Path) -> int:
    """The mode of a file made from the log: that of any new file, and readable by nobody who cannot read the log.

    To be asked before threads are started: the mask is the process's, and can only be read by setting it.
    """
    mask = os.umask(0o077)
    os.umask(mask)
    return log.stat().st_mode & _READABLE & ~mask
