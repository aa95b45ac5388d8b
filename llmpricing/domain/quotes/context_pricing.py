"""How requests of one context are priced in one stretch of time, also where facts were left open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from math import prod

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.meters import ancestors
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.allocation import REQUESTS, UNKNOWN
from llmpricing.domain.quotes.context import CURRENCY, NOT_STATED, REGION, Context, ContextError
from llmpricing.domain.quotes.contract_rates import ContractRate
from llmpricing.domain.quotes.periods import Period
from llmpricing.domain.quotes.price_selection import PriceSelection
from llmpricing.domain.quotes.unit_rates import remembered

MOST_VARIANTS = 2000

StatedFacts = tuple[tuple[str, str | None], ...]
Variant = tuple[StatedFacts, PriceSelection]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing at all can be priced: the quote's state and the reason."""

    state: str
    reason: str


class ContextPricing:
    """How requests of one context are priced in one period: at once, or in variants for the facts it left open."""

    def __init__(
        self, period: Period, context: Context, clock: tuple[bool, ...], rates: tuple[ContractRate, ...]
    ) -> None:
        self._period, self._context, self._rates = period, context, rates
        self._tier = context.service_tier or STANDARD
        active = {s.key for s, is_on in zip(period.schedules, clock, strict=True) if is_on}
        self._prices = [price for price in period.prices if self._may_apply(price, active)]
        self.refusal = self._refusal()
        self._selections: dict[StatedFacts, PriceSelection] = {}
        self._variants: dict[tuple[str, ...], tuple[Variant, ...]] = {}

    def _may_apply(self, price: Price, active: set[str]) -> bool:
        """Whether the price's conditions are met by what was stated."""
        asked, stated = price.conditions, dict(self._context.extra)
        return (
            asked.service_tier in (STANDARD, self._tier)
            and (not asked.schedule or asked.schedule.key in active)
            and (not asked.region or self._context.region in (None, asked.region))
            and all(stated.get(name, STANDARD if name == CURRENCY else value) == value for name, value in asked.extra)
        )

    def _refusal(self) -> Refusal | None:
        tier = self._tier
        if tier == STANDARD:
            return None
        now = [p for p in self._period.prices if p.conditions.service_tier == tier]
        if any(p.state is not State.NOT_OFFERED for p in now):
            return None
        ever = [p for p in self._period.listed if p.conditions.service_tier == tier]
        if now:
            return Refusal(State.NOT_OFFERED, f"service tier {tier} is not offered")
        if not ever:
            return Refusal(UNKNOWN, f"no list names tier {tier} of this offering")
        return Refusal(UNKNOWN, self._period.absence(ever, f"service tier {tier}"))

    def variants(self, keys: tuple[str, ...]) -> tuple[Variant, ...]:
        """The selections that may price these meters, one if all facts they depend on were stated."""
        variants = self._variants.get(keys)
        if variants is None:
            variants = remembered(self._variants, keys, lambda: self._make_variants(keys))
        return variants

    def _make_variants(self, keys: tuple[str, ...]) -> tuple[Variant, ...]:
        counting = {REQUESTS, *keys, *(slug for key in keys for slug in ancestors(key))}
        values: dict[str, set[str]] = {}
        for price in self._prices:
            if price.meter in counting:
                for name, value in self._open(price):
                    values.setdefault(name, set()).add(value)
        if prod(len(known) + 1 for known in values.values()) > MOST_VARIANTS:
            widest = max(values, key=lambda name: len(values[name]))
            raise ContextError(widest, NOT_STATED, values[widest])
        choices = [[(name, value) for value in (None, *sorted(known))] for name, known in sorted(values.items())]
        return tuple((facts, self._selection(facts)) for facts in product(*choices))

    def _open(self, price: Price) -> Iterable[tuple[str, str]]:
        """The facts that the price asks for and that were not stated."""
        if price.conditions.region and not self._context.region:
            yield REGION, price.conditions.region
        stated = dict(self._context.extra)
        yield from ((name, value) for name, value in price.conditions.extra if name not in stated)

    def _selection(self, facts: StatedFacts) -> PriceSelection:
        assumed = dict(facts)
        prices = [p for p in self._prices if all(assumed.get(name) == value for name, value in self._open(p))]
        period = self._period
        return remembered(
            self._selections,
            facts,
            lambda: PriceSelection(prices, self._rates, period.reason, period.doubts, period.offering),
        )
