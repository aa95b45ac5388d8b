"""The SQL of names that were ever recorded."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from llmpricing.domain.observations import ObservedProvider
from llmpricing.domain.times import TimeSpan
from llmpricing.models import MatchRule, Offering, OfferingAlias, Provider, ProviderDescription, Source
from llmpricing.models.bitemporal import Recorded
from llmpricing.services.names import name_history
from llmpricing.services.names.name_history import Marks, Offered, RecordedAlias, RecordedClause, described


@name_history.offerings.in_database
def offerings(session: Session) -> list[Offered]:
    """All offerings, by id."""
    query = select(Offering.id, Offering.slug, Provider.slug, Offering.api_id, Offering.created_at).join(Provider)
    return [Offered(*row) for row in session.execute(query.order_by(Offering.slug.collate("C")))]


@name_history.descriptions.in_database
def descriptions(session: Session) -> list[tuple[ObservedProvider, TimeSpan]]:
    """How each seller was ever described, the most trusted source's words first."""
    query = (
        select(ProviderDescription, Provider.slug, Provider.name)
        .join(Provider, Provider.id == ProviderDescription.provider_id)
        .join(Source, Source.id == ProviderDescription.source_id)
        .order_by(Provider.id, Source.trust_rank, ProviderDescription.id)
    )
    return [(described(row, slug, name), row.recorded) for row, slug, name in session.execute(query)]


@name_history.rules.in_database
def rules(session: Session) -> dict[int, list[RecordedClause]]:
    """The clauses of each offering, in the order in which they are tried."""
    found = defaultdict(list)
    query = (
        select(MatchRule.offering_id, Source.trust_rank, MatchRule.position, MatchRule.clause, MatchRule.recorded)
        .join(Source, Source.id == MatchRule.source_id)
        .order_by(Source.trust_rank, MatchRule.position, MatchRule.id)
    )
    for offering, trusted, position, clause, recorded in session.execute(query):
        found[offering].append(RecordedClause((trusted, position), clause, recorded))
    return dict(found)


@name_history.aliases.in_database
def aliases(session: Session) -> list[RecordedAlias]:
    """Every alias, in the order in which they were given."""
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
    return [RecordedAlias(*row) for row in session.execute(query)]


@name_history.marks.in_database
def marks(session: Session) -> Marks:
    """When what lists say of names last changed, and when an alias did; one query."""
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
    *lists, aliases = session.execute(select(*(part.scalar_subquery() for part in parts))).one()
    return Marks("; ".join(part or "" for part in lists), aliases)


def _last_change(table: type[Recorded]) -> Select[tuple[str]]:
    return select(func.concat(func.max(func.lower(table.recorded)), "|", func.max(func.upper(table.recorded))))
