"""What the price book can be filtered by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.models import Offering
from llmpricing.services.catalogue.listed_sellers import ListedSeller, providers
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import Reads, book_state


@dataclass(frozen=True, slots=True)
class FilterValues:
    """The values that occur, in order. Providers are all sellers."""

    providers: Sequence[ListedSeller]
    capabilities: Sequence[str]
    modalities: Sequence[str]
    statuses: Sequence[str]

    @property
    def sellers(self) -> int:
        """How many sellers offer something."""
        return sum(one.offerings > 0 for one in self.providers)

    @property
    def offerings(self) -> int:
        """How many offerings the price book holds."""
        return sum(one.offerings for one in self.providers)


_made: Memory[tuple[str, int], FilterValues] = Memory(2)


def filter_values(reads: Reads) -> FilterValues:
    """What an offering can be filtered by now; made once for a version of the price book."""
    book = book_state(reads)
    return _made.remember((book.book, book.version), lambda: _read(reads))


def _read(reads: Reads) -> FilterValues:
    if isinstance(reads, PriceBook):
        return _read_in(reads)
    modalities = union(select(func.unnest(Offering.input_modalities)), select(func.unnest(Offering.output_modalities)))
    return FilterValues(
        providers(reads),
        _words(reads, select(func.unnest(Offering.capabilities)).distinct()),
        _words(reads, modalities),
        _words(reads, select(Offering.status).where(Offering.status.is_not(None)).distinct()),
    )


def _read_in(book: PriceBook) -> FilterValues:
    rows = list(book.rows("offering", ("capabilities", "input_modalities", "output_modalities", "status")))
    return FilterValues(
        providers(book),
        sorted({word for capabilities, *_ in rows for word in capabilities or ()}),
        sorted({word for _, inputs, outputs, _ in rows for word in (*(inputs or ()), *(outputs or ()))}),
        sorted({status for *_, status in rows if status is not None}),
    )


def _words(session: Session, query: Any) -> Sequence[str]:
    return sorted(session.scalars(query))
