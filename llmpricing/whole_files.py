"""Files that appear whole or not at all: written beside their name, as a file that nobody else can know."""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":  # there nobody can tell whether a writer lives
    import fcntl

_READABLE = 0o666
_END = ".part"
_OPENED_S = 60  # how long after it was written to a part file is never taken for one that was left behind
# A link or file that somebody has laid under the name is never followed nor overwritten.
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class PartFile:
    """A file under way to ``path``; ``file`` is open for writing and reading."""

    def __init__(self, path: Path, mode: int) -> None:
        self._path, self._mode = path, mode
        self._part = path.with_name(f"{_beginning(path)}{secrets.token_hex(8)}{_END}")
        self.file: BinaryIO

    def open(self) -> None:
        """Make the file, in the place of those that killed processes left of it. Raises OSError in the name of
        ``path``.
        """
        _take_left_behind_away(self._path)
        try:
            self.file = os.fdopen(os.open(self._part, _FLAGS, 0o600), "w+b")
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from None
        _hold(self.file.fileno())

    def keep(self, *, on_disk: bool = False) -> None:
        """Give the file its name, replacing what had it before; with ``on_disk`` it outlives a cut of the power."""
        self.file.flush()
        if hasattr(os, "fchmod"):
            os.fchmod(self.file.fileno(), self._mode)
        if on_disk:
            os.fsync(self.file.fileno())
        self.file.close()
        self._part.replace(self._path)
        if on_disk:
            _settle_folder(self._path.parent)

    def discard(self) -> None:
        """Leave nothing behind, unless it was kept."""
        self._part.unlink(missing_ok=True)
        if hasattr(self, "file"):
            self.file.close()


@contextmanager
def part_file(path: Path, mode: int) -> Iterator[PartFile]:
    """A part file that is discarded at the end of the block, unless the block kept it."""
    part = PartFile(path, mode)
    try:
        part.open()  # in here: a signal to end may come as soon as the file is there
        yield part
    finally:
        part.discard()


def write_whole(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file of these bytes, whole and on the disk; ``mode`` None is that of any new file. Raises OSError."""
    with part_file(path, mode_of_new() if mode is None else mode) as part:
        part.file.write(data)
        part.keep(on_disk=True)


def mode_of_new() -> int:
    """The mode of any new file.

    To be asked before threads are started: the mask is the process's, and can only be read by setting it.
    """
    mask = os.umask(0o077)
    os.umask(mask)
    return _READABLE & ~mask


def mode_like(log: Path) -> int:
    """The mode of a file made from the log: that of any new file, and readable by nobody who cannot read the log."""
    return log.stat().st_mode & mode_of_new()


def _beginning(path: Path) -> str:
    return f".{path.name[:100]}."


def _hold(handle: int) -> None:
    """Let others see that the writer of this file lives: the lock goes with the process, however it ends."""
    if sys.platform != "win32":
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _take_left_behind_away(path: Path) -> None:
    """Delete the part files of this name whose writers were killed: our own, untouched for a while, held by nobody."""
    is_part = re.compile(rf"{re.escape(_beginning(path))}[0-9a-f]{{16}}{re.escape(_END)}").fullmatch
    with suppress(OSError):
        for name in filter(is_part, os.listdir(path.parent)):
            _delete_if_left(path.with_name(name))


def _delete_if_left(part: Path) -> None:
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(handle)
            is_old = time.time() - found.st_mtime > _OPENED_S
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and is_old:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()
        finally:
            os.close(handle)


def _settle_folder(folder: Path) -> None:
    """Make the new name last; a file system that cannot has done so already or never will."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
