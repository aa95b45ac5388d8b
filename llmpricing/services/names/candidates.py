"""What tells the candidates of an ambiguous name apart: product, place and price at the moment asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.money import to_text
from llmpricing.domain.names.identities import identity
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.priced_times import COSTS
from llmpricing.services.price_book import BookRead, Reads

_MOST = 1_000  # candidates that are told apart in one answer


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several offerings that a name may mean. ``prices`` are those without conditions, by meter."""

    id: str
    provider: str
    product: str | None  # chat, embedding and the like, with the seller's own word for it before the id
    place: str | None
    prices: Mapping[str, Mapping[str, Any]]


def told_apart(reads: Reads, asked: Iterable[tuple[Sequence[str], Clocks]]) -> list[tuple[Candidate, ...]]:
    """The candidates of each question in order, each as it was at the question's clocks; two queries for all."""
    questions = list(asked)
    slugs = list(dict.fromkeys(slug for named, _ in questions for slug in named))[:_MOST]
    if not slugs:
        return [() for _ in questions]
    offered = {row.slug: row for row in offered_rows(reads, slugs)}
    moments = {clocks for _, clocks in questions}
    prices = _prices(reads, [row.id for row in offered.values()], moments)
    return [
        tuple(_candidate(offered[slug], prices[clocks, offered[slug].id]) for slug in named if slug in offered)
        for named, clocks in questions
    ]


@BookRead
def offered_rows(book: PriceBook, slugs: Sequence[str]) -> Iterable[Any]:
    """What tells these offerings apart but their prices; those of ids that are none are left out."""
    return book.records("offering", [book.numbers[slug] for slug in slugs if slug in book.numbers])


def _candidate(row: Any, prices: Mapping[str, Mapping[str, Any]]) -> Candidate:
    own_word, slash, _ = row.api_id.partition("/")
    words = [word for word in (own_word if slash else "", row.mode) if word]
    place = row.region or identity(row.api_id).place
    return Candidate(row.slug, row.slug.partition("/")[0], " ".join(words) or None, place or None, prices)


def _prices(
    reads: Reads, offerings: Collection[int], moments: Collection[Clocks]
) -> Mapping[tuple[Clocks, int], dict[str, dict[str, Any]]]:
    """By moment and offering, the prices without conditions."""
    found: dict[tuple[Clocks, int], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in base_prices(reads, offerings, moments):
        amount = None if row.amount is None else to_text(row.amount)
        price = {"state": row.state, "amount": amount, "currency": row.currency, "per": row.per_quantity}
        for clocks in moments:
            if clocks.as_of in row.valid and clocks.known_at in row.recorded:
                found[clocks, row.offering_id][row.meter] = price
    return found


@BookRead
def base_prices(book: PriceBook, offerings: Collection[int], moments: Collection[Clocks]) -> Iterable[Any]:
    """By meter the prices without conditions, those believed at one of the moments, or more."""
    del moments  # the rows are few
    rows = (row for row in book.records("price", offerings) if row.condition_key == "" and row.state in COSTS)
    return sorted(rows, key=lambda row: row.meter)
