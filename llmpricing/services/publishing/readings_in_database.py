"""The SQL of when sources were read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import NewestObservationRow, Offering, Source, SourceFetch
from llmpricing.services.publishing import readings as in_book


@in_book.readings.in_database
def readings(session: Session, known_at: datetime | None) -> Iterable[tuple[str, datetime]]:
    """Each source with the published time of each of its lists that was read by ``known_at`` (None: now), in order."""
    query = select(Source.slug, SourceFetch.published_at).join(Source).where(SourceFetch.is_reading(known_at))
    rows = session.execute(query.distinct().order_by(Source.slug, SourceFetch.published_at))
    return ((slug, published) for slug, published in rows)


@in_book.sources_by_provider.in_database
def sources_by_provider(session: Session, providers: Collection[int]) -> dict[int, set[str]]:
    """The sources that ever priced an offering of each of these providers."""
    found: dict[int, set[str]] = defaultdict(set)
    query = (
        select(Offering.provider_id, Source.slug)
        .join(NewestObservationRow, NewestObservationRow.offering_id == Offering.id)
        .join(Source, Source.id == NewestObservationRow.source_id)
        .where(Offering.provider_id.in_(providers))
        .distinct()
    )
    for provider, slug in session.execute(query):
        found[provider].add(slug)
    return found
