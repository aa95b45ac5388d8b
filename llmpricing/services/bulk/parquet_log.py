"""Usage logs as Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from llmpricing.services.bulk.batches import Batch
from llmpricing.services.bulk.layout import Columns, LogError

_ROWS = 131_072


def read_parquet(path: Path, columns: Columns, rows: int = _ROWS) -> Iterator[Batch]:
    """The rows of the file, numbered from 1; raises LogError where its columns do not tell what to price."""
    try:
        with parquet.ParquetFile(path) as file:
            layout = columns.layout(file.schema_arrow.names)
        texts = [name for name in layout.named if name]
        line = 1
        with parquet.ParquetFile(path, read_dictionary=texts, pre_buffer=False) as file:
            for batch in file.iter_batches(rows):
                table = pa.Table.from_batches([batch])
                yield Batch(layout, table, np.arange(line, line + table.num_rows))
                line += table.num_rows
    except (pa.ArrowInvalid, OSError):
        raise LogError(f"{path} is no Parquet file that can be read.") from None
