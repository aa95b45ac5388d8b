"""How old the price book's knowledge is: when each source was last read as."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.observations import READ, FetchOutcome
from llmpricing.health import DATA_TIMEOUT_S
from llmpricing.health.database import fresh_database
from llmpricing.models import Source, SourceFetch
from llmpricing.services.price_book import Reads
from llmpricing.settings import Settings

BUNDLED = "bundled"  # how the origin of a list that came with the installation begins


@dataclass(frozen=True, slots=True)
class SourceAge:
    """A source, and when what we last read of it was published. ``bundled``: nothing was ever fetched."""

    source: str
    name: str
    last_success: datetime
    age_days: int
    bundled: bool


def days_old(published: datetime, now: datetime) -> int:
    """How many days in UTC began since then: it changes at midnight, as the answers do that tell it."""
    return max((now.astimezone(UTC).date() - published.astimezone(UTC).date()).days, 0)


def source_ages(
    reads: Reads, now: datetime, known_at: datetime | None = None, outcomes: Collection[FetchOutcome] = READ
) -> list[SourceAge]:
    """Every source that was read by ``known_at`` (None: by now), for its prices or by other ``outcomes``, the most
    trusted first; ages are those at ``now``.
    """
    if isinstance(reads, PriceBook):
        return [
            SourceAge(source.slug, source.name, at, days_old(at, now), origin.startswith(BUNDLED))
            for source, at, origin in _newest_in(reads, known_at, outcomes)
        ]
    latest = (
        select(SourceFetch)
        .where(SourceFetch.is_reading(known_at, outcomes))
        .ext(distinct_on(SourceFetch.source_id))
        .order_by(SourceFetch.source_id, SourceFetch.published_at.desc(), SourceFetch.id.desc())
        .subquery()
    )
    query = (
        select(Source.slug, Source.name, latest.c.published_at, latest.c.origin)
        .join(latest, latest.c.source_id == Source.id)
        .order_by(Source.trust_rank, Source.slug)
    )
    return [
        SourceAge(slug, name, published, days_old(published, now), origin.startswith(BUNDLED))
        for slug, name, published, origin in reads.execute(query)
    ]


def _newest_in(
    book: PriceBook, known_at: datetime | None, outcomes: Collection[FetchOutcome]
) -> list[tuple[Any, datetime, str]]:
    """Each source of a book in memory that was read, and its newest list."""
    newest: dict[int, Any] = {}
    for row in book.records("source_fetch"):
        before = newest.get(row.source_id)
        if known_at is None:
            counts = row.undone_at is None
        else:
            counts = row.fetched_at <= known_at and (row.undone_at is None or row.undone_at > known_at)
        if (
            counts
            and row.outcome in outcomes
            and (before is None or (row.published_at, row.id) > (before.published_at, before.id))
        ):
            newest[row.source_id] = row
    found = [(book.sources[number], row.published_at, row.origin) for number, row in newest.items()]
    return sorted(found, key=lambda one: (one[0].trust_rank, one[0].slug))


HEALTH_FACTS = """
    select (select count(*) from offering),
           (select count(*) from review where closed_at is null),
           (select json_agg(json_build_object('source', s.slug, 'last_success', f.published_at) order by s.trust_rank)
              from source s
              join (select source_id, max(published_at) as published_at
                      from source_fetch where undone_at is null group by source_id) f
                on f.source_id = s.id)
"""


def health_data(settings: Settings, now: datetime) -> dict[str, Any]:
    """What the price book holds and how old it is, over a connection of its own: for the health check alone.

    ``warnings`` say, with the next step, what is beyond the limits of the settings.
    """
    with fresh_database(settings, min(DATA_TIMEOUT_S, settings.health_timeout_s)) as ask:
        ((offerings, in_review, sources),) = ask(HEALTH_FACTS)
    ages = [_age(source, now) for source in sources or ()]
    warnings = [*_old(ages, settings.max_source_age_days), *_waiting(in_review, settings.max_open_reviews)]
    return {"offerings": offerings, "in_review": in_review, "sources": ages, "warnings": warnings}


def _old(ages: list[dict[str, Any]], limit: int | None) -> Iterator[str]:
    for age in ages:
        if limit is not None and age["age_days"] > limit:
            yield (
                f"The newest list of {age['source']} is {age['age_days']} days old, more than {limit}. "
                f"Next: llmpricing import {age['source']}"
            )


def _waiting(in_review: int, limit: int | None) -> Iterator[str]:
    if limit is not None and in_review > limit:
        yield f"{in_review} suspicious prices wait for a person, more than {limit}. Next: llmpricing review list"


def _age(source: dict[str, str], now: datetime) -> dict[str, Any]:
    published = datetime.fromisoformat(source["last_success"]).astimezone(UTC)
    return {"source": source["source"], "last_success": published, "age_days": days_old(published, now)}
