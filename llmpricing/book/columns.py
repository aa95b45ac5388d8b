"""ColumnKinds of a book: values of Python on one side, Arrow on the other. Exact both ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa

from llmpricing.book.shape import BookSpan, ColumnKinds, Kind
from llmpricing.domain.times import EPOCH, micros

# A decimal is an integer and its scale, which keeps 2.50 apart from 2.5: numbers of price lists have 60 digits at most.
_DIGITS = 76
_UNSCALED = pa.decimal256(_DIGITS, 0)
_EXACT = Context(prec=_DIGITS)


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
_PARTS = {Kind.DECIMAL: ("", "_scale"), Kind.SPAN: ("_from", "_until")}


def schema(columns: ColumnKinds) -> Any:
    """The Arrow schema of a table."""
    return pa.schema([field for name, kind in columns.items() for field in _fields(name, kind)])


def _fields(name: str, kind: Kind) -> list[Any]:
    if kind is Kind.DECIMAL:
        return [pa.field(name, _UNSCALED), pa.field(f"{name}_scale", pa.int16())]
    names = [name + part for part in _PARTS.get(kind, ("",))]
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


def values_of(batch: Any, name: str, kind: Kind) -> list[Any]:
    """The column's values, in order, as the database gives them; a span as BookSpan."""
    first, *second = [batch.column(name + part).to_pylist() for part in _PARTS.get(kind, ("",))]
    if kind is Kind.DECIMAL:
        return [None if u is None else _EXACT.scaleb(u, -s) for u, s in zip(first, second[0], strict=True)]
    if kind is Kind.SPAN:
        return [BookSpan(_time(lower), _time(upper)) for lower, upper in zip(first, second[0], strict=True)]
    read = _READ.get(kind)
    return [None if value is None else read(value) for value in first] if read else first


def _time(number: int | None) -> datetime | None:
    return None if number is None else EPOCH + timedelta(microseconds=number)


_READ: dict[Kind, Callable[[Any], Any]] = {Kind.TIME: _time, Kind.JSON: json.loads}
