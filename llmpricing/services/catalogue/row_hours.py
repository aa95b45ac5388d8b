"""Which hours of a week the prices of a row of the list are of, and what is asked in the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.hours import hours_of_week
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.services.catalogue.behind_rows import BehindRow
from llmpricing.services.catalogue.row_columns import BASE_METERS

_MILLION = 10**6


@dataclass(frozen=True, slots=True)
class PricedHours:
    """Hours of a week in which the same is asked: their ``minutes`` together, and by meter how much for a million
    tokens; ``is_shown``: that is what the row shows.
    """

    minutes: int
    per_mtok: Mapping[str, Decimal]
    is_shown: bool


def hours_in_row(row: BehindRow, at: datetime) -> tuple[PricedHours, ...]:
    """The hours that the prices of the row's columns tell apart, the cheapest first; none where they are one."""
    prices = [price for price in row.prices if _is_of_columns(price, at)]
    if not any(price.conditions.schedule for price in prices):
        return ()
    asked: dict[tuple[tuple[str, Decimal], ...], int] = {}
    for hour, minutes in hours_of_week(OfferingPrices(prices), at):
        found = _asked_at([price for price in prices if _runs(price, hour)])
        asked[found] = asked.get(found, 0) + minutes
    if len(asked) < 2:
        return ()
    shown = _asked_at([price for price in prices if price.conditions == BASE])
    ordered = sorted(asked, key=lambda found: sum(amount for _, amount in found))
    return tuple(PricedHours(asked[found], dict(found), found == shown) for found in ordered)


def _is_of_columns(price: Price, at: datetime) -> bool:
    when = price.conditions
    is_plain = when.series == BASE and when.step is None and price.meter in BASE_METERS.values()
    return is_plain and price.state in (State.PRICED, State.FREE) and price.valid_at(at)


def _runs(price: Price, hour: datetime) -> bool:
    schedule = price.conditions.schedule
    return schedule is None or schedule.contains(hour)


def _asked_at(prices: list[Price]) -> tuple[tuple[str, Decimal], ...]:
    """What is asked for each meter by these prices, that of a schedule before the base's, in the row's order."""
    best: dict[str, Price] = {}
    for price in sorted(prices, key=lambda price: price.conditions.specificity):
        best[price.meter] = price
    return tuple((meter, _per_mtok(best[meter])) for meter in BASE_METERS.values() if meter in best)


def _per_mtok(price: Price) -> Decimal:
    return (price.amount or Decimal(0)) * _MILLION / price.per
