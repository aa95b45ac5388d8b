"""The times at which answers change by themselves: when prices, names and contract rates begin and end, and at each new
day.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain

from sqlalchemy import func, select, union

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.times import EPOCH, micros
from llmpricing.models import ContractRateRow, OfferingAlias, PriceRow
from llmpricing.services.memory import SMALL, Memory
from llmpricing.services.price_book import BookState, Reads

_DAY = timedelta(days=1)
# Whose bounds are steps, as tables of a book and of the database; the last ones for who sees contract rates alone.
_DATED = ("price", "offering_alias", "own_rate")
_TABLES = (PriceRow, OfferingAlias, ContractRateRow)


@dataclass(frozen=True, slots=True)
class StablePeriod:
    """A stretch of time in which one version of the price book gives the same answers: they are made for its ``start``
    and good until its end, the next known step.
    """

    start: datetime
    until: datetime


_steps: Memory[tuple[str, int, bool], list[datetime]] = Memory(4, lambda steps: SMALL + 60 * len(steps))


def stable_period(reads: Reads, known: BookState, now: datetime, *, with_rates: bool = True) -> StablePeriod:
    """The period that ``now`` lies in. Ages are counted in days, so a day in UTC is a step too. Without contract rates
    it does not tell when they begin and end either.
    """
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    count = len(_DATED) if with_rates else len(_DATED) - 1
    steps = _steps.remember((known.book, known.version, with_rates), lambda: _read(reads, today, count))
    following = bisect_right(steps, now)
    begun = steps[following - 1] if following else today
    ends = steps[following] if following < len(steps) else today + _DAY
    return StablePeriod(max(today, begun, known.last_change), min(ends, today + _DAY))


def _read(reads: Reads, since: datetime, count: int) -> list[datetime]:
    """The steps after ``since`` that are known now, in order, of so many tables."""
    if isinstance(reads, PriceBook):
        after, stored = micros(since), ("recorded_until", "valid_from", "valid_until")
        rows = chain.from_iterable(reads.stored(table, *stored) for table in _DATED[:count])
        steps = {at for closed, *valid in rows if closed is None for at in valid if at is not None and at > after}
        return [EPOCH + timedelta(microseconds=at) for at in sorted(steps)]
    bounds = [
        select(bound.label("step")).where(func.upper_inf(table.recorded), bound > since)
        for table in _TABLES[:count]
        for bound in (func.lower(table.valid), func.upper(table.valid))
    ]
    return sorted(reads.scalars(union(*bounds)))
