"""What offerings can do, as lists describe them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from llmpricing.book.price_book import PriceBook
from llmpricing.services.price_book import BookRead, Reads

COLUMNS = (
    "slug",
    "mode",
    "status",
    "context_window",
    "max_output_tokens",
    "capabilities",
    "input_modalities",
    "output_modalities",
    "deprecated_on",
)


@dataclass(frozen=True, slots=True)
class OfferedFacts:
    """What is said of an offering; None where no list says anything."""

    slug: str
    mode: str | None
    status: str | None
    context_window: int | None
    max_output_tokens: int | None
    capabilities: frozenset[str] | None
    input_modalities: frozenset[str] | None
    output_modalities: frozenset[str] | None
    deprecated_on: date | None

    def is_retired(self, on: date) -> bool:
        """Whether it can no longer be used on a day."""
        return self.status == "removed" or (self.deprecated_on is not None and self.deprecated_on <= on)


def offered_facts(reads: Reads) -> dict[str, OfferedFacts]:
    """The facts of all offerings, by id."""
    return {slug: _facts(slug, *rest) for slug, *rest in facts_told(reads)}


@BookRead
def facts_told(book: PriceBook) -> Iterable[Any]:
    """The values of COLUMNS of all offerings."""
    return book.rows("offering", COLUMNS)


def _facts(
    slug: str,
    mode: str | None,
    status: str | None,
    window: int | None,
    most: int | None,
    able: Iterable[str] | None,
    taken: Iterable[str] | None,
    made: Iterable[str] | None,
    retired: date | None,
) -> OfferedFacts:
    able, taken, made = (None if words is None else frozenset(words) for words in (able, taken, made))
    return OfferedFacts(slug, mode, status, window, most, able, taken, made, retired)
