"""What tokens and requests cost at an offering, as numbers to multiply with: found once, for any workload."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.names.matching import Resolution
from llmpricing.domain.quotes.charges import money
from llmpricing.domain.quotes.context import UNSTATED, Context
from llmpricing.domain.quotes.hours import hours_of_week
from llmpricing.domain.quotes.linear import steps
from llmpricing.domain.quotes.linear_quotes import LinearQuote, kind_steps, linear_quote
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.places_of_a_name import possible
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_of
from llmpricing.services.quotes.terms import terms_at
from llmpricing.services.quotes.workload_hours import ANY_HOUR, Hours, WorkloadCost, over_hours

_FALLBACK = "fallback"  # the rule of a name that stands for another seller's


class WorkloadPart(NamedTuple):
    """What of a workload is sent at one service tier, None: at none that is stated."""

    usage: Usage
    tier: str | None


class _PartQuote(NamedTuple):
    """What a quote of a part at one hour says: its total, None where it has none, state, and codes of warnings."""

    total: Decimal | None
    state: str
    codes: tuple[str, ...]


_QuotedKind = tuple[tuple[str, ...], int, str | None]  # what is counted, between which steps, at which tier


@dataclass(frozen=True, slots=True)
class WorkloadPlan:
    """The prices of an offering at one time with the ``hours`` of a week that they tell apart, and what quotes by them
    say between ``bounds`` of a request's input, some of which are ``steps`` of the prices: ``quotes`` are filled as
    they are met, one an hour, None where requests of the kind must be quoted.
    """

    offering: str
    prices: OfferingPrices
    context: Context
    at: datetime
    hours: Hours
    steps: tuple[int, ...]
    bounds: tuple[int, ...]
    quotes: dict[_QuotedKind, tuple[LinearQuote, ...] | None]

    def cost(self, parts: Sequence[WorkloadPart], *, has_batch: bool | None) -> WorkloadCost | None:
        """What quotes in USD of these parts say together, spread over a week; None where it takes quotes to tell."""
        said = [self._said(*part) for part in parts]
        known = [of_hours for of_hours in said if of_hours is not None]
        if len(known) < len(said):
            return None
        costs = [self._together(of_hour, has_batch) for of_hour in zip(*known, strict=True)]
        return over_hours(costs, [minutes for _, minutes in self.hours])

    def _together(self, parts: Sequence[_PartQuote], has_batch: bool | None) -> WorkloadCost:
        totals = [one.total for one in parts if one.total is not None]
        total = sum(totals, Decimal(0)) if len(totals) == len(parts) else None
        codes = parts[0].codes if len(parts) == 1 else tuple(dict.fromkeys(code for one in parts for code in one.codes))
        return WorkloadCost(self.offering, total, total, "USD", parts[-1].state, has_batch, codes)

    def _said(self, usage: Usage, tier: str | None) -> list[_PartQuote] | None:
        """What quotes of one part say, at each hour."""
        quotes = self._quotes(usage, tier)
        if quotes is None:
            return None
        sides = self._sides(usage, tier)
        found = []
        for place, quote in enumerate(quotes):
            total = quote.total(usage.leaves)
            codes: tuple[str, ...] = quote.warned(total, usage.leaves)
            if sides is None or (sides and total is None):
                return None
            if len({total, *(side[place].total(usage.leaves) for side in sides)} - {None}) > 1:
                codes = tuple(dict.fromkeys((*codes, Code.AGGREGATE)))
            found.append(_PartQuote(None if total is None else money(total), quote.state, codes))
        return found

    def _sides(self, usage: Usage, tier: str | None) -> list[tuple[LinearQuote, ...]] | None:
        """The same quotes on each side of the steps across which single requests may lie; None where one is needed."""
        inputs = usage.sides(self.steps) if self.steps and usage.requests > 1 else ()
        sides = [self._quotes(usage._replace(request_input=each), tier) for each in inputs]
        known = [one for one in sides if one is not None]
        return known if len(known) == len(sides) else None

    def _quotes(self, usage: Usage, tier: str | None) -> tuple[LinearQuote, ...] | None:
        kind = (usage.keys, bisect_right(self.bounds, usage.request_input), tier)
        if kind not in self.quotes:
            context = self.context._replace(service_tier=tier)
            made = [linear_quote(self.prices, usage, self.at, context._replace(hour=hour)) for hour, _ in self.hours]
            known = tuple(one for one in made if one is not None)
            self.quotes[kind] = known if len(known) == len(made) else None
        return self.quotes[kind]


_plans: Memory[tuple[str, int, Clocks, bool], dict[str, WorkloadPlan | None]] = Memory(
    4, lambda plans: 1_000 * len(plans)
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
        context, slug = prices.placed(UNSTATED, regions[number]), numbers[number]
        hours, at = hours_of_week(prices, clocks.as_of) or ANY_HOUR, clocks.as_of
        bounds = tuple(steps(prices)), tuple(kind_steps(prices, at))
        found[slug] = WorkloadPlan(slug, prices, context, at, hours, *bounds, {})
    return found
