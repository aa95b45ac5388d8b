"""A stretch of time in which an offering's prices stay the same, and what there is to say about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from llmpricing.domain.conditions import Schedule
from llmpricing.domain.meters import ancestors
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.notices import Code, Notice
from llmpricing.domain.quotes.unit_rates import UnitRate
from llmpricing.domain.times import day


def bounds(price: Price) -> Iterable[datetime]:
    """The times at which this price changes an answer or its warnings."""
    for bound in (price.valid_from, price.valid_until, price.fresh_from, price.fresh_until):
        if bound is not None:
            yield bound.astimezone(UTC)


@lru_cache(1_024)
def same_words(words: frozenset[str]) -> frozenset[str]:
    """One object for all sets that are equal: a book of thousands of offerings has few of tiers and places."""
    return words


class Period:
    """A stretch of time, from ``start`` (inclusive) until ``end``, with the same prices of all ``listed`` ones;
    only clocks tick in it.
    """

    def __init__(
        self, listed: Sequence[Price], start: datetime | None, end: datetime | None, offering: str = ""
    ) -> None:
        self.listed, self.start, self.end, self.offering = listed, start, end, offering
        self.prices = tuple(price for price in listed if self._holds(price))
        self.regions = same_words(frozenset(price.conditions.region for price in self.prices) - {""})
        schedules = {s.key: s for price in self.prices if (s := price.conditions.schedule)}
        self.schedules: tuple[Schedule, ...] = tuple(schedules.values())

    def _holds(self, price: Price) -> bool:
        return price.valid_at(self.start) if self.start else price.valid_from is None

    def clock(self, at: datetime) -> tuple[bool, ...]:
        """Which of the schedules run at ``at``."""
        return tuple([schedule.contains(at) for schedule in self.schedules])

    def reason(self, meter: str) -> str:
        """Why the meter has no price in this stretch of time, in plain words."""
        counting = {meter, *ancestors(meter)}
        return self.absence([p for p in self.listed if p.meter in counting], meter)

    def absence(self, prices: Sequence[Price], what: str) -> str:
        """When these prices, none of which applies now, begin or ended."""
        if any(self._holds(price) for price in prices):
            return f"no price of {what} is known for this kind of request"
        if ended := self._ended(prices):
            return f"no price of {what} is known after {day(max(ended))}"
        later = [price.valid_from for price in prices if price.valid_from]
        return f"{what} is unknown before {day(min(later))}" if later else f"no price of {what} is known"

    def _ended(self, prices: Sequence[Price]) -> list[datetime]:
        start = self.start
        return [until for price in prices if start and (until := price.valid_until) and until <= start]

    def doubts(self, unit_rate: UnitRate) -> tuple[Notice, ...]:
        """What to warn of when this unit rate is used: dates that are not certain."""
        price = unit_rate.price
        if price is None:
            return ()
        if price.is_fresh(self.start):
            return ()
        if price.fresh_until and self.start and self.start >= price.fresh_until:
            how = f"carried on from a time before {day(price.fresh_until)}"
        else:
            how = f"carried back from {day(price.fresh_from)}"
        message = f"no list near that time states the price of {price.meter}: that of {price.source} is {how}"
        return (Notice(Code.DATE_UNKNOWN, message, price.meter),)
