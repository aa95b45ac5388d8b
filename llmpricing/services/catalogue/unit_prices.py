"""What is asked for a piece of what a model makes or hears: an image, a minute, a second, by the kind of model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from llmpricing.domain.choice.kinds import kind_of
from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.first_seen import late_prices
from llmpricing.services.catalogue.listed_models import SoldModel, api_id
from llmpricing.services.catalogue.shown_offering import Weigh
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.publishing.published_prices import prices_at

_MILLION = 10**6
# By kind: meters whose prices are compared, how many of each make the unit, and its name; the first is asked most.
UNITS: Mapping[str, Sequence[tuple[str, int, str]]] = MappingProxyType(
    {
        "image": (
            ("output_images", 1, "image"),
            ("output_pixels", _MILLION, "megapixel"),
            ("input_images", 1, "image that goes in"),
        ),
        "audio": (
            ("audio_seconds", 60, "minute"),
            ("input_audio_seconds", 60, "minute"),
            ("output_audio_seconds", 60, "minute"),
            ("input_characters", _MILLION, "million characters"),
        ),
        "video": (("output_video_seconds", 1, "second"), ("input_video_seconds", 1, "second that goes in")),
        "rerank": (("rerank_searches", 1000, "1,000 searches"), ("input_queries", 1000, "1,000 queries")),
    }
)


class UnitPrice(NamedTuple):
    """``amount`` in ``currency`` for a ``unit``, the least that is asked of the standard tier; ``is_least``: there are
    dearer ones, by size or quality. ``place`` is the unit's among those of the kind: only within one are they compared.
    """

    place: int
    amount: Decimal
    currency: str
    unit: str
    is_least: bool


PricesOfUnits = Mapping[str, UnitPrice]  # by offering
_read: Memory[tuple[str, int, Clocks, str, bool], PricesOfUnits] = Memory(8, lambda found: 300 * len(found))


def unit_prices(
    reads: Reads,
    book: BookState,
    clocks: Clocks,
    kind: str | None,
    models: Iterable[SoldModel],
    known_then: StandsOn | None = None,
) -> PricesOfUnits:
    """The unit price of each offering of this kind that has one, by id; none of a kind that is sold by tokens. Where
    only what was ``known_then`` counts, by what the offerings stand on, prices that count from later on are left out.
    """
    if kind is None or kind not in UNITS:
        return {}
    rows = {row.number: row.id for model in models if model.kind == kind for row in model.rows}

    def read() -> PricesOfUnits:
        prices, _ = prices_at(reads, list(rows), clocks)
        late = set() if known_then is None else late_prices(reads, book, clocks, [*rows.values()], known_then)
        shown = ((rows[number], [one for one in of_it if one.id not in late]) for number, of_it in prices.items())
        found = ((slug, _unit_price(kind, of_it)) for slug, of_it in shown)
        return {slug: one for slug, one in found if one is not None}

    return _read.remember((book.book, book.version, clocks, kind, known_then is not None), read)


def unit_prices_of(reads: Reads, clocks: Clocks, rows: Iterable[Any]) -> PricesOfUnits:
    """The same of these rows of the list alone, each by its own kind; no statement where none is sold so."""
    kinds = {row.number: (row.id, kind_of(row.mode, row.outputs, api_id(row))) for row in rows}
    sold = {number: told for number, told in kinds.items() if told[1] in UNITS}
    prices, _ = prices_at(reads, list(sold), clocks) if sold else ({}, {})
    found = ((sold[number][0], _unit_price(sold[number][1], of_it)) for number, of_it in prices.items())
    return {slug: one for slug, one in found if one is not None}


def _unit_price(kind: str, prices: Collection[Price]) -> UnitPrice | None:
    for meter, size, unit in UNITS[kind]:
        asked = [price for price in prices if price.meter == meter and _is_standard(price)]
        if not asked:
            continue
        amounts = {(price.amount or Decimal(0)) * size / price.per for price in asked}
        currency, *others = {price.currency for price in asked}
        if others:  # neither is the least; what it asks for another unit is not what it asks first
            return None
        place = next(n for n, (_, _, name) in enumerate(UNITS[kind]) if name == unit)
        return UnitPrice(place, min(amounts), currency, unit, len(amounts) > 1)
    return None


def _is_standard(price: Price) -> bool:
    return price.conditions.service_tier == STANDARD and price.state in (State.PRICED, State.FREE)


def unit_cost(prices: PricesOfUnits) -> Weigh:
    """The unit price of an offering, as the list is put in order by it: who asks the least of it stands for a model."""
    return lambda row: order_of(prices.get(row.id))


def order_of(one: UnitPrice | None) -> Any:
    """By what lists are put in order: only prices in USD, of one unit beside each other."""
    return None if one is None or one.currency != "USD" else (one.place, one.amount)
