"""The further conditions that prices ask for, which are columns of usage logs too."""

from __future__ import annotations

from llmpricing.book.price_book import PriceBook
from llmpricing.services.price_book import BookRead


@BookRead
def known_facts(book: PriceBook) -> frozenset[str]:
    """The further conditions, such as ``resolution``, that any price asks for."""
    return frozenset(name for (extra,) in book.rows("price", ("extra",)) for name in extra or ())
