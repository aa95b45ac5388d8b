"""The prices of one offering over time, compiled for quoting: immutable for its users, with bounded caches inside."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.meters import METERS
from llmpricing.domain.names.identities import identity
from llmpricing.domain.prices import OtherPrice, OtherReason, Price
from llmpricing.domain.quotes.context import CURRENCY, REGION, TIERS, Context, ContextError
from llmpricing.domain.quotes.context_pricing import ContextPricing
from llmpricing.domain.quotes.contract_rates import ContractRate
from llmpricing.domain.quotes.line_evidence import PriceStanding, standing_of
from llmpricing.domain.quotes.other_totals import Alternative, alternatives
from llmpricing.domain.quotes.periods import Period, bounds, same_words
from llmpricing.domain.quotes.places import DEFAULTS, GLOBAL, ZONES, listed_place, zones_of
from llmpricing.domain.quotes.search_fees import with_one_fee
from llmpricing.domain.quotes.sellers import charges_apart, default_facts, has_default_place
from llmpricing.domain.quotes.unit_rates import PriceDataError, remembered

_OR_A_REGION = ", or any region of AWS, Google Cloud or Azure, such as us-east-1"


class PricedPlace(NamedTuple):
    """The ``region`` of the prices that a stated place pays. Not ``is_listed``: no list prices it, and those are the
    seller's default ones; ``is_apart``: although the seller is known to ask more there.
    """

    region: str
    is_listed: bool = True
    is_apart: bool = False


def _counts(other: OtherPrice, at: datetime) -> bool:
    """A snapshot's price bounds only what it is fresh for."""
    return other.reason is not OtherReason.BOUND or other.price.is_fresh(at)


class OfferingPrices:
    """All prices of an offering that were believed at one time. Times between two bounds are priced alike."""

    def __init__(self, prices: Sequence[Price], offering: str = "", others: Sequence[OtherPrice] = ()) -> None:
        self.prices = prices = tuple(with_one_fee(prices, offering))
        self.offering = offering  # provider/api-id, for what its seller documents; empty where that does not count
        self.tiers = same_words(frozenset(price.conditions.service_tier for price in prices))
        self.regions = same_words(frozenset(price.conditions.region for price in prices) - {""})
        self.extra: dict[str, frozenset[str]] = {}
        for price in prices:
            if price.meter not in METERS:
                raise PriceDataError(f"price {price.id} is of an unknown meter, {price.meter}")
            for name, value in price.conditions.extra:
                self.extra[name] = self.extra.get(name, frozenset()) | {value}
        if CURRENCY in self.extra:
            self.extra[CURRENCY] |= {price.currency for price in prices}
        self.defaults = self._defaults()
        self._beside = others
        self.has_clock = any(price.conditions.schedule for price in (*prices, *(other.price for other in others)))
        self.is_doubted = any(other.reason is not OtherReason.AGREEMENT for other in others)
        beside = (other.price for other in others)
        self.bounds = sorted({bound for listed in (prices, beside) for price in listed for bound in bounds(price)})
        self._periods: list[Period | None] = [None] * (len(self.bounds) + 1)
        self._alternatives: dict[int, tuple[tuple[Alternative, OfferingPrices], ...]] = {}
        self._pricings: dict[tuple[int, Context, tuple[bool, ...], tuple[ContractRate, ...]], ContextPricing] = {}

    @property
    def has_changed(self) -> bool:
        """Whether the same request costs something else at another time, as far as any list says."""
        amounts: dict[tuple[str, Conditions], set[tuple[object, ...]]] = {}
        for price in self.prices:
            said = (price.state, price.amount, price.currency, price.per)
            amounts.setdefault((price.meter, price.conditions), set()).add(said)
        return self.has_clock or any(len(some) > 1 for some in amounts.values())

    def _defaults(self) -> dict[str, str | None]:
        """What a fact is where a request leaves it out, by its name; the bare entry is None."""
        found: dict[str, str | None] = {
            name: value for name, value in default_facts(self.offering).items() if value in self.extra.get(name, ())
        }
        if self.regions and has_default_place(self.offering):
            bare = {price.meter for price in self.prices if not price.conditions.region}
            elsewhere = {price.meter for price in self.prices if price.conditions.region == GLOBAL}
            found[REGION] = GLOBAL if elsewhere - bare else None
        return found

    def place(self, region: str, at: datetime | None = None, asked_for: str = "") -> PricedPlace:
        """Whose prices a request pays that says it ran in ``region``, at any time or ``at`` this one; where these stand
        in for an offering that was ``asked_for``, its seller may charge apart too. Raises ContextError for no place.
        """
        if listed := listed_place(region, self.regions if at is None else self.period(at).regions):
            return PricedPlace(listed)
        own = identity(self.offering.partition("/")[2]).place
        if region in DEFAULTS or (own and listed_place(region, (own,))):  # its own id says that it is the price there
            return PricedPlace(self.defaults.get(REGION) or STANDARD)
        if zones_of(region) is None and not listed_place(region, self.regions):
            raise ContextError(REGION, region, {*self.regions, STANDARD, GLOBAL, *ZONES}, _OR_A_REGION)
        is_apart = any(charges_apart(offering, region) for offering in (self.offering, asked_for))
        return PricedPlace(self.defaults.get(REGION) or STANDARD, is_listed=False, is_apart=is_apart)

    def placed(self, context: Context, region: str, asked_for: str = "") -> Context:
        """The context with the place that the model's name says, where nothing else says one and it is a place, and
        with the offering that was ``asked_for``, where these prices stand in for it.
        """
        if asked_for:
            context = context._replace(asked_for=asked_for)
        is_place = region and (region in self.regions or zones_of(region) is not None)
        return context._replace(region=region) if is_place and not context.region else context

    def period(self, at: datetime) -> Period:
        """The stretch of time around the aware ``at`` in which prices change by the clock only."""
        return self._made(bisect_right(self.bounds, at))

    def alternatives(self, at: datetime) -> tuple[tuple[Alternative, OfferingPrices], ...]:
        """What else the prices at ``at`` might be, with those prices."""
        place = bisect_right(self.bounds, at)
        return remembered(self._alternatives, place, lambda: self._made_alternatives(place, at))

    def since(self, at: datetime) -> datetime | None:
        """The last bound up to ``at``: from then until after ``at`` nothing changes but by the clock."""
        place = bisect_right(self.bounds, at)
        return self.bounds[place - 1] if place else None

    def evidence(self, price: Price, at: datetime) -> PriceStanding:
        """What is known of one of these prices, by its id, at a time."""
        own = next((own for own in self.prices if own.id == price.id), price)
        return standing_of(own, self.period(at).prices, self._beside, at)

    def _made_alternatives(self, place: int, at: datetime) -> tuple[tuple[Alternative, OfferingPrices], ...]:
        beside = [other for other in self._beside if other.price.valid_at(at) and _counts(other, at)]
        found = alternatives(self._made(place).prices, beside) if beside else []
        return tuple((one, OfferingPrices(one.prices, self.offering)) for one in found)

    def _made(self, place: int) -> Period:
        period = self._periods[place]
        if period is None:
            start = self.bounds[place - 1] if place else None
            end = self.bounds[place] if place < len(self.bounds) else None
            period = self._periods[place] = Period(self.prices, start, end, self.offering)
        return period

    def pricing(self, at: datetime, context: Context, rates: tuple[ContractRate, ...] = ()) -> ContextPricing:
        """How requests of this context are priced at ``at``, by contract ``rates`` too; raises ContextError."""
        place = bisect_right(self.bounds, at)
        period = self._periods[place] or self._made(place)
        clock = period.clock(context.hour or at) if period.schedules else ()
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
        facts = {REGION: self.regions, **self.extra}
        stated = (*context.extra, (REGION, context.region)) if context.region else context.extra
        for name, value in stated:
            known = {*facts[name], STANDARD} if name in facts else ()
            if value not in known:
                raise ContextError(name, value, known)
