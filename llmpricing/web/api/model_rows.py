"""Rows of the list of offerings as JSON. Those of a book in memory are made once for its version and a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

import msgspec

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listing import OfferingItem, items_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads
from llmpricing.web.api.answers import as_json

ItemJson: Any = as_json("ItemJson", OfferingItem)
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
    for row, item in zip(missing, items_of(reads, clocks, missing, standing), strict=True):
        made[row.number] = msgspec.Raw(msgspec.json.encode(ItemJson(**item_json(item))))
    return [made[row.number] for row in rows]
