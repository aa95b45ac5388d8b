"""When the requests of a log happened: RFC 3339 texts, timestamps and bare dates as microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from llmpricing.services.bulk.batches import Mask, Numbers

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000
_BARE_DATE = 10  # characters; then the hour of the request is not stated
_UTC = pa.timestamp("us", "UTC")


class InstantError(ValueError):
    """The cell holds no time; the message says what would be one."""


def micros(at: datetime) -> int:
    """An aware time as microseconds since 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


def read_instant(value: Any, assume_utc: bool) -> tuple[datetime, bool]:
    """A cell's time in UTC, and whether its hour was stated; raises InstantError."""
    try:
        if isinstance(value, str):
            value = value.strip()
            if not value.isascii():
                raise ValueError("digits of other scripts")
            value = date.fromisoformat(value) if len(value) == _BARE_DATE else datetime.fromisoformat(value)
        if isinstance(value, datetime):
            if value.tzinfo is None and not assume_utc:
                raise InstantError("needs an offset: end it with Z for UTC, or say --assume-utc")
            return (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)), True
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC), False
    except (ValueError, OverflowError) as error:
        if isinstance(error, InstantError):
            raise
    raise InstantError("is not a time such as 2026-01-31T12:00:00Z, or a date")


def instants(column: pa.ChunkedArray, assume_utc: bool) -> tuple[Numbers, Mask, Mask]:
    """Microseconds, where only the day was stated, and where there is no time (its microseconds mean nothing)."""
    rows = len(column)
    nothing, everything = np.zeros(rows, np.bool_), np.ones(rows, np.bool_)
    if pa.types.is_date(column.type) and not column.null_count:
        return _numbers(column.cast(pa.date32()).cast(pa.timestamp("us"))), everything, nothing
    zoned = pa.types.is_timestamp(column.type) and (column.type.tz is not None or assume_utc)
    if (zoned or pa.types.is_string(column.type)) and not column.null_count:
        try:
            return _numbers(column.cast(_UTC, safe=not zoned)), nothing, nothing
        except pa.ArrowInvalid:
            pass
    return _one_by_one(column.to_pylist(), assume_utc)


def _numbers(column: pa.ChunkedArray) -> Numbers:
    found: Numbers = column.cast(pa.int64()).to_numpy()
    return found


def _one_by_one(cells: list[Any], assume_utc: bool) -> tuple[Numbers, Mask, Mask]:
    at = np.zeros(len(cells), np.int64)
    bare, bad = np.zeros(len(cells), np.bool_), np.zeros(len(cells), np.bool_)
    for row, cell in enumerate(cells):
        try:
            moment, is_exact = read_instant(cell, assume_utc)
            at[row], bare[row] = micros(moment), not is_exact
        except InstantError:
            bad[row] = True
    return at, bare, bad
