"""What a quote would warn of, by the prices that a row of the list shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import State
from llmpricing.domain.prices import OtherReason, Price
from llmpricing.domain.publishing.publish import PINNED
from llmpricing.domain.quotes.line_evidence import codes_of, waiting_for
from llmpricing.services.catalogue.behind_rows import BehindRow
from llmpricing.services.catalogue.row_columns import BASE_METERS

_OF_OTHER_LISTS = (OtherReason.AGREEMENT, OtherReason.DISAGREEMENT)


def codes_of_row(row: BehindRow, at: datetime) -> list[str]:
    """What a quote by the prices that a row shows would say of them; where it shows none, by all of the offering."""
    listed = [price for price in row.prices if price.valid_at(at)]
    return [code.value for code in codes_of(_shown(row.prices, at), listed, row.others, at)]


def is_stated_once(row: BehindRow, at: datetime) -> bool:
    """Whether one list alone states the prices that a row shows: none beside it says the same or otherwise."""
    shown = {price.meter for price in _shown(row.prices, at) if price.source != PINNED}
    return bool(shown) and not any(
        other.price.meter in shown and other.price.valid_at(at) and other.reason in _OF_OTHER_LISTS
        for other in row.others
    )


def waiting_in_row(row: BehindRow, at: datetime) -> Mapping[str, tuple[tuple[str, Decimal | None], ...]]:
    """By meter what newer values that wait for a decision ask in the place of the base prices that a row shows."""
    of_base = (price for price in _shown(row.prices, at) if price.conditions == BASE)
    asked = ((price.meter, waiting_for(price, row.others, at)) for price in of_base)
    return {meter: waiting for meter, waiting in asked if waiting}


def _shown(prices: Sequence[Price], at: datetime) -> list[Price]:
    """The prices of the row's columns; all where it has none."""
    charged = [p for p in prices if p.state in (State.PRICED, State.FREE) and p.valid_at(at)]
    columns = BASE_METERS.values()
    return [p for p in charged if p.conditions == BASE and p.meter in columns] or charged
