"""Whether a table's days have the day or the month first, as spreadsheets of any land write them between slashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain

_SLASHED = re.compile(r"\s*(\d{1,2})/(\d{1,2})/(\d{4})(?!\d|/).{0,20}")
_MONTHS = 12
_AHEAD = timedelta(days=1)  # no zone is further ahead of UTC
_LONGEST, _MOST_KEPT = 40, 5_000  # signs of a time, and different days that are looked at


def is_slashed(cell: object) -> bool:
    """Whether a cell is a day between slashes, with or without its hour."""
    return isinstance(cell, str) and len(cell) <= _LONGEST and bool(_SLASHED.fullmatch(cell))


def day_first(cell: str) -> str:
    """The cell, where it is a day between slashes, between points, which part days that come first."""
    return cell.replace("/", ".", 2) if is_slashed(cell) else cell


@dataclass
class DaysSeen:
    """What all cells of a table tell of the order of its days, whatever the order of its rows; ``columns`` are those
    that are read as times. Nothing is used after ``now``.
    """

    now: datetime | None
    columns: set[str] = field(default_factory=set)
    _times: dict[tuple[int, int, int], str] = field(default_factory=dict)
    _others: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def note_time(self, column: str, cell: str) -> None:
        """Learn of a cell that is read as a time."""
        self.columns.add(column)
        self._note(self._times, cell)

    def note(self, cell: object) -> None:
        """Learn of any other cell, such as the last day of a bill's month."""
        if isinstance(cell, str) and is_slashed(cell):
            self._note(self._others, cell)

    def _note(self, seen: dict[tuple[int, int, int], str], cell: str) -> None:
        if (found := _SLASHED.fullmatch(cell)) and len(seen) < _MOST_KEPT:
            seen.setdefault((int(found[1]), int(found[2]), int(found[3])), cell.strip())

    def is_day_first(self) -> bool | None:
        """Whether the day is first; None where nothing tells, or cells deny one another, and it matters."""
        may_be_first = not any(month > _MONTHS for _, month, _ in self._all())
        may_be_second = not any(day > _MONTHS for day, _, _ in self._all())
        if may_be_first and may_be_second:
            may_be_first = not any(self._is_ahead(year, month, day) for day, month, year in self._times)
            may_be_second = not any(self._is_ahead(year, month, day) for month, day, year in self._times)
        if may_be_first != may_be_second:
            return may_be_first
        return None if self.example else False

    @property
    def example(self) -> str:
        """A time that means two days; empty where none does."""
        twofold = (cell for (one, other, _), cell in self._times.items() if one != other and max(one, other) <= _MONTHS)
        return next(twofold, "")

    def _all(self) -> Iterator[tuple[int, int, int]]:
        return chain(self._times, self._others)

    def _is_ahead(self, year: int, month: int, day: int) -> bool:
        try:
            return self.now is not None and datetime(year, month, day, tzinfo=UTC) > self.now + _AHEAD
        except ValueError:
            return False
