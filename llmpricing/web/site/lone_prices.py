"""Prices that lead an order by what they cost, though one list alone states them and all other sellers ask far more."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llmpricing.services.catalogue.model_list import ModelRow
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.web.site.workload import month_total

_FAR = Decimal("1.5")  # times as much as the shown month: what no usual discount of a seller explains


def is_by_cost(order: str) -> bool:
    """Whether this order of the list puts what costs least first."""
    return order == "month" or order in BASE_METERS


def far_above(row: ModelRow, costs: Mapping[str, WorkloadCost]) -> Decimal | None:
    """The least in USD that another seller asks for the month, where that is far above what the shown one asks."""
    mine = _total(row.shown, costs)
    others = [_total(one, costs) for one in row.rivals if one.provider != row.shown.provider]
    known = [total for total in others if total is not None]
    return min(known) if mine and known and min(known) >= mine * _FAR else None


def _total(row: Any, costs: Mapping[str, WorkloadCost]) -> Decimal | None:
    return month_total(row.price_state, costs.get(row.id))
