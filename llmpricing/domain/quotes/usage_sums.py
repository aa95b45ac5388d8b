"""Usage summed into the few numbers that prices need: what every price treats alike is multiplied once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from llmpricing.domain.quotes.allocation import REQUESTS
from llmpricing.domain.quotes.context import Context, ContextError, Use
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, Terms, exchange
from llmpricing.domain.quotes.linear import BoundForm, LinearForm, bound_forms, linear_forms, steps
from llmpricing.domain.quotes.mistakes.audited_use import HOME
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.quotes.unit_rates import UNIT, PriceDataError
from llmpricing.domain.quotes.unstated import moments
from llmpricing.domain.quotes.why_unpriced import told_once, why_unpriced
from llmpricing.domain.usage.quantities import Quantity, Told, Usage
from llmpricing.domain.usage.wording import ParameterWords, in_python

_PLAIN = (None, Told())
_NOTHING: Mapping[str, Quantity] = MappingProxyType({})
Form = TypeVar("Form", LinearForm, BoundForm)


@dataclass
class UsageSum:
    """Requests that every price treats alike: the same meters and facts, on the same side of each step, in the same
    hours of each schedule. ``example`` is one of them, ``leaves`` their shares together, in the order of its keys.
    """

    example: Use
    records: int = 0
    leaves: list[Quantity] = field(default_factory=list)

    def add(self, usage: Usage) -> None:
        """Add a request."""
        self._add(usage.leaves, 1)

    def add_many(self, leaves: Sequence[Quantity], records: int) -> None:
        """Add so many requests, whose shares together are these."""
        self._add(leaves, records)

    def join(self, other: UsageSum) -> None:
        """Add the requests of another sum of the same kind."""
        self._add(other.leaves, other.records)

    def _add(self, leaves: Sequence[Quantity], records: int) -> None:
        self.records += records
        self.leaves = (
            [mine + more for mine, more in zip(self.leaves, leaves, strict=True)] if self.leaves else [*leaves]
        )


class SumCost(NamedTuple):
    """What a sum costs, in 1e-12 USD before rounding. Without a ``total`` it lies between ``low`` and ``high`` where
    these are known, and ``reason`` tells why. ``unknown`` is how much there is, by meter, of what nobody asks a known
    price for: the low bound holds nothing for it, and there is no high one.
    """

    total: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    reason: str = ""
    unknown: Mapping[str, Quantity] = _NOTHING


_NO_BOUNDS = SumCost()


def is_summable(usage: Usage) -> bool:
    """Whether its counts are all that decides its cost. Other usage is summed only with what is equal to it."""
    return usage.told in _PLAIN


def at_one_time(prices: OfferingPrices, at: datetime) -> OfferingPrices:
    """The prices of one time, as if they held at any: for usage of other times, whose own hours still count."""
    held = (
        replace(price, valid_from=None, valid_until=None, fresh_from=None, fresh_until=None)
        for price in prices.period(at).prices
    )
    return OfferingPrices(list(held), prices.offering)


def cost_of(
    prices: OfferingPrices,
    one: UsageSum,
    context: Context,
    terms: Terms,
    *,
    has_several: bool = False,
    words: ParameterWords = in_python,
) -> SumCost:
    """What a sum costs by these prices; ``has_several``: each of its records sums up requests, of which some may lie
    beyond a step. Why it has no one cost is told in ``words``.
    """
    try:
        if not is_summable(one.example.usage):
            return _of_equals(prices, one, context, terms, words)
        usage, context = _as_told(prices, one.example.usage, context)
        asked = _AskedSum(prices, usage, one.example.at, context, terms.rates)
        found = _exact(asked.forms(linear_forms), one, terms.exchanges)
        if not found:
            bounds_alone = _bounds(asked, one, terms, has_several=has_several)
            return _unknown(prices, one, context, terms, words, bounds_alone)
        if None in found:
            return _unknown(prices, one, context, terms, words)
        known = [cost for cost in found if cost is not None]
        bounds = known
        if has_several:
            sides = _exact(asked.sides(linear_forms), one, terms.exchanges)
            bounds = [*known, *(cost for cost in sides if cost is not None)]
    except (ContextError, PriceDataError) as refusal:
        return SumCost(reason=str(refusal))
    if len(set(known)) > 1:
        return _unknown(prices, one, context, terms, words, SumCost(None, min(bounds), max(bounds)))
    return SumCost(known[0], min(bounds), max(bounds))


def _as_told(prices: OfferingPrices, usage: Usage, context: Context) -> tuple[Usage, Context]:
    """The usage without what it says itself of its tier and place, and the context with it, as a quote takes them."""
    if usage.service_tier and not context.service_tier and usage.service_tier in prices.tiers:
        context = context._replace(service_tier=usage.service_tier)
    if usage.region and not context.region:
        try:
            prices.place(usage.region)
            context = context._replace(region=usage.region)
        except ContextError:
            pass  # a place that nobody knows is warned of, and not counted
    return usage._replace(service_tier=None, region=None, told=None), context


class _AskedSum(NamedTuple):
    """Whose price is asked for, of what."""

    prices: OfferingPrices
    usage: Usage
    at: datetime
    context: Context
    rates: Sequence[ContractRate]

    def forms(self, forms_of: Callable[..., list[Form | None]]) -> Iterator[Form | None]:
        """The forms at all the times that it may have been."""
        prices, usage, at, context, rates = self
        times = [at] if context.time_known or not prices.has_clock else moments(prices, at)
        for time in times:
            yield from forms_of(prices, usage, time, context, rates)

    def sides(self, forms_of: Callable[..., list[Form | None]]) -> Iterator[Form | None]:
        """The forms on each side of a step that the whole of a record is large enough for."""
        reached: list[int] = [
            least for least in steps(self.prices) if least <= self.usage.stated.get("input_tokens", 0)
        ]
        for least in (0, *reached) if reached else ():
            yield from self._replace(usage=self.usage._replace(request_input=least)).forms(forms_of)


def _exact(forms: Iterable[LinearForm | None], one: UsageSum, exchanges: Sequence[Exchange]) -> list[Fraction | None]:
    """The costs in USD by each of the forms; None where there is none, or no exchange rate."""
    return [
        _in_home(form.currencies, form.linear.exact(one.leaves, one.records), exchanges) if form else None
        for form in forms
    ]


def _bounds(asked: _AskedSum, one: UsageSum, terms: Terms, *, has_several: bool = True) -> SumCost:
    """Between what a sum costs of which no form has a price for all: by what the rest costs, whichever form holds."""
    lows, highs, unknown = [], [], set()
    for form in (*asked.forms(bound_forms), *(asked.sides(bound_forms) if has_several else ())):
        if form is None:
            return SumCost()
        lows.append(_in_home(form.currencies, form.low.exact(one.leaves, one.records), terms.exchanges))
        high = form.high and form.high.exact(one.leaves, one.records)
        highs.append(None if high is None else _in_home(form.currencies, high, terms.exchanges))
        unknown |= form.unknown
    if not lows or None in lows:
        return SumCost()
    low = min(cost for cost in lows if cost is not None)
    keys, leaves = (*asked.usage.keys, REQUESTS), (*one.leaves, one.records)
    left_out = MappingProxyType({keys[place]: leaves[place] for place in sorted(unknown)})
    return SumCost(None, low, None if None in highs else max(cost for cost in highs if cost is not None), "", left_out)


def _in_home(currencies: frozenset[str], units: Fraction, exchanges: Sequence[Exchange]) -> Fraction | None:
    (currency,) = currencies or (HOME,)
    if currency == HOME or not units:
        return units
    worth = exchange(exchanges, currency, HOME)
    return None if worth is None else units * worth[0]


def _of_equals(prices: OfferingPrices, one: UsageSum, context: Context, terms: Terms, words: ParameterWords) -> SumCost:
    """The cost of requests that are equal in all that counts: that of one, so many times."""
    found = quote(prices, one.example.usage, one.example.at, context, terms._replace(currency=HOME))
    if found.total is not None:
        units = Fraction(found.total) * UNIT * one.records
        low, high = (
            Fraction(found.total if bound is None else bound) * UNIT * one.records for bound in (found.low, found.high)
        )
        return SumCost(units, low, high)
    alone = [
        _bounds(asked, UsageSum(one.example, one.records, [leaf * one.records for leaf in asked.usage.leaves]), terms)
        for asked in _asked_alone(prices, one.example, context, terms)
    ]
    bounds = added_costs(alone) if alone else _NO_BOUNDS
    if found.low is not None:
        least, most = (_times(end, one.records) for end in (found.low, found.high))
        bounds = SumCost(None, least, most)
    return _unknown(prices, one, context, terms, words, bounds)


def _times(amount: Decimal | None, records: int) -> Fraction | None:
    return None if amount is None else Fraction(amount) * UNIT * records


def _asked_alone(prices: OfferingPrices, use: Use, context: Context, terms: Terms) -> Iterator[_AskedSum]:
    """What is asked of each request of one answer; of none where some of it may cost nothing."""
    told = use.usage.told or Told()
    for part in () if told.by_subscription or told.included else told.parts or (use.usage,):
        usage, stated = _as_told(prices, part, context)
        yield _AskedSum(prices, usage, use.at, stated, terms.rates)


def _unknown(
    prices: OfferingPrices,
    one: UsageSum,
    context: Context,
    terms: Terms,
    words: ParameterWords,
    bounds: SumCost = _NO_BOUNDS,
) -> SumCost:
    """Why there is no one cost, by the quote of the example, beside what it lies between."""
    use = one.example
    found = quote(prices, use.usage, use.at, context, terms._replace(currency=HOME))
    if found.total is not None:
        return bounds._replace(reason="what it costs is not in proportion to what is used")
    return bounds._replace(reason=why_unpriced(found, words))


def added_costs(costs: Iterable[SumCost]) -> SumCost:
    """Several costs as one; without a total where one of them has none, for its reason."""
    found = list(costs)
    reasons = sorted({cost.reason for cost in found if cost.reason})[:3]  # whatever order they came in
    unknown: dict[str, Quantity] = {}
    for meter, quantity in (share for cost in found for share in cost.unknown.items()):
        unknown[meter] = unknown.get(meter, 0) + quantity
    total, low, high = (_sum([getattr(cost, name) for cost in found]) for name in ("total", "low", "high"))
    return SumCost(total, low, high, told_once(reasons), MappingProxyType(dict(sorted(unknown.items()))))


def _sum(amounts: Sequence[Fraction | None]) -> Fraction | None:
    """All of them; None where one of them is unknown."""
    return None if None in amounts else sum((one for one in amounts if one is not None), Fraction(0))
