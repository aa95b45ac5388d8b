"""The rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import parquet

from llmpricing.services.usage_log.formats.raw_blocks import RawBlock, RawRow, RowsBlock
from llmpricing.services.usage_log.formats.table_blocks import TableBlock, cells_of, plain_batch, uncovered
from llmpricing.services.usage_log.whole_files import check_all_rows

_BATCH = 5000


def parquet_rows(path: Path | IO[bytes]) -> Iterator[RawRow]:
    """The rows of a Parquet file in order, numbered from 1; raises pa.ArrowInvalid and OSError."""
    number = 0
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH):
            for row in _rows_in(batch):
                number += 1
                yield RawRow(number, row)
        check_all_rows(file, number)


def parquet_blocks(path: Path, rows: int) -> Iterator[RawBlock]:
    """The same rows, about so many together."""
    number = 1
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(rows):
            plain = uncovered(batch)
            if plain is None or len(set(plain.schema.names)) < plain.num_columns:
                yield RowsBlock([RawRow(place, row) for place, row in enumerate(_rows_in(batch), number)])
            else:
                yield TableBlock(plain_batch(plain), number)
            number += batch.num_rows
        check_all_rows(file, number - 1)


def _rows_in(batch: pa.RecordBatch) -> Iterator[Mapping[str, Any]]:
    names = batch.schema.names
    for row in zip(*map(cells_of, batch.columns), strict=True):
        yield _uncovered(dict(zip(names, row, strict=True)))


def _uncovered(fields: dict[str, Any]) -> Mapping[str, Any]:
    """The row that a table of a single column holds as a struct; else the row as it is."""
    (only, *others) = fields.values() or (None,)
    return only if isinstance(only, Mapping) and not others else fields
