"""All that a price book ever recorded of names: who sold what, and how sellers and offerings were recognised when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import Range, aggregate_order_by

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.observations import ObservedProvider
from llmpricing.models import MatchRule, Offering, OfferingAlias, Provider, ProviderDescription, Source
from llmpricing.models.bitemporal import Recorded
from llmpricing.services.price_book import Reads


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
    recorded: Range[datetime]


class RecordedAlias(NamedTuple):
    """A name of an offering (its id) in a namespace, on both clocks."""

    namespace: str
    alias: str
    offering: str
    valid: Range[datetime]
    recorded: Range[datetime]


def offerings(reads: Reads) -> list[Offered]:
    """All offerings, by id."""
    if isinstance(reads, PriceBook):
        rows = reads.rows("offering", ("id", "slug", "provider_id", "api_id", "created_at"))
        sellers = {number: provider.slug for number, provider in reads.providers.items()}
        found = [Offered(number, slug, sellers[seller], api_id, at) for number, slug, seller, api_id, at in rows]
        return sorted(found, key=lambda offered: offered.slug)
    query = select(Offering.id, Offering.slug, Provider.slug, Offering.api_id, Offering.created_at).join(Provider)
    return [Offered(*row) for row in reads.execute(query.order_by(Offering.slug.collate("C")))]


def descriptions(reads: Reads) -> list[tuple[ObservedProvider, Range[datetime]]]:
    """How each seller was ever described, the most trusted source's words first."""
    if isinstance(reads, PriceBook):
        rank = {number: source.trust_rank for number, source in reads.sources.items()}
        rows = sorted(
            reads.records("provider_description"), key=lambda row: (row.provider_id, rank[row.source_id], row.id)
        )
        sellers = reads.providers
        return [
            (_described(row, sellers[row.provider_id].slug, sellers[row.provider_id].name), row.recorded)
            for row in rows
        ]
    query = (
        select(ProviderDescription, Provider.slug, Provider.name)
        .join(Provider, Provider.id == ProviderDescription.provider_id)
        .join(Source, Source.id == ProviderDescription.source_id)
        .order_by(Provider.id, Source.trust_rank, ProviderDescription.id)
    )
    return [(_described(row, slug, name), row.recorded) for row, slug, name in reads.execute(query)]


def _described(row: ProviderDescription, slug: str, name: str) -> ObservedProvider:
    return ObservedProvider(
        slug,
        name,
        row.api_pattern,
        provider_match=row.provider_match,
        model_match=row.model_match,
        fallback_providers=tuple(row.fallback_providers),
    )


def rules(reads: Reads) -> dict[int, list[RecordedClause]]:
    """The clauses of each offering, in the order in which they are tried."""
    found = defaultdict(list)
    if isinstance(reads, PriceBook):
        rank = {number: source.trust_rank for number, source in reads.sources.items()}
        stated = sorted(reads.records("match_rule"), key=lambda row: (rank[row.source_id], row.position, row.id))
        for row in stated:
            place = (rank[row.source_id], row.position)
            found[row.offering_id].append(RecordedClause(place, row.clause, row.recorded))
        return dict(found)
    query = (
        select(MatchRule.offering_id, Source.trust_rank, MatchRule.position, MatchRule.clause, MatchRule.recorded)
        .join(Source, Source.id == MatchRule.source_id)
        .order_by(Source.trust_rank, MatchRule.position, MatchRule.id)
    )
    for offering, trusted, position, clause, recorded in reads.execute(query):
        found[offering].append(RecordedClause((trusted, position), clause, recorded))
    return dict(found)


def aliases(reads: Reads) -> list[RecordedAlias]:
    """Every alias, in the order in which they were given."""
    if isinstance(reads, PriceBook):
        given = sorted(reads.records("offering_alias"), key=lambda row: row.id)
        return [
            RecordedAlias(row.namespace, row.alias, reads.slugs[row.offering_id], row.valid, row.recorded)
            for row in given
        ]
    query = (
        select(
            OfferingAlias.namespace,
            OfferingAlias.alias,
            Offering.slug,
            OfferingAlias.valid,
            OfferingAlias.recorded,
        )
        .join(Offering, Offering.id == OfferingAlias.offering_id)
        .order_by(OfferingAlias.id)
    )
    return [RecordedAlias(*row) for row in reads.execute(query)]


class Marks(NamedTuple):
    """Two texts: one changes with what lists say of names, sellers and sources, the other with the aliases."""

    lists: str
    aliases: str


def marks(reads: Reads) -> Marks:
    """When what lists say of names last changed, and when an alias did; one query."""
    if isinstance(reads, PriceBook):
        return _marks_in(reads)
    sellers = aggregate_order_by(Provider.slug + "=" + Provider.name, Provider.id)
    sources = aggregate_order_by(func.concat(Source.id, "=", Source.trust_rank), Source.id)
    named_by = select(MatchRule.source_id).union(select(ProviderDescription.source_id))
    parts = [
        select(func.concat(func.max(Offering.created_at))),
        _last_change(ProviderDescription),
        _last_change(MatchRule),
        select(func.md5(func.array_to_string(func.array_agg(sellers), ","))),
        select(func.array_to_string(func.array_agg(sources), ",")).where(Source.id.in_(named_by)),
        _last_change(OfferingAlias),
    ]
    *lists, aliases = reads.execute(select(*(part.scalar_subquery() for part in parts))).one()
    return Marks("; ".join(part or "" for part in lists), aliases)


def _marks_in(book: PriceBook) -> Marks:
    """The same of a book in memory, in words of its own."""
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


def _last_change(table: type[Recorded]) -> Select[tuple[str]]:
    return select(func.concat(func.max(func.lower(table.recorded)), "|", func.max(func.upper(table.recorded))))
