"""Daily clock windows: who holds which minutes of the day, and the schedule that says so."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time

from llmpricing.domain.conditions import MINUTES_PER_DAY
from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading.fields import as_text

Window = tuple[int, int]  # minutes after midnight; an end at or before the start lies on the next day


def utc_minute(value: object, name: str) -> int:
    """The UTC minute of the day that a time such as ``"16:30"`` or ``"00:30:00+02:00"`` means."""
    try:
        clock = time.fromisoformat(as_text(value, name))
        if clock.tzinfo is not None:
            clock = datetime.combine(date(1970, 1, 2), clock).astimezone(UTC).timetz()
    except ValueError:
        raise EntryError(f"{name} is not a time of day") from None
    if clock.second or clock.microsecond:
        raise EntryError(f"{name} does not fall on a whole minute")
    return clock.hour * 60 + clock.minute


def holds(window: Window, minute: int) -> bool:
    """Whether the minute of a day lies in a daily window."""
    start, end = window
    return start <= minute < end if start < end else minute >= start or minute < end


def cells(windows: Iterable[Window]) -> Sequence[Window]:
    """The day cut at every bound of the windows: each piece lies in or out of each of them as a whole."""
    cuts = sorted({0, MINUTES_PER_DAY, *(bound for window in windows for bound in window)})
    return [(start, end) for start, end in itertools.pairwise(cuts) if start < end]


def joined(pieces: Iterable[Window]) -> tuple[Window, ...]:
    """Pieces of one day as windows, neighbours joined, also across midnight; the whole day is (0, 0)."""
    found: list[Window] = []
    for start, end in sorted(pieces):
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    if found and found[0][0] == 0 and found[-1][1] == MINUTES_PER_DAY:
        first = found.pop(0)
        if not found:
            return ((0, 0),)
        found[-1] = (found[-1][0], first[1])
    return tuple((start, end % MINUTES_PER_DAY) for start, end in found)
