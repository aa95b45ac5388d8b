"""One use of a model as an audit looks at it: whose prices it pays, and whose it might have paid by mistake."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import Context, ContextError
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, Terms, exchange
from llmpricing.domain.quotes.linear import RequestKind, request_kind, steps
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.quotes.unit_rates import UNIT, PriceDataError
from llmpricing.domain.usage.quantities import Quantity, Usage, UsageError, count

PriceChange = Callable[[Price], Sequence[Price]]
HOME = "USD"
_TICK = timedelta(microseconds=1)
_REMEMBERED = 4096  # kinds of requests of one offering
_BY_ITSELF = RequestKind()


class ChangedPrices:
    """An offering's prices and what mistakes make of them, each made once; ``original`` is what they were made of."""

    def __init__(self, prices: OfferingPrices, original: OfferingPrices | None = None) -> None:
        self.prices, self.original = prices, original
        self._changed: dict[str, ChangedPrices | None] = {}
        self.steps = steps(prices)
        self.facts = prices.extra
        priced = {price.conditions.service_tier for price in prices.prices if price.state is State.PRICED}
        self.offered_tiers = tuple(sorted(priced - {STANDARD}))
        self._kinds: dict[tuple[object, ...], RequestKind] = {}
        self._is_home = all(price.currency == HOME for price in prices.prices)

    def kind(self, usage: Usage, at: datetime, context: Context, rates: tuple[ContractRate, ...]) -> RequestKind:
        """How requests like this one are priced in USD, found once for all of them. Raises as a quote does."""
        if usage.told is not None or usage.region or usage.service_tier or not self._is_home:
            return _BY_ITSELF
        place = bisect_right(self.prices.bounds, at)
        clock = self.prices.period(at).clock(at) if self.prices.has_clock else ()
        key = (place, clock, context, rates, usage.keys, bisect_right(self.steps, usage.request_input))
        if key not in self._kinds:
            if len(self._kinds) >= _REMEMBERED:
                self._kinds.clear()
            kind = request_kind(self.prices, usage, at, context, rates)
            is_home = all(rate.amount is None or rate.currency == HOME for rate in rates)
            self._kinds[key] = kind if is_home else _BY_ITSELF
        return self._kinds[key]

    def other_times(self, at: datetime, most: int) -> Iterator[datetime]:
        """A time in each other stretch of time, the nearest stretches first, at most so many."""
        bounds, own = self.prices.bounds, bisect_right(self.prices.bounds, at)
        for place in sorted(range(len(bounds) + 1), key=lambda place: abs(place - own))[1 : most + 1]:
            yield bounds[place - 1] if place else bounds[0] - _TICK

    def changed(self, name: str, change: PriceChange) -> ChangedPrices | None:
        """The prices after a change that ``name`` stands for; None where it changes nothing."""
        if name not in self._changed:
            before = self.prices.prices
            after = [new for price in before for new in change(price)]
            self._changed[name] = None if after == list(before) else self._made(after)
        return self._changed[name]

    def _made(self, prices: Sequence[Price]) -> ChangedPrices:
        return ChangedPrices(OfferingPrices(prices, self.prices.offering))


def plain_prices(prices: OfferingPrices) -> ChangedPrices:
    """The prices without what else they might be, which changes no total."""
    return ChangedPrices(OfferingPrices(prices.prices, prices.offering), prices)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a tool may have mistaken for an offering's prices, by name: those of its model at the same seller in other
    ``places`` and at other sellers, of models of nearly the same name, and what was believed of its own before.
    """

    places: Mapping[str, ChangedPrices] = field(default_factory=dict)
    sellers: Mapping[str, ChangedPrices] = field(default_factory=dict)
    models: Mapping[str, ChangedPrices] = field(default_factory=dict)
    believed: Mapping[str, ChangedPrices] = field(default_factory=dict)


NOWHERE = Surroundings()


class AuditedUse(NamedTuple):
    """One use, or what a mistake made of it; ``factor`` turns its cost into what the tool wrote down. ``detail`` tells
    which of several possible mistakes of one kind it is.
    """

    usage: Usage
    at: datetime
    context: Context
    prices: ChangedPrices
    rates: tuple[ContractRate, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    surroundings: Surroundings = NOWHERE
    factor: Fraction | None = None
    detail: str = ""

    def units(self) -> int | None:
        """What it comes to, in 1e-12 USD; None where it has no price or no exchange rate."""
        try:
            kind = self.kind()
            if kind.refused:
                return None
            if kind.linear:
                exact: int | Fraction = kind.linear.units(self.usage.leaves)
            else:
                found = self._quote()
                worth = (
                    in_home(found.total, found.currency or HOME, self.exchanges) if found.total is not None else None
                )
                if worth is None:
                    return None
                exact = worth * UNIT
        except (ContextError, PriceDataError):
            return None
        if self.factor is None:
            return round(exact)
        up, down = self.factor.numerator, self.factor.denominator
        return round(exact * up) // down if down != 1 else round(exact * up)

    def kind(self) -> RequestKind:
        """How uses like this one are priced; raises ContextError or PriceDataError."""
        return self.prices.kind(self.usage, self.at, self._context(), self.rates)

    def meters(self) -> frozenset[str] | None:
        """The meters whose prices bill it; None where it has no price."""
        try:
            kind = self.kind()
            if kind.linear or kind.refused:
                return None if kind.refused else kind.meters
            found = self._quote()
        except (ContextError, PriceDataError):
            return None
        return None if found.total is None else frozenset(line.meter for line in found.lines)

    def has_own_place(self) -> bool:
        """Whether the place that it states decides its price here; no offering knows the price of an unknown one."""
        try:
            return bool(self.region) and self.prices.prices.place(self.region, self.at).is_listed
        except ContextError:
            return False

    def stating(self, prices: ChangedPrices, at: datetime) -> AuditedUse:
        """The same use by other prices or at another time, with the tier that it pays stated to them: who does not
        offer that has no price for it.
        """
        told = self.usage.service_tier
        paid = self.context.service_tier or (told if told in self.prices.prices.tiers else None)
        usage, context = self.usage._replace(service_tier=None), self.context._replace(service_tier=paid)
        return self._replace(usage=usage, context=context, prices=prices, at=at)

    def _quote(self) -> Quote:
        return quote(self.prices.prices, self.usage, self.at, self._context(), Terms(self.rates))

    def times(self, factor: Fraction, detail: str) -> AuditedUse:
        """The same use, its figure so many times as large."""
        return self._replace(factor=(self.factor or 1) * factor, detail=detail)

    def _context(self) -> Context:
        """What was stated, without sizes and the like that these prices do not know: another seller has no word for
        them. A tier is never dropped, as who does not offer it has no price for it.
        """
        context = self.context
        if context.extra:
            known = tuple((name, value) for name, value in context.extra if name in self.prices.facts)
            context = context._replace(extra=known)
        return context

    def counted(self, quantities: Mapping[str, Quantity]) -> AuditedUse | None:
        """The same use with other counts; None where they contradict each other or are the same."""
        if {meter: n for meter, n in quantities.items() if n} == {m: n for m, n in self.usage.stated.items() if n}:
            return None
        try:
            usage = count(quantities, self.usage.service_tier, self.usage.region)
        except UsageError:
            return None
        told = self.usage.told
        kept = usage._replace(told=told._replace(parts=()) if told else None)
        return self._replace(usage=kept._replace(request_input=self.usage.request_input))

    def priced_by(self, name: str, change: PriceChange) -> AuditedUse | None:
        """The same use by changed prices; None where the change changes nothing."""
        found = self.prices.changed(name, change)
        return None if found is None else self._replace(prices=found)

    @property
    def tier(self) -> str:
        """The service tier that it pays."""
        return self.context.service_tier or self.usage.service_tier or STANDARD

    @property
    def region(self) -> str:
        """The place that it pays for; empty where it is the seller's usual one."""
        return self.context.region or self.usage.region or ""

    def stated(self, meter: str) -> Quantity:
        """How much of a meter was counted."""
        return self.usage.stated.get(meter, 0)


def in_home(amount: Decimal, currency: str, exchanges: Sequence[Exchange]) -> Fraction | None:
    """The amount in USD; None without an exchange rate."""
    if currency == HOME or not amount:
        return Fraction(amount)
    found = exchange(exchanges, currency, HOME)
    return None if found is None else Fraction(amount) * found[0]
