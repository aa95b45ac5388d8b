"""The prices of one offering over time, compiled for quoting: immutable for its users, with bounded caches inside."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.meters import METERS
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.context import CURRENCY, REGION, TIERS, Context, ContextError
from llmpricing.domain.quotes.context_pricing import ContextPricing
from llmpricing.domain.quotes.contract_rates import ContractRate
from llmpricing.domain.quotes.periods import Period, bounds
from llmpricing.domain.quotes.unit_rates import PriceDataError, remembered


class OfferingPrices:
    """All prices of an offering that were believed at one time. Times between two bounds are priced alike."""

    def __init__(self, prices: Sequence[Price]) -> None:
        self.prices = tuple(prices)
        self.tiers = frozenset(price.conditions.service_tier for price in prices)
        self.regions = frozenset(price.conditions.region for price in prices) - {""}
        self.extra: dict[str, frozenset[str]] = {}
        for price in prices:
            if price.meter not in METERS:
                raise PriceDataError(f"price {price.id} is of an unknown meter, {price.meter}")
            for name, value in price.conditions.extra:
                self.extra[name] = self.extra.get(name, frozenset()) | {value}
        if CURRENCY in self.extra:
            self.extra[CURRENCY] |= {price.currency for price in prices}
        self.bounds = sorted({bound for price in prices for bound in bounds(price)})
        self._periods: list[Period | None] = [None] * (len(self.bounds) + 1)
        self._later: dict[int, OfferingPrices] = {}
        self._pricings: dict[tuple[int, Context, tuple[bool, ...], tuple[ContractRate, ...]], ContextPricing] = {}

    def period(self, at: datetime) -> Period:
        """The stretch of time around the aware ``at`` in which prices change by the clock only."""
        return self._made(bisect_right(self.bounds, at))

    def later(self, at: datetime) -> OfferingPrices:
        """The prices around ``at`` if all that changed in a stretch without lists had changed before it."""
        place = bisect_right(self.bounds, at)
        return remembered(self._later, place, lambda: OfferingPrices(self._made(place).later_prices))

    def _made(self, place: int) -> Period:
        period = self._periods[place]
        if period is None:
            start = self.bounds[place - 1] if place else None
            end = self.bounds[place] if place < len(self.bounds) else None
            period = self._periods[place] = Period(self.prices, start, end)
        return period

    def pricing(self, at: datetime, context: Context, rates: tuple[ContractRate, ...] = ()) -> ContextPricing:
        """How requests of this context are priced at ``at``, by contract ``rates`` too; raises ContextError."""
        place = bisect_right(self.bounds, at)
        period = self._periods[place] or self._made(place)
        clock = period.clock(at) if period.schedules else ()
        key = (place, context, clock, rates)
        pricing = self._pricings.get(key)
        if pricing is None:
            self.check(context)
            pricing = remembered(self._pricings, key, lambda: ContextPricing(period, context, clock, rates))
        return pricing

    def check(self, context: Context) -> None:
        """Raises ContextError for a stated value that neither this offering nor the trade knows.

        ``standard`` says of any fact that it is none of those with a price of their own.
        """
        tier = context.service_tier
        if tier and tier not in self.tiers and tier not in TIERS:
            raise ContextError("service_tier", tier, self.tiers.union(TIERS))
        facts = {REGION: self.regions} if self.regions else {}
        facts.update(self.extra)
        stated = (*context.extra, (REGION, context.region)) if context.region else context.extra
        for name, value in stated:
            known = {*facts[name], STANDARD} if name in facts else ()
            if value not in known:
                raise ContextError(name, value, known)
