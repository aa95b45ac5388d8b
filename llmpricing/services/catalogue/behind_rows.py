"""The prices that stand behind the rows of the list, read once for all that a page tells of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import State
from llmpricing.domain.prices import OtherPrice, Price
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.price_evidence import prices_with_stood_on
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookRead, Reads
from llmpricing.services.publishing.published_prices import prices_at

PricesRead = tuple[Mapping[int, list[Price]], Mapping[int, list[OtherPrice]]]
_OF_BASE = ("above=", "from=", "schedule=")


class BehindRow(NamedTuple):
    """The prices of a row's columns, all of an offering that has none of these, and what is kept beside them; those of
    the offering that it stands on among them.
    """

    prices: Sequence[Price]
    others: Sequence[OtherPrice]


def behind_rows(
    reads: Reads, clocks: Clocks, offerings: Collection[int], standing: StandsOn
) -> Mapping[int, BehindRow]:
    """What stands behind the rows of these offerings, by number. Two statements, none for no offerings."""
    if not offerings:
        return {}
    numbers = {*offerings, *(standing[one].number for one in offerings if one in standing)}
    prices, others = read_prices_behind(reads, clocks, numbers)
    return {
        offering: BehindRow(*prices_with_stood_on(prices, others, offering, standing.get(offering)))
        for offering in offerings
    }


@BookRead
def read_prices_behind(book: PriceBook, clocks: Clocks, offerings: Collection[int]) -> PricesRead:
    """The prices of the list's columns, and what is kept beside them, of offerings that have such prices; of the
    others all.
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
