"""All that a price book ever recorded of names: who sold what, and how sellers and offerings were recognised when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.observations import ObservedProvider
from llmpricing.domain.times import TimeSpan
from llmpricing.services.price_book import BookRead


@dataclass(frozen=True, slots=True)
class Offered:
    """An offering as far as naming and pricing need it."""

    id: int
    slug: str
    provider: str
    api_id: str
    created_at: datetime


class RecordedClause(NamedTuple):
    """A clause of an offering; by ``place`` the seller's clauses are tried."""

    place: tuple[int, int]
    clause: Mapping[str, Any]
    recorded: TimeSpan


class RecordedAlias(NamedTuple):
    """A name of an offering (its id) in a namespace, on both clocks."""

    namespace: str
    alias: str
    offering: str
    valid: TimeSpan
    recorded: TimeSpan


@BookRead
def offerings(book: PriceBook) -> list[Offered]:
    """All offerings, by id."""
    rows = book.rows("offering", ("id", "slug", "provider_id", "api_id", "created_at"))
    sellers = {number: provider.slug for number, provider in book.providers.items()}
    found = [Offered(number, slug, sellers[seller], api_id, at) for number, slug, seller, api_id, at in rows]
    return sorted(found, key=lambda offered: offered.slug)


@BookRead
def descriptions(book: PriceBook) -> list[tuple[ObservedProvider, TimeSpan]]:
    """How each seller was ever described, the most trusted source's words first."""
    rank = {number: source.trust_rank for number, source in book.sources.items()}
    rows = sorted(book.records("provider_description"), key=lambda row: (row.provider_id, rank[row.source_id], row.id))
    sellers = book.providers
    return [
        (described(row, sellers[row.provider_id].slug, sellers[row.provider_id].name), row.recorded) for row in rows
    ]


def described(row: Any, slug: str, name: str) -> ObservedProvider:
    """The seller as a row describes it."""
    return ObservedProvider(
        slug,
        name,
        row.api_pattern,
        provider_match=row.provider_match,
        model_match=row.model_match,
        fallback_providers=tuple(row.fallback_providers),
    )


@BookRead
def rules(book: PriceBook) -> dict[int, list[RecordedClause]]:
    """The clauses of each offering, in the order in which they are tried."""
    found = defaultdict(list)
    rank = {number: source.trust_rank for number, source in book.sources.items()}
    stated = sorted(book.records("match_rule"), key=lambda row: (rank[row.source_id], row.position, row.id))
    for row in stated:
        place = (rank[row.source_id], row.position)
        found[row.offering_id].append(RecordedClause(place, row.clause, row.recorded))
    return dict(found)


@BookRead
def aliases(book: PriceBook) -> list[RecordedAlias]:
    """Every alias, in the order in which they were given."""
    given = sorted(book.records("offering_alias"), key=lambda row: row.id)
    return [
        RecordedAlias(row.namespace, row.alias, book.slugs[row.offering_id], row.valid, row.recorded) for row in given
    ]


class Marks(NamedTuple):
    """Two texts: one changes with what lists say of names, sellers and sources, the other with the aliases."""

    lists: str
    aliases: str


@BookRead
def marks(book: PriceBook) -> Marks:
    """When what lists say of names last changed, and when an alias did; by a word of the book's own."""
    changes = {
        table: [max((at for at in bounds if at is not None), default=None) for bounds in zip(*found, strict=True)]
        for table in ("provider_description", "match_rule", "offering_alias")
        if (found := list(book.stored(table, "recorded_from", "recorded_until")))
    }
    alias = changes.pop("offering_alias", None)
    sellers = [(number, provider.slug, provider.name) for number, provider in book.providers.items()]
    ranks = [(number, source.trust_rank) for number, source in book.sources.items()]
    created = max((at for (at,) in book.stored("offering", "created_at")), default=None)
    return Marks(repr((created, changes, sellers, ranks)), repr(alias))
