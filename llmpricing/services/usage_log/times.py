"""When the requests of a log happened: RFC 3339 texts, timestamps and bare dates as microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.cells import cells

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000
_END = datetime(3000, 1, 1, tzinfo=UTC)
_BARE_DATE = 10  # characters; then the hour of the request is not stated
_UTC = pa.timestamp("us", "UTC")
_MICROS = {"s": (1_000_000, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}
_MAX = datetime.max.replace(tzinfo=UTC)
_NEVER = -1


class InstantError(ValueError):
    """The cell holds no time; the message says what would be one."""


def micros(at: datetime) -> int:
    """An aware time as microseconds since 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


_LAST = micros(_END)


def read_instant(value: Any, assume_utc: bool) -> tuple[datetime, bool]:
    """A cell's time in UTC, and whether its hour was stated; raises InstantError."""
    try:
        found, is_exact = _instant(value, assume_utc)
    except OverflowError:
        found, is_exact = _END, True
    if not EPOCH <= found < _END:
        raise InstantError("lies outside the years 1970 to 2999")
    return found, is_exact


def _instant(value: Any, assume_utc: bool) -> tuple[datetime, bool]:
    if isinstance(value, str):
        value = _written(value.strip())
    if isinstance(value, datetime):
        if value.tzinfo is None and not assume_utc:
            raise InstantError("needs an offset: end it with Z for UTC, or say --assume-utc")
        return (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)), True
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC), False
    raise InstantError("is not a time such as 2026-01-31T12:00:00Z, or a date")


def _written(text: str) -> date | None:
    try:
        if text.isascii():  # no digits of other scripts
            return date.fromisoformat(text) if len(text) == _BARE_DATE else datetime.fromisoformat(text)
    except ValueError:
        pass
    return None


def instants(column: pa.ChunkedArray, assume_utc: bool) -> tuple[Numbers, Mask, Mask]:
    """Microseconds, where only the day was stated, and where there is no time (its microseconds are 0)."""
    rows = len(column)
    nothing, everything = np.zeros(rows, np.bool_), np.ones(rows, np.bool_)
    if pa.types.is_timestamp(column.type):
        if column.type.tz is None and not assume_utc:
            return np.zeros(rows, np.int64), nothing, everything
        return _bounded(_typed(column), nothing)
    if pa.types.is_date(column.type):
        return _bounded(_typed(column), everything)
    if (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)) and not column.null_count:
        try:
            return _bounded(column.cast(_UTC).cast(pa.int64()).to_numpy(), nothing)
        except pa.ArrowInvalid:
            pass
    return _one_by_one(cells(column), assume_utc)


def time_cells(column: pa.ChunkedArray) -> list[Any]:
    """The cells as ``read_instant`` takes them: what lies outside our years as the last moment that Python has."""
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        return cells(column)
    bare, zoned = pa.types.is_date(column.type), getattr(column.type, "tz", None) is not None
    found: list[Any] = []
    for number, is_there in zip(_typed(column).tolist(), column.is_valid().to_pylist(), strict=True):
        moment = _MAX if number == _NEVER else EPOCH + timedelta(microseconds=number)
        cell = moment.date() if bare else moment if zoned else moment.replace(tzinfo=None)
        found.append(cell if is_there else None)
    return found


def _typed(column: pa.ChunkedArray) -> Numbers:
    """Whole microseconds of timestamps and dates, the rest cut off; NEVER outside the years that count."""
    if pa.types.is_date32(column.type):
        (times, parts), column = (DAY, 1), column.cast(pa.int32())
    else:
        times, parts = _MICROS["ms" if pa.types.is_date64(column.type) else column.type.unit]
    numbers = column.cast(pa.int64()).fill_null(_NEVER).to_numpy()
    outside = (numbers < 0) | (numbers >= min(_LAST * parts // times, 2**63 - 1))
    found: Numbers = np.where(outside, 0, numbers) * times // parts
    found[outside] = _NEVER
    return found


def _bounded(at: Numbers, bare: Mask) -> tuple[Numbers, Mask, Mask]:
    bad = (at < 0) | (at >= _LAST)
    return (np.where(bad, 0, at) if bad.any() else at), bare, bad


def _one_by_one(values: list[Any], assume_utc: bool) -> tuple[Numbers, Mask, Mask]:
    at = np.zeros(len(values), np.int64)
    bare, bad = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
    for row, value in enumerate(values):
        try:
            moment, is_exact = read_instant(value, assume_utc)
            at[row], bare[row] = micros(moment), not is_exact
        except InstantError:
            bad[row] = True
    return at, bare, bad
