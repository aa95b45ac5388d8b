"""The same rows as a usage log of each shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow import parquet

from tests.priced_logs import write_csv

SHAPES = (".csv", ".ndjson", ".parquet")


def write_log(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The rows as a log of the shape that the path's ending names."""
    if path.suffix == ".csv":
        write_csv(path, rows)
    elif path.suffix == ".ndjson":
        path.write_bytes(b"\n".join(map(msgspec.json.encode, rows)) + b"\n")
    else:
        parquet.write_table(pa.Table.from_pylist(rows), path)
    return path
