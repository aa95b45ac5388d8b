"""The file of a backup: lines of JSON in gzip, as zcat shows them, and a SHA-256 over every byte before it.

The digest stands in a second, empty gzip member, in its comment. A file that was cut, or in which a bit flipped, is
refused whole before anything of it is used.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from llmpricing.whole_files import part_file

_CHUNK = 1 << 20
_MAGIC = b"\x1f\x8b"
_EMPTY_MEMBER = _MAGIC + bytes.fromhex("0810 00000000 02ff")  # with a comment, without a time
_EMPTY_BODY = bytes.fromhex("0300 00000000 00000000")


class BackupError(Exception):
    """A file or a database that cannot be used; the message says what to do next."""


def write_lines(path: Path, lines: Iterable[bytes]) -> str:
    """Write the lines, which hold no line break; returns the SHA-256 of the file.

    The file appears at the end, whole and on the disk, and nobody but its owner may read it. Raises OSError.
    """
    with part_file(path, 0o600) as part:
        file = part.file
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed:
            for line in lines:
                packed.write(line + b"\n")
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        file.write(_seal(_digest(file, size)))
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        found = _digest(file, size)
        part.keep(on_disk=True)
    return found


def checked_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file whose digest fits its bytes; raises BackupError before the first line, and OSError."""
    with path.open("rb") as file:
        _check(path, file)
        file.seek(0)
        try:
            with gzip.GzipFile(fileobj=file, mode="rb") as packed:
                for line in packed:
                    yield line.rstrip(b"\n")
        except (OSError, EOFError, zlib.error):
            raise _damaged(path) from None


def _check(path: Path, file: BinaryIO) -> None:
    size = os.fstat(file.fileno()).st_size
    length = len(_seal(64 * "0"))
    if file.read(len(_MAGIC)) != _MAGIC:
        raise BackupError(f"{path} is no backup. Name a file that `llmpricing backup` wrote. Nothing was restored.")
    if size <= length:
        raise _damaged(path)
    file.seek(0)
    digest = _digest(file, size - length)
    file.seek(size - length)
    if file.read() != _seal(digest):
        raise _damaged(path)


def _damaged(path: Path) -> BackupError:
    return BackupError(
        f"{path} was cut or changed since it was written. Nothing was restored; take another copy of it."
    )


def _seal(digest: str) -> bytes:
    return _EMPTY_MEMBER + f"sha256 {digest}\0".encode() + _EMPTY_BODY


def _digest(file: BinaryIO, size: int) -> str:
    """SHA-256 of the next ``size`` bytes, after which the file stands."""
    found = hashlib.sha256()
    while size > 0 and (read := file.read(min(size, _CHUNK))):
        found.update(read)
        size -= len(read)
    return found.hexdigest()
