"""The hours of a week by what they cost: usage that is spread over a month meets all of them, whenever one asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from llmpricing.domain.conditions import Schedule
from llmpricing.domain.quotes.charges import money
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.unit_rates import UNIT
from llmpricing.domain.quotes.unstated import ticks_on
from llmpricing.domain.times import within_calendar

_WEEK = timedelta(days=7)
_MOST_WEEKS = 8  # in a row that have holidays, before these count as any day
_MINUTE = timedelta(minutes=1)


class HourClass(NamedTuple):
    """Hours of a week in which the same schedules run: one moment of them, and how many minutes they are together."""

    hour: datetime
    minutes: int


class HourTotal(NamedTuple):
    """What all of a usage would cost in some hours, and how many minutes of a week they are."""

    total: Decimal
    minutes: int


def hours_of_week(prices: OfferingPrices, at: datetime) -> tuple[HourClass, ...]:
    """The hours that the prices of ``at`` tell apart, over the week of that day, or the next one without a holiday;
    none where no price of them goes by the hour. Every hour of a day gives the same.
    """
    schedules = prices.period(at).schedules if prices.has_clock else ()
    if not schedules:
        return ()
    day = within_calendar(at, 7 * (_MOST_WEEKS + 2)).astimezone(UTC).date()
    monday = datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)
    return _classes(schedules, monday)


@lru_cache(maxsize=512)  # few schedules, shared by the offerings of a seller
def _classes(schedules: tuple[Schedule, ...], monday: datetime) -> tuple[HourClass, ...]:
    weeks = [monday + _WEEK * n for n in range(_MOST_WEEKS)]
    start = next((week for week in weeks if not _has_holiday(schedules, week)), monday)
    end = start + _WEEK
    days = [start.date() + timedelta(days=n) for n in range(-1, 9)]
    found = {tick for schedule in schedules for day in days for tick in ticks_on(schedule, day)}
    bounds = [start, *sorted(tick for tick in found if start < tick < end), end]
    minutes, first = Counter[tuple[bool, ...]](), dict[tuple[bool, ...], datetime]()
    for begin, until in pairwise(bounds):
        clock = tuple(schedule.contains(begin) for schedule in schedules)
        minutes[clock] += (until - begin) // _MINUTE
        first.setdefault(clock, begin)
    return tuple(HourClass(first[clock], count) for clock, count in minutes.items())


def _has_holiday(schedules: Iterable[Schedule], start: datetime) -> bool:
    """Whether a schedule leaves out a day that meets the week."""
    first, last = (start - timedelta(days=1)).date(), (start + _WEEK).date()
    return any(first <= day <= last for schedule in schedules for day in schedule.holidays)


def spread(totals: Sequence[HourTotal]) -> Decimal:
    """What the usage costs that is spread evenly over these hours, in units of 1e-12."""
    if len(totals) == 1:
        return totals[0].total
    weighed = sum((Fraction(one.total) * one.minutes for one in totals), Fraction(0))
    return money(round(weighed / sum(one.minutes for one in totals) * UNIT))


def by_cost(totals: Iterable[HourTotal]) -> tuple[HourTotal, ...]:
    """The hours with their totals, the cheapest first, those of one total together; none where all cost the same."""
    minutes = Counter[Decimal]()
    for one in totals:
        minutes[one.total] += one.minutes
    return tuple(HourTotal(total, minutes[total]) for total in sorted(minutes)) if len(minutes) > 1 else ()
