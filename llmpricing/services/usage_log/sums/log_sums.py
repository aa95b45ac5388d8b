"""A log summed by what prices depend on, so that its cost at other prices takes no look at its records."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from llmpricing.domain.conditions import Schedule
from llmpricing.domain.quotes.context import Context, Use
from llmpricing.domain.quotes.linear import steps
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.usage_sums import UsageSum, is_summable
from llmpricing.domain.times import EPOCH
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.record import UsageRecord

_MINUTE = 60_000_000  # microseconds


class AskedName(NamedTuple):
    """What a record says of whose price it pays."""

    model: str
    provider: str | None
    context: Context


class Divisions:
    """Where prices differ by the size of a request and by the clock: what lies between two of these is priced alike."""

    def __init__(self, prices: Iterable[OfferingPrices]) -> None:
        schedules: dict[str, Schedule] = {}
        bounds: set[int] = set()
        for one in prices:
            bounds.update(steps(one))
            if one.has_clock:
                schedules.update({s.key: s for price in one.prices if (s := price.conditions.schedule)})
        self.steps = sorted(bounds)
        self._schedules = tuple(schedules.values())
        self._clocks: dict[datetime, tuple[bool, ...]] = {}
        self._clock_numbers: dict[tuple[bool, ...], int] = {}
        self._of_minutes: dict[int, int] = {}

    @property
    def marks(self) -> tuple[Hashable, ...]:
        """What is the same of prices that tell the same requests apart."""
        return tuple(self.steps), tuple(sorted(schedule.key for schedule in self._schedules))

    def clock(self, at: datetime) -> tuple[bool, ...]:
        """Which of the schedules run at a time."""
        if not self._schedules:
            return ()
        minute = at.replace(second=0, microsecond=0)
        if minute not in self._clocks:
            self._clocks[minute] = tuple(schedule.contains(minute) for schedule in self._schedules)
        return self._clocks[minute]

    def clocks(self, at: Numbers) -> tuple[Numbers, int]:
        """The same as a number for each of many times, in microseconds, and how many different ones there may be."""
        if not self._schedules:
            return np.zeros(len(at), np.int64), 1
        minutes, places = np.unique(at // _MINUTE, return_inverse=True)
        known = self._of_minutes
        for minute in (one for one in minutes.tolist() if one not in known):
            clock = self.clock(EPOCH + timedelta(minutes=minute))
            known[minute] = self._clock_numbers.setdefault(clock, len(self._clock_numbers))
        codes = np.array([known[minute] for minute in minutes.tolist()], np.int64)
        return codes[places], max(len(self._clock_numbers), 1)

    def side(self, usage: Usage, *, is_sum: bool) -> tuple[int, int]:
        """Between which steps a request lies; of a sum of requests also between which the whole of it does."""
        whole = bisect_right(self.steps, usage.stated.get("input_tokens", 0)) if is_sum else 0
        return bisect_right(self.steps, usage.request_input), whole

    def sides(self, request_input: Numbers) -> Numbers:
        """Between which steps each of many requests lies."""
        return np.searchsorted(self.steps, request_input, "right").astype(np.int64)


class SumKey(NamedTuple):
    """What records are summed up by: a ``group`` of the caller's, whose price they ask for, and what decides it."""

    group: tuple[Any, ...]
    asked: AskedName
    decisive: tuple[Hashable, ...]
    is_sum: bool


@dataclass
class LogSums:
    """Sums by who asks whose price."""

    sums: dict[SumKey, UsageSum] = field(default_factory=dict)

    def add(self, record: UsageRecord, divisions: Divisions, group: tuple[Any, ...] = ()) -> None:
        """Add a record that states its usage and its time."""
        assert record.usage is not None  # noqa: S101 - what is priced states it
        self.of(record, divisions, group).add(record.usage)

    def of(self, record: UsageRecord, divisions: Divisions, group: tuple[Any, ...] = ()) -> UsageSum:
        """The sum that a record belongs to."""
        usage, at = record.usage, record.at
        assert usage is not None and at is not None  # noqa: S101, PT018 - what is priced states both
        several = is_sum(record)
        decisive = (
            usage.keys,
            divisions.side(usage, is_sum=several),
            divisions.clock(at) if record.context.time_known else at,
            told_apart(usage),
        )
        key = SumKey(group, AskedName(record.model, record.provider, record.context), decisive, several)
        found = self.sums.get(key)
        if found is None:
            found = self.sums[key] = UsageSum(Use(usage, at, record.context))
        return found


def told_apart(usage: Usage) -> tuple[Hashable, ...]:
    """What of the usage itself decides its cost besides its meters: all of it where counts alone do not."""
    counts = () if is_summable(usage) else (repr(usage.told), *sorted(usage.stated.items()))
    return usage.service_tier, usage.region, counts


def is_sum(record: UsageRecord) -> bool:
    """Whether a record sums up several requests."""
    return record.span is not None or (record.usage is not None and record.usage.requests > 1)
