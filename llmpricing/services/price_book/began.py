"""Since when a price book knows anything."""

from __future__ import annotations

from datetime import datetime, timedelta

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.times import EPOCH
from llmpricing.services.price_book.reads import BookRead


@BookRead
def began(book: PriceBook) -> datetime | None:
    """When its first offering became known; None where no list was read yet. Nothing was known before."""
    first = min((at for (at,) in book.stored("offering", "created_at")), default=None)
    return None if first is None else EPOCH + timedelta(microseconds=first)
