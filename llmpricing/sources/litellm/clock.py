"""LiteLLM's off-peak windows: hours in UTC, weekdays in UTC or in a named zone, as schedules that say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from llmpricing.domain.conditions import MINUTES_PER_DAY, Schedule
from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading.clock import Window, joined, utc_minute
from llmpricing.sources.reading.fields import as_count, as_id, as_list, as_mapping

_YEAR = 2026  # any: a zone whose offset differs within a year is refused


def read_schedules(off_peak: Mapping[str, Any]) -> Sequence[Schedule]:
    """One schedule for each group of windows; raises EntryError."""
    zone = as_id(off_peak.get("weekday_timezone", "UTC"), "weekday_timezone")
    shift = _offset_minutes(zone)
    found = []
    for item in as_list(off_peak.get("windows"), "windows"):
        group = as_mapping(item, "windows")
        weekdays = tuple(as_count(day, "weekdays") for day in as_list(group.get("weekdays") or [], "weekdays"))
        if any(not 1 <= day <= 7 for day in weekdays):
            raise EntryError("weekdays are not 1 (Monday) to 7")
        hours = group.get("hours_utc")
        pieces = [
            piece
            for text in (hours if isinstance(hours, list) else [hours])
            for piece in _local_pieces(_window(text), shift)
        ]
        found.append(Schedule(zone, _by_day(pieces) if weekdays else joined(pieces), weekdays))
    return found


def _window(value: object) -> Window:
    start, dash, end = str(value).partition("-")
    if not dash:
        raise EntryError("hours_utc is not written as 16:30-00:30")
    return utc_minute(start, "hours_utc"), utc_minute(end, "hours_utc")


def _local_pieces(window: Window, shift: int) -> Iterator[Window]:
    """A UTC window in local time, cut at local midnight. An end at 00:00 is 24:00, 00:00-00:00 the whole day."""
    start, end = window
    length = (end - start) % MINUTES_PER_DAY or MINUTES_PER_DAY
    start = (start + shift) % MINUTES_PER_DAY
    if start + length <= MINUTES_PER_DAY:
        yield start, start + length
    else:
        yield start, MINUTES_PER_DAY
        yield 0, start + length - MINUTES_PER_DAY


def _by_day(pieces: Sequence[Window]) -> tuple[Window, ...]:
    """Windows that each end on the day they start, so that the weekday is that of every minute in them."""
    found: list[Window] = []
    for start, end in sorted(pieces):
        if found and found[-1][1] >= start:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple((start, end % MINUTES_PER_DAY) for start, end in found)


def _offset_minutes(zone: str) -> int:
    try:
        offsets = {datetime(_YEAR, month, 1, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)}
    except (OSError, ValueError, KeyError):  # what ZoneInfo raises for names that are none
        raise EntryError("weekday_timezone is not a time zone") from None
    (offset,) = offsets if len(offsets) == 1 else (None,)
    if offset is None:
        raise EntryError("weekday_timezone changes its offset during the year")
    return round(offset.total_seconds()) // 60
