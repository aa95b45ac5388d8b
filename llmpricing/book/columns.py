"""Columns of a book as they are written: values of Python on one side, Arrow on the other, exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from llmpricing.book.shape import DIGITS, PARTS, ColumnKinds, Kind
from llmpricing.domain.times import micros

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
    """One record batch of rows, whose values are in the order of the columns; a span is anything with lower, upper."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [array for kind, column in zip(columns.values(), values, strict=True) for array in _arrays(kind, column)]
    return pa.record_batch(arrays, schema=schema(columns))


def _arrays(kind: Kind, values: Sequence[Any]) -> Iterator[Any]:
    if kind is Kind.DECIMAL:
        parts = [(None, None) if value is None else _unscaled(value) for value in values]
        yield pa.array([unscaled for unscaled, _ in parts], _UNSCALED)
        yield pa.array([scale for _, scale in parts], pa.int16())
    elif kind is Kind.SPAN:
        yield pa.array([_micros(value.lower) for value in values], pa.int64())
        yield pa.array([_micros(value.upper) for value in values], pa.int64())
    elif kind is Kind.TIME:
        yield pa.array([_micros(value) for value in values], pa.int64())
    elif kind is Kind.JSON:
        yield pa.array([None if value is None else json.dumps(value) for value in values], pa.string())
    elif kind is Kind.WORD:
        yield pa.array(values, pa.string()).dictionary_encode()
    else:
        yield pa.array(values, _ARROW[kind])


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _unscaled(value: Decimal) -> tuple[Decimal, int]:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("a price book holds finite decimals only")
    return Decimal((sign, digits, 0)), -exponent
