"""The last thirty full days of a log, or all of a shorter one, found in one pass whatever the order of its records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from llmpricing.domain.quotes.usage_sums import UsageSum
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.sums.log_sums import Divisions, LogSums, SumKey

DAYS = 30
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


class RunningDay(NamedTuple):
    """The day that is not over yet, with which a longer log ends: so many records of it do not count."""

    day: date
    records: int


class _Stretch(NamedTuple):
    """The day of a record; of one that sums up more than a day, from its first one until its ``end``."""

    day: datetime
    end: datetime


@dataclass
class UsageWindow:
    """Sums by day; days that lie too far before the end are forgotten as soon as that shows. A day is over at its
    midnight in UTC: the running one, of ``now``, is told in part.
    """

    now: datetime
    first: datetime | None = None
    end: datetime | None = None
    last: datetime | None = None  # moment that a record tells of
    _days: dict[_Stretch, LogSums] = field(default_factory=dict)

    def add(self, record: UsageRecord, divisions: Divisions, group: tuple[str, ...]) -> None:
        """Add a record that states its usage and its time."""
        at = record.at
        assert at is not None  # noqa: S101 - what is priced states it
        self.first = at if self.first is None else min(self.first, at)
        end = at + (record.span or timedelta())
        self.end = end if self.end is None else max(self.end, end)
        last = max(at, min(end - _TICK, self.now))  # what is told by the day ends before the next one, and by now
        if self.last is None or last > self.last:
            self.last = last
            self._forget(_midnight(last) - DAYS * _DAY)
        day = _midnight(at)
        is_longer = record.span is not None and record.span > _DAY
        stretch = _Stretch(day, end if is_longer else day + _DAY)
        if stretch.end > _midnight(self.last) - DAYS * _DAY:
            self._days.setdefault(stretch, LogSums()).add(record, divisions, group)

    def _forget(self, until: datetime) -> None:
        for one in [one for one in self._days if one.end <= until]:
            del self._days[one]

    @property
    def _full_days(self) -> tuple[datetime, datetime]:
        """From when until when the last full days are."""
        assert self.last is not None  # noqa: S101 - set by the first record
        last = _midnight(self.last)
        until = last + _DAY if last + _DAY <= self.now else last
        return until - DAYS * _DAY, until

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        """From when until when usage counts; None of an empty log. Where a longer log tells of several days in one, the
        first of these may lie before the last full days.
        """
        if self.first is None or self.end is None:
            return None
        if not self._is_long:
            return self.first, self.end
        since, until = self._full_days
        return min([since, *(one.day for one in self._counted)]), until

    @property
    def days(self) -> int:
        """On how many days of UTC, from the first to the last, usage counts; 0 of an empty log."""
        if self.bounds is None or self.last is None:
            return 0
        since, until = self.bounds
        until = until if self._is_long else _midnight(self.last) + _DAY
        return (until - _midnight(since)).days

    @property
    def running(self) -> RunningDay | None:
        """The day that is left out behind the last full one; None where the log ends with a full day, or all counts."""
        records = sum(one.records for stretch in self._left_out for one in self._days[stretch].sums.values())
        return RunningDay(self._full_days[1].date(), records) if records else None

    @property
    def _is_long(self) -> bool:
        return self.first is not None and self.first < self._full_days[0] + _DAY

    @property
    def _counted(self) -> list[_Stretch]:
        """What is told of days that count, in order: of all where the log is short."""
        since, until = self._full_days
        return sorted(one for one in self._days if not self._is_long or (one.end > since and one.day < until))

    @property
    def _left_out(self) -> list[_Stretch]:
        return sorted(one for one in self._days if self._is_long and one.day >= self._full_days[1])

    def sums(self) -> dict[SumKey, UsageSum]:
        """The sums of all days that count, by key; to be asked once."""
        return self._joined(self._counted) if self._days else {}

    def running_sums(self) -> dict[SumKey, UsageSum]:
        """Those of the day that is left out; to be asked once."""
        return self._joined(self._left_out) if self._days else {}

    def _joined(self, stretches: Iterable[_Stretch]) -> dict[SumKey, UsageSum]:
        found: dict[SumKey, UsageSum] = {}
        for stretch in stretches:
            for key, one in self._days[stretch].sums.items():
                if key in found:
                    found[key].join(one)
                else:
                    found[key] = one
        return found


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)
