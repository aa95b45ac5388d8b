"""Whether all of a file was read: one that is cut meanwhile would be summed up as if it ended there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from os import SEEK_SET, fstat, lseek, read
from pathlib import Path

from pyarrow import parquet

from llmpricing.services.usage_log.columns import LogError

_SAMPLE = 4096  # bytes of either end


@contextmanager
def opened_whole(path: Path) -> Iterator[BufferedReader]:
    """The bytes of the file, which may grow; raises LogError at the end where what it held is no longer in it."""
    with path.open("rb") as file:
        size = fstat(file.fileno()).st_size
        ends = _ends(file, size)
        yield file
        if fstat(file.fileno()).st_size < max(size, _read_to(file)) or _ends(file, size) != ends:
            raise LogError(f"{path} was cut while it was read, and rows are lost: copy it first, then read the copy.")


def _read_to(file: BufferedReader) -> int:
    """How far the file was read; nothing of a pipe."""
    return file.tell() if file.seekable() else 0


def _ends(file: BufferedReader, size: int) -> tuple[bytes, bytes]:
    """The first and the last bytes of what the file held when it had this size: only one that is cut, and grows past
    that size again, has others. They are read beneath the buffer, which keeps what was.
    """
    if not file.seekable():
        return b"", b""
    handle, most = file.fileno(), min(size, _SAMPLE)
    lseek(handle, size - most, SEEK_SET)
    last = read(handle, most)
    lseek(handle, 0, SEEK_SET)
    first = read(handle, most)
    lseek(handle, 0, SEEK_SET)
    return first, last


def check_all_rows(file: parquet.ParquetFile, rows: int) -> None:
    """Raise LogError where the Parquet file gave fewer or more rows than it says it has."""
    if rows != file.metadata.num_rows:
        raise LogError(
            f"The Parquet file says that it has {file.metadata.num_rows:,} rows, and {rows:,} can be read: get it anew."
        )
