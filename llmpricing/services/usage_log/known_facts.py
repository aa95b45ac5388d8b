"""The further conditions that prices ask for, which are columns of usage logs too."""

from __future__ import annotations

import json

from llmpricing.book.price_book import PriceBook
from llmpricing.services.price_book import BookRead


@BookRead
def known_facts(book: PriceBook) -> frozenset[str]:
    """The further conditions, such as ``resolution``, that any price asks for."""
    distinct = set(book.stored("price", "extra"))  # a few, of thousands of prices
    return frozenset(name for (text,) in distinct for name in json.loads(text or "{}") or ())
