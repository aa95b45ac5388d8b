"""From how long a request on the prices of a row of the list are dearer than the row says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.domain.quotes.unit_rates import least_input
from llmpricing.services.catalogue.price_evidence import prices_with_stood_on
from llmpricing.services.catalogue.row_codes import prices_behind_rows
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import Reads

_MILLION = 10**6


@dataclass(frozen=True, slots=True)
class DearerStep:
    """The first context step with a price above the row's: from ``tokens`` of input a request on, and by meter what
    costs more then, in ``currency`` for a million tokens.
    """

    tokens: int
    currency: str
    per_mtok: Mapping[str, Decimal]


def steps_in_rows(
    reads: Reads, clocks: Clocks, offerings: Collection[int], standing: StandsOn
) -> dict[int, DearerStep]:
    """The step of each of these offerings, by number, that has one. Two statements, none for no offerings."""
    if not offerings:
        return {}
    numbers = {*offerings, *(standing[one].number for one in offerings if one in standing)}
    prices, others = prices_behind_rows(reads, clocks, numbers)
    found = {}
    for offering in offerings:
        own, _ = prices_with_stood_on(prices, others, offering, standing.get(offering))
        if step := _first_dearer([p for p in own if p.state is State.PRICED and p.valid_at(clocks.as_of)]):
            found[offering] = step
    return found


def _first_dearer(prices: Iterable[Price]) -> DearerStep | None:
    prices = list(prices)
    base = {price.meter: price for price in prices if price.conditions == BASE}
    by_bound: dict[int, list[Price]] = {}
    for price in prices:
        step, usual = price.conditions.step, base.get(price.meter)
        is_alike = step and price.meter in BASE_METERS.values() and replace(price.conditions, step=None) == BASE
        if step and is_alike and usual and price.currency == usual.currency and _per_mtok(price) > _per_mtok(usual):
            by_bound.setdefault(least_input(step), []).append(price)
    if not by_bound:
        return None
    first = min(by_bound)
    dearer = {price.meter: _per_mtok(price) for price in by_bound[first]}
    ordered = {meter: dearer[meter] for meter in BASE_METERS.values() if meter in dearer}
    return DearerStep(first, by_bound[first][0].currency, ordered)


def _per_mtok(price: Price) -> Decimal:
    return (price.amount or Decimal(0)) * _MILLION / price.per
