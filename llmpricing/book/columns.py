"""Columns of a book as they are written: the parts of their values on one side, Arrow on the other, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from llmpricing.book.shape import DIGITS, PARTS, ColumnKinds, Kind

_UNSCALED = pa.decimal256(DIGITS, 0)

_ARROW = {
    Kind.INTEGER: pa.int64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TEXT: pa.string(),
    Kind.WORD: pa.dictionary(pa.int32(), pa.string()),
    Kind.TIME: pa.int64(),  # microseconds since 1970; Arrow's own times take ten times as long to read
    Kind.DATE: pa.date32(),
    Kind.JSON: pa.string(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.INTEGERS: pa.list_(pa.int64()),
    Kind.DATES: pa.list_(pa.date32()),
    Kind.BYTES: pa.binary(),
}


def schema(columns: ColumnKinds) -> Any:
    """The Arrow schema of a table."""
    return pa.schema([field for name, kind in columns.items() for field in _fields(name, kind)])


def _fields(name: str, kind: Kind) -> list[Any]:
    if kind is Kind.DECIMAL:
        return [pa.field(name, _UNSCALED), pa.field(f"{name}_scale", pa.int16())]
    names = [name + part for part in PARTS.get(kind, ("",))]
    return [pa.field(one, pa.int64() if kind is Kind.SPAN else _ARROW[kind]) for one in names]


def batch_of(columns: ColumnKinds, rows: Iterable[Sequence[Any]]) -> Any:
    """One record batch of rows, whose values are the parts of those of the columns, in their order: times in
    microseconds, a span as two of them, JSON as text, a decimal as the text of its digits and its scale.
    """
    taken = schema(columns)
    values = list(zip(*rows, strict=True)) or [()] * len(taken)
    arrays = [_array(column, field.type) for field, column in zip(taken, values, strict=True)]
    return pa.record_batch(arrays, schema=taken)


def _array(values: Sequence[Any], kind: Any) -> Any:
    if kind == _UNSCALED:
        return pa.array(values, pa.string()).cast(_UNSCALED)
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)
