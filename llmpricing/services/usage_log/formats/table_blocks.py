"""Blocks of raw rows out of tables: batches of Parquet, and lines of CSV that Arrow and Python read alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.raw_blocks import Cells, RawRow, column_of


class TableBlock:
    """Rows of a table, the first of which has the ``number``; its texts are plain strings."""

    has_broken = False

    def __init__(self, batch: pa.RecordBatch, number: int) -> None:
        self._batch, self._number = batch, number
        self.names: Sequence[tuple[str, ...]] = [tuple(batch.schema.names)]
        self._known: dict[str, Cells] = {}

    def __len__(self) -> int:
        return int(self._batch.num_rows)

    @property
    def which_names(self) -> Numbers:
        """All have the same."""
        return np.zeros(len(self), np.int64)

    def column(self, name: str) -> Cells:
        """What each row has under this name."""
        if name not in self._known:
            self._known[name] = self._column(name)
        return self._known[name]

    def _column(self, name: str) -> Cells:
        if name not in self.names[0]:
            return [None] * len(self)
        column = self._batch.column(name)
        return column if pa.types.is_string(column.type) else column_of(cells_of(column))

    def rows(self, places: Sequence[int]) -> Iterator[RawRow]:
        """The rows at these places."""
        chosen = self._batch if len(places) == len(self) else self._batch.take(pa.array(places, pa.int64()))
        cells = zip(*map(cells_of, chosen.columns), strict=True)
        for place, row in zip(places, cells, strict=True):
            yield RawRow(self._number + place, dict(zip(self.names[0], row, strict=True)))


def plain_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same with plain strings for all kinds of texts."""
    columns = [_plain(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or str(column.type) == "string_view":
        return column.cast(pa.string())
    return column


def texts_of(column: pa.Array) -> pa.Array | None:
    """The column's texts, or bytes, as Arrow can search them; None of a column that holds neither."""
    column = _plain(column.storage if isinstance(column, pa.ExtensionArray) else column)
    if pa.types.is_fixed_size_binary(column.type):
        column = column.cast(pa.binary())
    return column if any(is_one(column.type) for is_one in _SEARCHED) else None


_SEARCHED = (pa.types.is_string, pa.types.is_binary, pa.types.is_large_binary)


def cells_of(column: pa.Array) -> list[Any]:
    """The column as Python values: numbers by way of NumPy, which takes a hundredth of the time."""
    if not column.null_count and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        numbers: list[Any] = column.to_numpy().tolist()
        return numbers
    found: list[Any] = column.to_pylist(maps_as_pydicts="lossy" if pa.types.is_nested(column.type) else None)
    return found


def uncovered(batch: pa.RecordBatch) -> pa.RecordBatch | None:
    """The rows that a table of a single column holds as structs; else the table as it is. None where some are null."""
    if batch.num_columns != 1 or not pa.types.is_struct(batch.schema.types[0]):
        return batch
    return None if batch.column(0).null_count else pa.RecordBatch.from_struct_array(batch.column(0))


def any_like(texts: pa.Array, pattern: str) -> bool:
    """Whether any of the texts is like the pattern."""
    return bool(compute.any(compute.match_substring_regex(texts, pattern), min_count=0).as_py())
