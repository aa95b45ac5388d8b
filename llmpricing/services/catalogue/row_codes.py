"""What a quote would warn of, by the prices that a row of the list shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import State
from llmpricing.domain.prices import OtherPrice, Price
from llmpricing.domain.quotes.line_evidence import codes_of, waiting_for
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.price_evidence import prices_with_stood_on
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookRead, Reads
from llmpricing.services.publishing.published_prices import prices_at


def codes_of_rows(reads: Reads, clocks: Clocks, offerings: Collection[int], standing: StandsOn) -> dict[int, list[str]]:
    """By offering what a quote by the prices that its row shows would say of them; where it shows none, by all prices
    of the offering. Two statements for all offerings.
    """
    if not offerings:
        return {}
    numbers = {*offerings, *(standing[one].number for one in offerings if one in standing)}
    prices, others = prices_behind_rows(reads, clocks, numbers)
    found = {}
    for offering in offerings:
        own, beside = prices_with_stood_on(prices, others, offering, standing.get(offering))
        codes = codes_of(_shown(own, clocks.as_of), beside, clocks.as_of)
        found[offering] = [code.value for code in codes]
    return found


def waiting_in_rows(
    reads: Reads, clocks: Clocks, offerings: Collection[int], standing: StandsOn
) -> dict[int, dict[str, tuple[tuple[str, Decimal | None], ...]]]:
    """By offering and meter what newer values that wait for a decision ask in the place of the base prices that its
    row shows. Two statements, none for no offerings.
    """
    if not offerings:
        return {}
    numbers = {*offerings, *(standing[one].number for one in offerings if one in standing)}
    prices, others = prices_behind_rows(reads, clocks, numbers)
    found: dict[int, dict[str, tuple[tuple[str, Decimal | None], ...]]] = {}
    for offering in offerings:
        own, beside = prices_with_stood_on(prices, others, offering, standing.get(offering))
        of_base = (price for price in _shown(own, clocks.as_of) if price.conditions == BASE)
        asked = ((price.meter, waiting_for(price, beside, clocks.as_of)) for price in of_base)
        found[offering] = {meter: waiting for meter, waiting in asked if waiting}
    return found


def _shown(prices: Sequence[Price], at: datetime) -> list[Price]:
    """The prices of the row's columns; all where it has none."""
    charged = [p for p in prices if p.state in (State.PRICED, State.FREE) and p.valid_at(at)]
    columns = BASE_METERS.values()
    return [p for p in charged if p.conditions == BASE and p.meter in columns] or charged


_OF_BASE = ("above=", "from=", "schedule=")
BehindRows = tuple[Mapping[int, list[Price]], Mapping[int, list[OtherPrice]]]


@BookRead
def prices_behind_rows(book: PriceBook, clocks: Clocks, offerings: Collection[int]) -> BehindRows:
    """The prices that stand behind the list's columns, and what is kept beside them, of offerings that have such
    prices; of the others all.
    """
    prices, others = prices_at(book, offerings, clocks)
    with_columns = {
        offering
        for offering, found in prices.items()
        if any(p.conditions == BASE and _is_in_columns(p) and p.state in (State.PRICED, State.FREE) for p in found)
    }

    def is_behind(offering: int, price: Price) -> bool:
        return offering not in with_columns or _is_in_columns(price)

    return (
        {offering: [p for p in found if is_behind(offering, p)] for offering, found in prices.items()},
        {offering: [o for o in found if is_behind(offering, o.price)] for offering, found in others.items()},
    )


def _is_in_columns(price: Price) -> bool:
    key = price.conditions.key
    return price.meter in BASE_METERS.values() and (key == "" or key.startswith(_OF_BASE))
