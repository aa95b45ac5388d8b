"""The last thirty full days of a log, or all of a shorter one, found in one pass whatever the order of its records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from llmpricing.domain.quotes.usage_sums import UsageSum
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.sums.log_sums import Divisions, LogSums, SumKey

DAYS = 30
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


class UnfinishedDay(NamedTuple):
    """The day with which a longer log ends, so many records of which do not count: it may not be over."""

    day: date
    records: int


@dataclass
class UsageWindow:
    """Sums by day; days that lie too far before the end are forgotten as soon as that shows."""

    first: datetime | None = None
    end: datetime | None = None
    last: datetime | None = None  # moment that a record tells of
    _days: dict[datetime, LogSums] = field(default_factory=dict)

    def add(self, record: UsageRecord, divisions: Divisions, group: tuple[str, ...]) -> None:
        """Add a record that states its usage and its time."""
        at = record.at
        assert at is not None  # noqa: S101 - what is priced states it
        self.first = at if self.first is None else min(self.first, at)
        end = at + (record.span or timedelta())
        last = max(at, end - _TICK)  # what is told by the day ends before the next one
        self.last = last if self.last is None else max(self.last, last)
        if self.end is None or end > self.end:
            self.end = end
            self._forget()
        day = _midnight(at)
        if day >= self._least:
            self._days.setdefault(day, LogSums()).add(record, divisions, group)

    @property
    def _least(self) -> datetime:
        """The first of the last full days, as far as is known."""
        assert self.end is not None  # noqa: S101 - set by the first record
        return _midnight(self.end) - DAYS * _DAY

    def _forget(self) -> None:
        for day in [day for day in self._days if day < self._least]:
            del self._days[day]

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        """From when until when usage counts; None of an empty log."""
        if self.first is None or self.end is None:
            return None
        return (self._least, self._least + DAYS * _DAY) if self._is_long else (self.first, self.end)

    @property
    def days(self) -> int:
        """On how many days of UTC, from the first to the last, usage counts; 0 of an empty log."""
        if self.first is None or self.last is None:
            return 0
        return DAYS if self._is_long else (_midnight(self.last) - _midnight(self.first)).days + 1

    @property
    def unfinished(self) -> UnfinishedDay | None:
        """The day that is left out behind the last full one; None where the log ends with a full day, or all counts."""
        if self.end is None or not self._is_long:
            return None
        left_out = self._days.get(_midnight(self.end))
        records = sum(one.records for one in left_out.sums.values()) if left_out else 0
        return UnfinishedDay(_midnight(self.end).date(), records) if records else None

    @property
    def _is_long(self) -> bool:
        return self.first is not None and self.first < self._least + _DAY

    def sums(self) -> dict[SumKey, UsageSum]:
        """The sums of all days that count, by key."""
        found: dict[SumKey, UsageSum] = {}
        for day, sums in sorted(self._days.items()):
            if self._is_long and not self._least <= day < self._least + DAYS * _DAY:
                continue
            for key, one in sums.sums.items():
                if key in found:
                    found[key].join(one)
                else:
                    found[key] = one
        return found


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)
