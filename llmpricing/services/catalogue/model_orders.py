"""The orders of the list of models: by release, by name, by what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

from llmpricing.services.catalogue.model_list import ModelRow
from llmpricing.services.catalogue.row_columns import BASE_METERS

OrderFigures = Mapping[
    str, Any
]  # by offering what an order goes by that no row holds; those that nobody knows are left out
ModelOrder = Callable[[ModelRow, OrderFigures], Any]


def _column(name: str) -> ModelOrder:
    return lambda row, _: getattr(row.shown, name)


def _price_column(name: str) -> ModelOrder:
    return lambda row, _: getattr(row.shown, name) if row.shown.currency == "USD" else None


ORDERS: Mapping[str, ModelOrder] = {
    "released_on": lambda row, _: row.model.released_on or row.model.seen_since,
    "name": lambda row, _: row.model.name.lower(),
    "month": lambda row, costs: costs.get(row.shown.id),
    "unit": lambda row, prices: prices.get(row.shown.id),
    "sellers": lambda row, _: row.sellers,
    "id": _column("id"),
    **{name: _price_column(name) for name in BASE_METERS},
    **{name: _column(name) for name in ("context_window", "max_output_tokens", "price_since")},
}


def in_order(rows: Iterable[ModelRow], order: str, figures: OrderFigures) -> list[ModelRow]:
    """The rows in an order of ORDERS, ``-`` before it for descending; unknown values last, ties by name. ``figures``
    are the months, or the prices of units, where these put them in order.
    """
    value = ORDERS[order.removeprefix("-")]
    by_name = sorted(rows, key=lambda row: (row.model.name.lower(), row.shown.id))
    known = [(found, row) for row in by_name if (found := value(row, figures)) is not None]
    known.sort(key=itemgetter(0), reverse=order.startswith("-"))
    return [*(row for _, row in known), *(row for row in by_name if value(row, figures) is None)]
