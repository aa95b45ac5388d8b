"""What the month costs at each offering of a list, by which the list is put in order and each model is shown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.model_list import PRICED, ModelFilter, shelf
from llmpricing.services.catalogue.shown_offering import Between, Weigh, nobody_knows
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.known_then import costs_then
from llmpricing.web.site import display
from llmpricing.web.site.workload import month_between, month_total


def month_costs(
    request: Request,
    clocks: Clocks,
    workload: Workload,
    models: Iterable[SoldModel],
    kind: str | None,
    stands_on: StandsOn,
) -> Weigh:
    """The month at each paid offering of these models of a kind, None: of all; as it is written, so that who asks the
    same on the page asks the same.
    """
    rows = [row for model in models if kind in (None, model.kind) for row in model.rows if shelf(row) == PRICED]
    costs = costs_then(request, clocks, workload, rows, stands_on)
    totals = {row.id: as_written(month_total(row.price_state, costs.get(row.id))) for row in rows}
    return lambda row: totals.get(row.id)


def bounded_month(
    request: Request,
    clocks: Clocks,
    workload: Workload,
    models: Iterable[SoldModel],
    wanted: ModelFilter,
    stands_on: StandsOn,
) -> Between:
    """The month by which offerings of these models are within ``wanted.max_month``; it is that of all
    of them, since the list counts what passes of every kind and behind every switch.
    """
    if wanted.max_month is None:
        return nobody_knows
    rows = [row for model in models for row in model.rows]
    costs = costs_then(request, clocks, workload, rows, stands_on)
    return lambda row: month_between(row.price_state, costs.get(row.id))


def as_written(total: Decimal | None) -> Decimal | None:
    """A month to the digits that pages write of it."""
    return None if total is None else display.rounded(total)


def column_cost(name: str) -> Weigh:
    """The price of a column in USD."""

    def cost(row: Any) -> Decimal | None:
        return getattr(row, name) if row.currency == "USD" else None

    return cost
