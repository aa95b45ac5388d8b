"""Quotes that depend on facts nobody stated: one answer where all cases agree, else its bounds and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from llmpricing.domain.conditions import MINUTES_PER_DAY, STANDARD, Schedule
from llmpricing.domain.quotes.allocation import UNKNOWN
from llmpricing.domain.quotes.bill import Line, Quote
from llmpricing.domain.quotes.context_pricing import StatedFacts
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.times import within_calendar

TIME = "time"
_A_WEEK = timedelta(days=8)  # and a day, in whatever zone it begins


def moments(prices: OfferingPrices, on: datetime) -> list[datetime]:
    """Instants of the UTC day that begins at ``on`` which between them meet every price of that day."""
    start = within_calendar(on, 10)
    return moments_until(prices, start, start + timedelta(days=1))


def moments_until(prices: OfferingPrices, start: datetime, end: datetime) -> list[datetime]:
    """The same of all time from ``start`` (inclusive) until ``end`` (exclusive); clocks begin anew each week."""
    found = {start, *(bound for bound in prices.bounds if start < bound < end)}
    for moment in tuple(found) if prices.has_clock else ():
        week = min(end, moment + _A_WEEK)
        for schedule in prices.period(moment).schedules:
            found.update(tick for tick in _ticks(schedule, moment, week) if start < tick < end)
    return sorted(found)


def _ticks(schedule: Schedule, start: datetime, end: datetime) -> Iterable[datetime]:
    """When the schedule may switch around some days: the ends of its windows and midnight, in both readings of DST."""
    zone = ZoneInfo(schedule.time_zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    for days in range(-1, (last - first).days + 1):
        yield from ticks_on(schedule, first + timedelta(days=days))


@lru_cache(maxsize=4096)  # the same for all offerings of a seller, and for the days before and after
def ticks_on(schedule: Schedule, day: date) -> frozenset[datetime]:
    """When the schedule may switch on a day of its own calendar."""
    zone = ZoneInfo(schedule.time_zone)
    minutes = {0, *(minute % MINUTES_PER_DAY for window in schedule.windows for minute in window)}
    return frozenset(
        datetime(day.year, day.month, day.day, *divmod(minute, 60), fold=fold, tzinfo=zone).astimezone(UTC)
        for minute in minutes
        for fold in (0, 1)
    )


def outcome(cases: Sequence[tuple[StatedFacts, Quote]]) -> Quote:
    """One quote of many cases; cases without a total count only where none has one."""
    priced = [case for case in cases if case[1].total is not None]
    if not priced:
        return cases[0][1]
    first = priced[0][1]
    missing = tuple(name for name, _ in priced[0][0] if _matters(priced, name))
    if not missing:
        return first
    alike = len({quote.currency for _, quote in priced}) == 1  # amounts of two currencies do not compare
    totals = [quote.total for _, quote in priced if quote.total is not None] if alike else []
    return first._replace(
        total=None,
        list_total=None,
        state=UNKNOWN,
        lines=_common([quote.lines for _, quote in priced]),
        currency=first.currency if alike else None,
        low=min(totals, default=None),
        high=max(totals, default=None),
        missing=missing,
        choices=tuple((name, _values(priced, name)) for name in missing if name != TIME),
    )


def _values(cases: Sequence[tuple[StatedFacts, Quote]], name: str) -> tuple[str, ...]:
    """What the fact may be; without one of these its usual price is paid."""
    found = {value or STANDARD for facts, _ in cases for fact, value in facts if fact == name}
    return tuple(sorted(found, key=lambda value: (value == STANDARD, value)))


def _matters(cases: Sequence[tuple[StatedFacts, Quote]], name: str) -> bool:
    """Whether the total, or its currency, changes with this fact alone."""
    seen: dict[StatedFacts, object] = {}
    for facts, quote in cases:
        others = tuple(fact for fact in facts if fact[0] != name)
        bill = (quote.total, quote.currency)
        if seen.setdefault(others, bill) != bill:
            return True
    return False


def _common(bills: Sequence[tuple[Line, ...]]) -> tuple[Line, ...]:
    return tuple(line for line in bills[0] if all(line in bill for bill in bills[1:]))
