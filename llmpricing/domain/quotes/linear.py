"""Requests of one kind are priced alike: their cost is one integer combination of their shares, found once for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import lcm
from typing import NamedTuple, cast

from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.allocation import UNKNOWN, Allocation, BillEntry
from llmpricing.domain.quotes.assumed import by_default
from llmpricing.domain.quotes.context import UNSTATED, Context
from llmpricing.domain.quotes.context_pricing import StatedFacts
from llmpricing.domain.quotes.contract_rates import ContractRate
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.traced import Traced
from llmpricing.domain.quotes.unit_rates import least_input
from llmpricing.domain.quotes.unstated import moments
from llmpricing.domain.usage.quantities import Quantity, Usage

_WHOLE = (int, Traced)


@dataclass(frozen=True, slots=True)
class Linear:
    """(``fixed`` + the sum of coefficient x share) / ``divisor`` units of 1e-12; shares in the order of their keys."""

    coefficients: tuple[int, ...]
    fixed: int
    divisor: int

    def units(self, leaves: Sequence[Quantity]) -> int:
        """The cost of these shares in whole units, half even, as a quote's total is."""
        if self.divisor == 1 and all(type(leaf) in _WHOLE for leaf in leaves):
            return self.fixed + sum([c * cast(int, leaf) for c, leaf in zip(self.coefficients, leaves, strict=True)])
        return round(self.exact(leaves))

    def exact(self, leaves: Sequence[Quantity], requests: int = 1) -> Fraction:
        """The cost of the shares of so many requests together, before it is rounded."""
        products = (Fraction(c) * Fraction(leaf) for c, leaf in zip(self.coefficients, leaves, strict=True))
        return sum(products, Fraction(self.fixed * requests)) / self.divisor


@dataclass(frozen=True, slots=True)
class RequestKind:
    """What is common to requests with the same keys, pricing and steps: their ``linear`` cost, or that all are
    ``refused`` for the same reason. Neither: each must be quoted by itself. ``meters`` are those whose prices bill.
    """

    linear: Linear | None = None
    refused: bool = False
    meters: frozenset[str] = frozenset()


def request_kind(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context = UNSTATED, rates: Sequence[ContractRate] = ()
) -> RequestKind:
    """How requests like this one are priced; ``rates`` are those of quote()'s terms. Raises as quote() does."""
    found = default_ones(_allocations(prices, usage, at, context, rates), prices)
    forms = {form_of(allocation, usage.keys) for allocation in found}
    if not forms:
        return RequestKind(refused=True)
    form = forms.pop()
    if form is None or forms:
        return RequestKind()
    return RequestKind(form.linear, meters=frozenset(entry.meter for one in found for entry in one.entries))


class LinearForm(NamedTuple):
    """A linear cost in the currencies of its prices: none where nothing is charged."""

    currencies: frozenset[str]
    linear: Linear


def linear_forms(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context = UNSTATED, rates: Sequence[ContractRate] = ()
) -> list[LinearForm | None]:
    """What requests like this one may cost: a form for each way in which facts left open may turn out, None for one
    that is not linear; nothing where no price covers them. Raises as quote() does.
    """
    found = default_ones(_allocations(prices, usage, at, context, rates), prices)
    return [form_of(allocation, usage.keys) for allocation in found]


class BoundForm(NamedTuple):
    """What requests cost at least in the ``currencies`` of their prices, and at most where that is known; the least
    that is known of the shares at the places of ``unknown`` is nothing.
    """

    currencies: frozenset[str]
    low: Linear
    high: Linear | None
    unknown: frozenset[int]


def bound_forms(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context = UNSTATED, rates: Sequence[ContractRate] = ()
) -> list[BoundForm | None]:
    """What requests like this one cost at least, of which some share has no price: as linear_forms() tells it."""
    return [_bound_form(one, usage.keys) for _, one in _allocations(prices, usage, at, context, rates)]


def placed(prices: OfferingPrices, at: datetime, context: Context) -> Context | None:
    """The context with the region whose prices a stated place pays, as a quote takes it; None where the seller asks a
    price of its own there and no list has it.
    """
    if context.region:
        place = prices.place(context.region, at, context.asked_for)
        if place.is_apart:
            return None
        context = context._replace(region=place.region)
    return context._replace(asked_for="") if context.asked_for else context


def allocations(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context, rates: Sequence[ContractRate] = ()
) -> list[tuple[StatedFacts, Allocation]]:
    """How requests like this one of a ``placed`` context are billed, for each way in which facts left open may turn
    out; nothing where its tier is refused. Raises as quote() does.
    """
    listed = prices.pricing(at, context)
    if listed.refusal:
        return []
    own = tuple(rate for rate in rates if rate.valid_at(at))
    pricing = prices.pricing(at, context, own) if own else listed
    return [
        (facts, selection.allocation(usage.request_input, usage.keys))
        for facts, selection in pricing.variants(usage.keys)
    ]


def default_ones(cases: Sequence[tuple[StatedFacts, Allocation]], prices: OfferingPrices) -> list[Allocation]:
    """Those that have a price by what is usual where a fact is left open, else all that have one."""
    return _priced(by_default(cases, prices.defaults)) or _priced(cases)


def _allocations(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context, rates: Sequence[ContractRate]
) -> list[tuple[StatedFacts, Allocation]]:
    decided = placed(prices, at, context)
    return [] if decided is None else allocations(prices, usage, at, decided, rates)


def _priced(cases: Iterable[tuple[StatedFacts, Allocation]]) -> list[Allocation]:
    return [allocation for _, allocation in cases if allocation.state not in (UNKNOWN, State.NOT_OFFERED)]


def form_of(allocation: Allocation, keys: Sequence[str]) -> LinearForm | None:
    """Currency and linear cost of an allocation, None where it has none: bands, minimums, several currencies."""
    currencies = frozenset(entry.unit_rates[0].currency for entry in allocation.entries if entry.unit_rates[0].units)
    if len(currencies) > 1 or not all(map(_is_linear, allocation.entries)):
        return None
    return LinearForm(currencies, _linear(allocation, len(keys), {}))


def _linear(allocation: Allocation, keys: int, beside: Mapping[int, Fraction]) -> Linear:
    """The cost of the entries, and of the shares at other places at so much a unit each."""
    per = (entry.unit_rates[0].per for entry in allocation.entries)
    divisor = lcm(*per, *(worth.denominator for worth in beside.values()))
    rates = [0] * (keys + 1)
    for entry in allocation.entries:
        for place in entry.places:
            rates[place] = entry.unit_rates[0].units * (divisor // entry.unit_rates[0].per)
    for place, worth in beside.items():
        rates[place] = int(worth * divisor)
    *coefficients, fixed = rates
    return Linear(tuple(coefficients), fixed, divisor)


def _bound_form(allocation: Allocation, keys: Sequence[str]) -> BoundForm | None:
    """The bounds of an allocation, None where its entries have no linear cost or nothing is told of any share."""
    form = form_of(allocation, keys)
    if form is None or not (allocation.entries or allocation.unpriced):
        return None
    known = {
        share.place: share.bounds
        for share in allocation.unpriced
        if share.bounds and share.bounds.low and {share.bounds.currency} >= form.currencies
    }
    currencies = form.currencies or frozenset(one.currency for one in known.values() if one.currency)
    if len(currencies) > 1:
        return None
    low = _linear(allocation, len(keys), {place: one.low for place, one in known.items()})
    most = {place: one.high for place, one in known.items() if one.high is not None}
    is_bound = len(most) == len(allocation.unpriced)
    return BoundForm(
        currencies,
        low,
        _linear(allocation, len(keys), most) if is_bound else None,
        frozenset(share.place for share in allocation.unpriced) - known.keys(),
    )


def _is_linear(entry: BillEntry) -> bool:
    price = entry.unit_rates[0].price
    has_minimum = price is not None and bool(price.minimum_quantity)
    # Output comes after the whole input: of marginal bands only the last one met bills it.
    return not has_minimum and (len(entry.unit_rates) == 1 or METERS[entry.meter].direction != "input")


def turns(prices: OfferingPrices, rates: Sequence[ContractRate], days: Iterable[datetime]) -> list[datetime]:
    """Times between which one context's requests are all priced alike, by what else the prices might be too, on these
    UTC days (each its midnight).
    """
    ends = {bound for rate in rates for bound in (rate.valid_from, rate.valid_until) if bound is not None}
    found = {*prices.bounds, *ends}
    if prices.has_clock:
        for day in days:
            own = moments(prices, day)
            found.update(own)
            found.update(m for at in own for _, beside in prices.alternatives(at) for m in moments(beside, day))
    return sorted(found)


def steps(prices: OfferingPrices) -> list[int]:
    """Numbers of input tokens of a request between which its prices stay the same."""
    return sorted({least_input(step) for price in prices.prices if (step := price.conditions.step)})
