"""Who sells a model: one offering a seller, ranked for the workload, and the other ids under which it is sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.quotes.hours import HourTotal
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.behind_rows import behind_rows
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem, item_of
from llmpricing.services.catalogue.model_list import SHELVES, shelf
from llmpricing.services.catalogue.row_hours import PricedHours, hours_in_row
from llmpricing.services.catalogue.row_steps import DearerStep, step_in_row
from llmpricing.services.catalogue.same_model import sellers_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_hours import CostBounds
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.known_then import costs_then
from llmpricing.web.site.workload import month_bounds, month_hours, month_total, weighing


@dataclass(frozen=True, slots=True)
class RankedSeller:
    """A seller of the model with its offering; ``total`` is what the workload costs there, None where nobody knows."""

    item: OfferingItem
    total: Decimal | None
    by_hours: tuple[HourTotal, ...]  # of the total, where that goes by the hour
    bounds: CostBounds | None  # between what it lies, where it depends on what the month does not state
    hours: tuple[PricedHours, ...]  # of its prices, where they are not those of all hours
    is_this: bool
    step: DearerStep | None  # of its context, from which on a request is dearer


@dataclass(frozen=True, slots=True)
class Sellers:
    """The ranking: paid sellers first, then those behind the list's switches. ``total`` is that of the offering asked
    for, ``others`` are rows of tiers, places and snapshots, which are no sellers of their own.
    """

    ranked: list[RankedSeller]
    total: Decimal | None
    by_hours: tuple[HourTotal, ...]
    bounds: CostBounds | None
    others: list[Any]

    @property
    def has_unpaid(self) -> bool:
        """Whether some of the ranking stand below, as the list has them behind a switch."""
        return any(shelf(one.item) != SHELVES[0] for one in self.ranked)


def rank_sellers(
    request: Request, clocks: Clocks, workload: Workload, model: SoldModel, slug: str, stands_on: StandsOn
) -> Sellers:
    """The sellers of the model that the offering ``slug`` is of."""
    shown = _one_each(sellers_of(model), slug, workload)
    behind = behind_rows(request.reads, clocks, [row.number for row in shown], stands_on)
    items = {row.id: item_of(row, behind[row.number], clocks.as_of) for row in shown}
    states = {row.id: row.price_state for row in model.rows}
    own = [row for row in model.rows if row.id == slug]
    asked = list({row.id: row for row in (*own, *shown)}.values())
    costs = costs_then(request, clocks, workload, asked, stands_on)
    totals = {row.id: month_total(states[row.id], costs.get(row.id)) for row in asked}
    places = {row.id: SHELVES.index(shelf(row)) for row in shown}
    ranked = [
        RankedSeller(
            items[row.id],
            totals[row.id],
            month_hours(totals[row.id], costs.get(row.id)),
            month_bounds(states[row.id], costs.get(row.id)),
            hours_in_row(behind[row.number], clocks.as_of),
            row.id == slug,
            step_in_row(behind[row.number], clocks.as_of, row.context_window),
        )
        for row in shown
    ]

    def rank(one: RankedSeller) -> tuple[Any, ...]:
        item = one.item
        return places[item.id], one.total is None, one.total or 0, not model.is_makers(item), item.id

    ranked.sort(key=rank)
    kept = {row.id for row in shown}
    by_hours = month_hours(totals[slug], costs.get(slug))
    return Sellers(
        ranked,
        totals[slug],
        by_hours,
        month_bounds(states[slug], costs.get(slug)),
        [row for row in model.rows if row.id not in kept],
    )


def _one_each(rows: Sequence[Any], slug: str, workload: Workload) -> list[Any]:
    """Of each seller the offering asked for, or the one that is cheapest for the workload."""
    weigh, found = weighing(workload), dict[str, Any]()

    def cheapness(row: Any) -> tuple[Any, ...]:
        cost = weigh(row)
        return row.id != slug, SHELVES.index(shelf(row)), cost is None, cost or 0, len(row.id), row.id

    for row in sorted(rows, key=cheapness):
        found.setdefault(row.provider, row)
    return list(found.values())
