"""Rows of the list of offerings as JSON. Those of a book in memory are made once for its version and a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.announced_rows import announced_rows
from llmpricing.services.catalogue.behind_rows import behind_rows
from llmpricing.services.catalogue.listing import OfferingItem, item_of
from llmpricing.services.catalogue.row_announced import EndingPrice
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.catalogue.unit_prices import UnitPrice, unit_prices_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads
from llmpricing.web.api.answers import DecimalText, as_json


class AnnouncedJson(msgspec.Struct, forbid_unknown_fields=True):
    """What the row is ``at`` a time to come, where lists know that a price of it ends then and that another begins: its
    prices per million tokens in ``currency``, also those that stay.
    """

    at: datetime
    price_state: str
    currency: str | None
    input_per_mtok: DecimalText | None
    output_per_mtok: DecimalText | None
    cache_read_per_mtok: DecimalText | None
    cache_write_per_mtok: DecimalText | None


class UnitPriceJson(msgspec.Struct, forbid_unknown_fields=True):
    """What a ``unit`` of an image, audio, video or reranking model costs at the standard tier: the least that is asked;
    ``is_least`` where there are dearer ones, by size or quality.
    """

    amount: DecimalText
    currency: str
    unit: str
    is_least: bool


ItemJson: Any = as_json("ItemJson", OfferingItem, announced=AnnouncedJson | None, unit_price=UnitPriceJson | None)
_FIELDS = tuple(field.name for field in fields(OfferingItem))

_made: Memory[tuple[str, int, Clocks], dict[int, msgspec.Raw]] = Memory(3, lambda rows: 650 * len(rows))


def item_json(item: OfferingItem) -> dict[str, Any]:
    """The item as the API shows it: decimals as plain text."""
    values = ((name, getattr(item, name)) for name in _FIELDS)
    return {name: to_text(value) if isinstance(value, Decimal) else value for name, value in values}


def rows_json(
    reads: Reads, book: BookState, clocks: Clocks, rows: Sequence[Any], standing: StandsOn
) -> list[msgspec.Raw]:
    """These rows of the list, each as the bytes of an ``ItemJson``."""
    is_kept = isinstance(reads, PriceBook)
    made = _made.remember((book.book, book.version, clocks), dict) if is_kept else dict[int, msgspec.Raw]()
    missing = [row for row in rows if row.number not in made]
    made |= _made_of(reads, clocks, missing, standing)
    return [made[row.number] for row in rows]


def _made_of(reads: Reads, clocks: Clocks, rows: Sequence[Any], standing: StandsOn) -> dict[int, msgspec.Raw]:
    """The bytes of these rows, by their number."""
    behind = behind_rows(reads, clocks, [row.number for row in rows], standing)
    prices = {row.id: behind[row.number].prices for row in rows}
    announced = _announced(reads, clocks, prices, standing)
    units = unit_prices_of(reads, clocks, rows)
    found = {}
    for row in rows:
        item = item_json(item_of(row, behind[row.number], clocks.as_of))
        beside = {"announced": announced.get(row.id), "unit_price": _unit(units.get(row.id))}
        found[row.number] = msgspec.Raw(msgspec.json.encode(ItemJson(**item, **beside)))
    return found


def _announced(
    reads: Reads, clocks: Clocks, prices: Mapping[str, Iterable[EndingPrice]], standing: StandsOn
) -> dict[str, AnnouncedJson]:
    """What is announced of these offerings, by id, of which another price begins."""
    return {
        row.now.id: AnnouncedJson(
            at, row.then.price_state, row.then.currency, *(_text(getattr(row.then, name)) for name in BASE_METERS)
        )
        for at, rows in announced_rows(reads, clocks, prices, standing)
        for row in rows
        if row.moved
    }


def _unit(found: UnitPrice | None) -> UnitPriceJson | None:
    return found and UnitPriceJson(to_text(found.amount), found.currency, found.unit, found.is_least)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else to_text(amount)
