"""Priced rows as Parquet: the log's columns, the costs as exact decimals."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import compute, parquet

from llmpricing.domain.meters import METERS
from llmpricing.domain.usage.quantities import FRACTIONAL
from llmpricing.services.usage_log import cost_columns
from llmpricing.services.usage_log.batch import Batch, Broken, Mask
from llmpricing.services.usage_log.layout import Layout
from llmpricing.services.usage_log.pricer import Priced
from llmpricing.services.usage_log.write.text import totals_of


class ParquetWriter:
    """One of the two files; refused rows of a text are kept as that text."""

    def __init__(self, file: BinaryIO, *, refused: bool) -> None:
        self._file, self._refused = file, refused
        self._writer: parquet.ParquetWriter | None = None
        self._layout: Layout | None = None

    def begin(self, layout: Layout) -> None:
        """Learn the log's columns."""
        self._layout = layout

    def rows(self, batch: Batch, priced: Priced, wanted: Mask) -> None:
        """Write the wanted rows of the batch."""
        chosen = pa.array(np.flatnonzero(wanted))
        is_text = batch.written is not None
        if self._refused and batch.written is not None:
            table = pa.table({"text": compute.utf8_slice_codeunits(batch.written.take(chosen), 1)})
        else:
            table = batch.table if len(chosen) == batch.table.num_rows else batch.table.take(chosen)
            table = _typed(table, batch.layout) if is_text else table
        which = pa.array(priced.which[wanted].astype(np.int32))
        if self._refused:
            line, reason = batch.layout.why if not is_text else ("line", "reason")
            table = table.append_column(line, pa.array(batch.lines[wanted]))
            reasons = pa.array([answer.reason or "" for answer in priced.answers], pa.string())
            self._write(table.append_column(reason, reasons.take(which)))
            return
        cost, *names = batch.layout.added
        table = table.append_column(cost, cost_columns.decimals(priced.units[wanted], totals_of(priced, wanted)))
        for place, name in enumerate(names, 1):
            texts = pa.array([answer[place] for answer in priced.answers], pa.string())
            table = table.append_column(name, _by_first_row(texts, which))
        self._write(table)

    def broken(self, rows: Sequence[Broken], layout: Layout) -> None:
        """Write rows that are no rows, as their texts."""
        if rows:
            lines, reasons, texts = zip(*rows, strict=True)
            readable = [text.decode(errors="backslashreplace") for text in texts]
            columns = {"text": pa.array(readable), "line": pa.array(lines, pa.int64()), "reason": pa.array(reasons)}
            self._write(pa.table(columns))

    def close(self) -> None:
        """Write what ends the file; one without rows holds none."""
        if self._writer is None:
            parquet.write_table(pa.table({name: pa.array([], pa.string()) for name in self._empty()}), self._file)
        else:
            self._writer.close()

    def _empty(self) -> tuple[str, ...]:
        return (*self._layout.names, *self._layout.added) if self._layout else ()

    def _write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._file, table.schema, compression="zstd")
        self._writer.write_table(table.cast(self._writer.schema))


def _by_first_row(texts: pa.Array, which: pa.Array) -> pa.DictionaryArray:
    """The text of each row by the number of it; each text once, that of the first row first, and none that no row has:
    the same rows give the same bytes, in whatever order their texts were found.
    """
    encoded = texts.dictionary_encode()
    rows = encoded.indices.take(which).dictionary_encode()
    return pa.DictionaryArray.from_arrays(rows.indices, encoded.dictionary.take(rows.dictionary))


def _typed(table: pa.Table, layout: Layout) -> pa.Table:
    """The columns of a text as what they hold, the same for every batch."""
    columns = {}
    for name in layout.names:
        column, meter = table.column(name), layout.meters.get(name)
        if meter is not None:
            whole = METERS[meter].family not in FRACTIONAL
            columns[name] = _numbers(column, pa.int64() if whole else pa.decimal128(38, 12))
        else:
            columns[name] = column.cast(pa.dictionary(pa.int32(), pa.string())) if name in layout.named else column
    return pa.table(columns)


def _numbers(column: pa.ChunkedArray, wanted: pa.DataType) -> Any:
    if column.type == wanted:
        return column
    cells = [Decimal(cell) if cell else None for cell in column.to_pylist()]
    if wanted == pa.int64():
        return pa.array([None if cell is None else int(cell) for cell in cells], wanted)
    return pa.array(cells, wanted)
