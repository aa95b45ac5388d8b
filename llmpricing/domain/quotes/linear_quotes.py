"""What quotes of requests of one kind say in USD, as numbers to multiply with: totals, states and codes of warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from llmpricing.domain.prices import OtherReason
from llmpricing.domain.quotes.allocation import Allocation
from llmpricing.domain.quotes.context import Context, ContextError
from llmpricing.domain.quotes.line_evidence import CODES
from llmpricing.domain.quotes.linear import Linear, allocations, default_ones, form_of, placed, steps
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.other_totals import differs
from llmpricing.domain.quotes.unit_rates import PriceDataError
from llmpricing.domain.usage.quantities import Quantity, Usage

_HOME = frozenset({"USD"})


class LinearQuote(NamedTuple):
    """What a quote says of requests with the same keys, prices and step, whatever they count: ``cost`` gives its total,
    None where it has none, and ``codes`` are those of the warnings that each of them has. ``others`` are what they
    would cost by another list, a change or a waiting value, with the reason: a warning where that is another total.
    """

    cost: Linear | None
    state: str
    codes: tuple[Code, ...]
    others: tuple[tuple[OtherReason, Linear], ...] = ()

    def total(self, leaves: Sequence[Quantity]) -> int | None:
        """The total in units of 1e-12 USD."""
        return None if self.cost is None else self.cost.units(leaves)

    def warned(self, total: int | None, leaves: Sequence[Quantity]) -> tuple[Code, ...]:
        """The codes of the warnings beside this ``total`` of the leaves, in the order of a quote."""
        if not self.others:
            return self.codes
        found = (CODES[reason] for reason, cost in self.others if differs(reason, total, cost.units(leaves)))
        return tuple(dict.fromkeys((*self.codes, *found)))


def kind_steps(prices: OfferingPrices, at: datetime) -> list[int]:
    """Numbers of input tokens of a request between which a quote says the same, of what else it might cost too."""
    beside = [one for _, one in prices.alternatives(at)] if prices.is_doubted else []
    return sorted({step for one in (prices, *beside) for step in steps(one)})


class _NotLinear(Exception):
    """Each request must be quoted by itself."""


def linear_quote(prices: OfferingPrices, usage: Usage, at: datetime, context: Context) -> LinearQuote | None:
    """What a quote in USD says of requests like this one by list prices; None where it takes a quote to tell, as in
    another currency, by bands and minimums, and where facts left open decide. What ``usage`` tells beside its counts
    does not count, nor that it may sum up requests on two sides of a step.
    """
    try:
        decided = placed(prices, at, context)
        if decided is None or usage.overlaps:
            return None
        cost, told = _cost(prices, usage, at, decided)
        if told is None:
            return None
        others = tuple(_others(prices, usage, at, decided)) if prices.is_doubted else ()
    except (_NotLinear, ContextError, PriceDataError):
        return None
    return LinearQuote(cost, told.state, _codes(told), others)


def _others(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context
) -> Iterator[tuple[OtherReason, Linear]]:
    for alternative, beside in prices.alternatives(at):
        if alternative.reason is OtherReason.BOUND:
            continue
        try:
            cost, _ = _cost(beside, usage, at, context)
        except (ContextError, PriceDataError):  # a bill by it is refused, and tells nothing
            continue
        if cost is not None:
            yield alternative.reason, cost


def _cost(
    prices: OfferingPrices, usage: Usage, at: datetime, context: Context
) -> tuple[Linear | None, Allocation | None]:
    """The cost, None where nobody knows it, and the allocation whose state and warnings a quote tells, None where the
    tier is refused. Raises _NotLinear.
    """
    cases = allocations(prices, usage, at, context)
    if not cases:
        return None, None
    found = default_ones(cases, prices)
    if not found:
        first = cases[0][1]
        if {entry.unit_rates[0].currency for entry in first.entries} <= _HOME:
            return None, first
        raise _NotLinear
    told = {(form_of(one, usage.keys), one.state, _codes(one)) for one in found}
    form = next(iter(told))[0]
    if len(told) > 1 or form is None or not form.currencies <= _HOME:
        raise _NotLinear
    return form.linear, found[0]


def _codes(allocation: Allocation) -> tuple[Code, ...]:
    return tuple(dict.fromkeys(notice.code for notice in allocation.warnings))
