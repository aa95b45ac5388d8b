"""From how long a request on the prices of a row of the list are dearer than the row says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.unit_rates import least_input
from llmpricing.services.catalogue.behind_rows import BehindRow
from llmpricing.services.catalogue.row_columns import BASE_METERS

_MILLION = 10**6


@dataclass(frozen=True, slots=True)
class DearerStep:
    """The first context step with a price above the row's: from ``tokens`` of input a request on, and by meter what
    costs more then, in ``currency`` for a million tokens.
    """

    tokens: int
    currency: str
    per_mtok: Mapping[str, Decimal]


def step_in_row(row: BehindRow, at: datetime, window: int | None) -> DearerStep | None:
    """The step of a row, where it has one and requests so long are taken (``window`` None: nobody says how long)."""
    step = _first_dearer([p for p in row.prices if p.state in (State.PRICED, State.FREE) and p.valid_at(at)])
    return step if step and (window is None or step.tokens <= window) else None


def _first_dearer(prices: Sequence[Price]) -> DearerStep | None:
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
