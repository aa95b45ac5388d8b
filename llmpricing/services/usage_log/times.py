"""When the requests of a log happened: texts, timestamps and dates as microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.domain.times import (
    EPOCH,
    INSTANT,
    YEARS,
    InstantError,
    OffsetMissing,
    in_years,
    micros,
    read_instant,
)
from llmpricing.domain.usage.wording import Message, Parameter, Way
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.cells import cells

DAY = 86_400_000_000
_UTC = pa.timestamp("us", "UTC")
_MICROS = {"s": (1_000_000, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}
_MAX = datetime.max.replace(tzinfo=UTC)
_NEVER = -1
_END = micros(datetime(YEARS.stop, 1, 1, tzinfo=UTC))


def read_cell(value: Any, assume_utc: bool) -> tuple[datetime, bool]:
    """A cell's time in UTC, and whether its hour was stated; raises InstantError."""
    try:
        if isinstance(value, datetime):
            return in_years(_aware(value, assume_utc)), True
        if isinstance(value, date):
            return in_years(datetime.combine(value, time(), UTC)), False
        return read_instant(value if isinstance(value, str) else "", assume_utc=assume_utc)
    except OffsetMissing as error:
        way = Way(", or say ", Parameter("assume_utc"), " if the log's times are UTC")
        raise InstantError(Message(str(error), way)) from None


def _aware(value: datetime, assume_utc: bool) -> datetime:
    if value.tzinfo is None and not assume_utc:
        raise OffsetMissing
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def read_column(column: pa.ChunkedArray, assume_utc: bool) -> tuple[Numbers, Mask, Mask]:
    """What ``read_cell`` says of each cell: microseconds, where only the day was stated, and where there is no time
    (its microseconds are 0).
    """
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
            at = column.cast(_UTC).cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            return _one_by_one(cells(column), assume_utc)
        if _is_ours(column):
            return _bounded(at, nothing)
    return _one_by_one(cells(column), assume_utc)


def _is_ours(column: pa.ChunkedArray) -> bool:
    """Whether all texts that Arrow read are times to us too: it reads hours alone, and offsets without a colon.

    Texts that end with Z have no offset, and hours alone are 14 characters then: telling that is ten times as fast as
    looking at each by the pattern.
    """
    if compute.all(compute.ends_with(column, "Z"), min_count=0).as_py():
        return not compute.any(compute.equal(compute.binary_length(column), len("2026-01-31T12Z")), min_count=0).as_py()
    return bool(compute.all(compute.match_substring_regex(column, f"^{INSTANT}$"), min_count=0).as_py())


def time_cells(column: pa.ChunkedArray) -> list[Any]:
    """The cells as ``read_cell`` takes them: what lies outside our years as the last time that Python has."""
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        return cells(column)
    bare, zoned = pa.types.is_date(column.type), getattr(column.type, "tz", None) is not None
    found: list[Any] = []
    for number, is_there in zip(_typed(column).tolist(), column.is_valid().to_pylist(), strict=True):
        at = _MAX if number == _NEVER else EPOCH + timedelta(microseconds=number)
        cell = at.date() if bare else at if zoned else at.replace(tzinfo=None)
        found.append(cell if is_there else None)
    return found


def _typed(column: pa.ChunkedArray) -> Numbers:
    """Whole microseconds of timestamps and dates, the rest cut off; NEVER outside the years that count."""
    if pa.types.is_date32(column.type):
        (times, parts), column = (DAY, 1), column.cast(pa.int32())
    else:
        times, parts = _MICROS["ms" if pa.types.is_date64(column.type) else column.type.unit]
    numbers = column.cast(pa.int64()).fill_null(_NEVER).to_numpy()
    outside = (numbers < 0) | (numbers >= min(_END * parts // times, 2**63 - 1))
    found: Numbers = np.where(outside, 0, numbers) * times // parts
    found[outside] = _NEVER
    return found


def _bounded(at: Numbers, bare: Mask) -> tuple[Numbers, Mask, Mask]:
    bad = (at < 0) | (at >= _END)
    return (np.where(bad, 0, at) if bad.any() else at), bare, bad


def _one_by_one(values: list[Any], assume_utc: bool) -> tuple[Numbers, Mask, Mask]:
    at = np.zeros(len(values), np.int64)
    bare, bad = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
    for row, value in enumerate(values):
        try:
            found, hour_stated = read_cell(value, assume_utc)
            at[row], bare[row] = micros(found), not hour_stated
        except InstantError:
            bad[row] = True
    return at, bare, bad
