"""Usage summed into the few numbers that prices need: what every price treats alike is multiplied once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from llmpricing.domain.quotes.context import Context, ContextError, Use
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, Terms, exchange
from llmpricing.domain.quotes.linear import LinearForm, linear_forms, steps
from llmpricing.domain.quotes.mistakes.audited_use import HOME
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.quotes.unit_rates import UNIT, PriceDataError
from llmpricing.domain.quotes.unstated import moments
from llmpricing.domain.usage.quantities import Quantity, Told, Usage

_PLAIN = (None, Told())


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
    these are known, and ``reason`` tells why.
    """

    total: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    reason: str = ""


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
    prices: OfferingPrices, one: UsageSum, context: Context, terms: Terms, *, has_several: bool = False
) -> SumCost:
    """What a sum costs by these prices; ``has_several``: each of its records sums up requests, of which some may lie
    beyond a step.
    """
    try:
        if not is_summable(one.example.usage):
            return _of_equals(prices, one, context, terms)
        usage, context = _as_told(prices, one.example.usage, context)
        found = _exact(_forms(prices, usage, one.example.at, context, terms.rates), one, terms.exchanges)
        if not found or None in found:
            return _unknown(prices, one, context, terms, [cost for cost in found if cost is not None])
        known = [cost for cost in found if cost is not None]
        if has_several:
            sides = _sides(prices, usage, one.example.at, context, terms.rates)
            bounds = [*known, *(cost for cost in _exact(sides, one, terms.exchanges) if cost is not None)]
        else:
            bounds = known
    except (ContextError, PriceDataError) as refusal:
        return SumCost(reason=str(refusal))
    if len(set(known)) > 1:
        return _unknown(prices, one, context, terms, bounds)
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


def _forms(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context, rates: Sequence[ContractRate]
) -> Iterator[LinearForm | None]:
    times = [at] if context.time_known or not prices.has_clock else moments(prices, at)
    for time in times:
        yield from linear_forms(prices, usage, time, context, rates)


def _sides(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context, rates: Sequence[ContractRate]
) -> Iterator[LinearForm | None]:
    """The forms on each side of a step that the whole of a record is large enough for."""
    reached = [least for least in steps(prices) if least <= usage.stated.get("input_tokens", 0)]
    for least in (0, *reached) if reached else ():
        yield from _forms(prices, usage._replace(request_input=least), at, context, rates)


def _exact(forms: Iterable[LinearForm | None], one: UsageSum, exchanges: Sequence[Exchange]) -> list[Fraction | None]:
    """The costs in USD by each of the forms; None where there is none, or no exchange rate."""
    return [_in_home(form, form.linear.exact(one.leaves, one.records), exchanges) if form else None for form in forms]


def _in_home(form: LinearForm, units: Fraction, exchanges: Sequence[Exchange]) -> Fraction | None:
    (currency,) = form.currencies or (HOME,)
    if currency == HOME or not units:
        return units
    worth = exchange(exchanges, currency, HOME)
    return None if worth is None else units * worth[0]


def _of_equals(prices: OfferingPrices, one: UsageSum, context: Context, terms: Terms) -> SumCost:
    """The cost of requests that are equal in all that counts: that of one, so many times."""
    found = quote(prices, one.example.usage, one.example.at, context, terms._replace(currency=HOME))
    if found.total is not None:
        units = Fraction(found.total) * UNIT * one.records
        low, high = (
            Fraction(found.total if bound is None else bound) * UNIT * one.records for bound in (found.low, found.high)
        )
        return SumCost(units, low, high)
    return _unknown(prices, one, context, terms, [])


def _unknown(
    prices: OfferingPrices, one: UsageSum, context: Context, terms: Terms, costs: Sequence[Fraction]
) -> SumCost:
    """Why there is no one cost, by the quote of the example, and what it lies between."""
    use = one.example
    found = quote(prices, use.usage, use.at, context, terms._replace(currency=HOME))
    reasons = [unpriced.reason for unpriced in found.unpriced]
    reasons += [f"the price depends on {name}, which is not stated" for name in found.missing]
    reasons += [] if found.total is None else ["what it costs is not in proportion to what is used"]
    reason = "; ".join(dict.fromkeys(reasons)) or f"the price is {found.state}"
    return SumCost(None, min(costs, default=None), max(costs, default=None), reason)
