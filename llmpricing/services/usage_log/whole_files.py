"""Whether all of a file was read: one that is cut meanwhile would be summed up as if it ended there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from os import fstat
from pathlib import Path

from pyarrow import parquet

from llmpricing.services.usage_log.columns import LogError


@contextmanager
def opened_whole(path: Path) -> Iterator[BufferedReader]:
    """The bytes of the file, which may grow; raises LogError at the end where it has become shorter meanwhile."""
    with path.open("rb") as file:
        size = fstat(file.fileno()).st_size
        yield file
        if fstat(file.fileno()).st_size < size:
            raise LogError(f"{path} was cut while it was read, and rows are lost: copy it first, then read the copy.")


def check_all_rows(file: parquet.ParquetFile, rows: int) -> None:
    """Raise LogError where the Parquet file gave fewer or more rows than it says it has."""
    if rows != file.metadata.num_rows:
        raise LogError(
            f"The Parquet file says that it has {file.metadata.num_rows:,} rows, and {rows:,} can be read: get it anew."
        )
