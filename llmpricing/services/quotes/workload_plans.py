"""What tokens and requests cost at an offering, as numbers to multiply with: found once, for any workload."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.names.matching import Resolution
from llmpricing.domain.quotes.charges import money
from llmpricing.domain.quotes.context import UNSTATED, Context
from llmpricing.domain.quotes.hours import HourClass, HourTotal, by_cost, hours_of_week, spread
from llmpricing.domain.quotes.linear import Linear, linear_forms, steps
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.places_of_a_name import possible
from llmpricing.domain.quotes.unit_rates import PriceDataError
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_of
from llmpricing.services.quotes.terms import terms_at
from llmpricing.services.quotes.workload_hours import CostBounds

_FALLBACK = "fallback"  # the rule of a name that stands for another seller's


class WorkloadTotal(NamedTuple):
    """What a workload costs at an offering; ``total`` is None where nobody says. Where prices go by the hour it is that
    of usage spread evenly over a week, and ``by_hours`` what all of it would cost in each of its hours; ``bounds`` are
    between what it lies where it depends on what nobody stated.
    """

    total: Decimal | None
    currency: str | None
    by_hours: tuple[HourTotal, ...] = ()
    bounds: CostBounds | None = None


@dataclass(frozen=True, slots=True)
class WorkloadPlan:
    """The prices of an offering at one time, and what they come to in ``linear``, by what is counted and between which
    ``bounds`` the mean request lies: filled as it is met, None where it must be quoted. Each stands with the minutes of
    a week in which it holds.
    """

    prices: OfferingPrices
    context: Context
    bounds: tuple[int, ...]
    linear: dict[tuple[tuple[str, ...], int], tuple[tuple[Linear, int], ...] | None]

    def cost(self, usage: Usage, clocks: Clocks) -> WorkloadTotal | None:
        """The total that a quote has, in USD; None where it takes a quote to tell."""
        kind = (usage.keys, bisect_right(self.bounds, usage.request_input))
        if kind not in self.linear:
            self.linear[kind] = _linear(self.prices, self.context, usage, clocks)
        linear = self.linear[kind]
        if linear is None:
            return None
        totals = [HourTotal(money(one.units(usage.leaves)), minutes) for one, minutes in linear]
        return WorkloadTotal(spread(totals), "USD", by_cost(totals))


_plans: Memory[tuple[str, int, Clocks, bool], dict[str, WorkloadPlan | None]] = Memory(
    4, lambda plans: 800 * len(plans)
)


def plans_of(
    reads: Reads, book: BookState, clocks: Clocks, offerings: Iterable[str], *, with_rates: bool
) -> Mapping[str, WorkloadPlan | None]:
    """The plans of these offerings by id, and of others; None of one that must be quoted, whatever is asked."""
    known = _plans.remember((book.book, book.version, clocks, with_rates), dict)
    if missing := [slug for slug in dict.fromkeys(offerings) if slug not in known]:
        known.update(_made(reads, book, clocks, missing, with_rates=with_rates))
    return known


def _made(
    reads: Reads, book: BookState, clocks: Clocks, slugs: Iterable[str], *, with_rates: bool
) -> dict[str, WorkloadPlan | None]:
    """A plan of each that is nothing but itself, by list prices: a name without a place has several."""
    names, terms = names_of(reads, book), terms_at(reads, book.book, clocks.known_at)
    read = names.at(clocks)
    found: dict[str, WorkloadPlan | None] = {}
    regions: dict[int, str] = {}
    numbers: dict[int, str] = {}
    for slug in slugs:
        found[slug], meaning = None, read(slug, None)
        if not isinstance(meaning, Resolution) or meaning.rule == _FALLBACK or possible(meaning):
            continue
        one = names.offerings[meaning.slug]
        if meaning.slug == slug and not (with_rates and terms.rates(one.provider, one.api_id)):
            numbers[one.id], regions[one.id] = slug, meaning.region
    for number, prices in prices_of(reads, book, clocks.known_at, numbers).items():
        context = prices.placed(UNSTATED, regions[number])
        found[numbers[number]] = WorkloadPlan(prices, context, tuple(steps(prices)), {})
    return found


def _linear(
    prices: OfferingPrices, context: Context, usage: Usage, clocks: Clocks
) -> tuple[tuple[Linear, int], ...] | None:
    """What requests like this one cost in the hours of a week; None where that is not one sum in USD each."""
    hours = hours_of_week(prices, clocks.as_of) or (HourClass(clocks.as_of, 1),)
    found = [(_linear_at(prices, context._replace(hour=hour), usage, clocks), minutes) for hour, minutes in hours]
    known = tuple((one, minutes) for one, minutes in found if one is not None)
    return known if len(known) == len(found) else None


def _linear_at(prices: OfferingPrices, context: Context, usage: Usage, clocks: Clocks) -> Linear | None:
    """What they cost at one hour; None where that is not one sum in USD, or leaves out what is not offered."""
    try:
        forms = set(linear_forms(prices, usage, clocks.as_of, context))
    except PriceDataError:
        return None
    form = forms.pop() if len(forms) == 1 else None
    return form.linear if form and form.is_whole and form.currencies <= {"USD"} else None
