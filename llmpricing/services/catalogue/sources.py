"""Where the price book has its prices from, how fresh each source is, and what its last list held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from llmpricing.domain.publishing.publish import PINNED
from llmpricing.models import Review, Source, SourceFetch
from llmpricing.services.catalogue.freshness import BUNDLED, days_old


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A source and its newest list: when that was published (``last_success``) and read, and what it held.

    ``counts`` are those of that reading; ``bundled``: it came with the installation and was never fetched.
    """

    source: str
    name: str
    url: str | None
    licence: str | None
    trust_rank: int
    last_success: datetime | None
    last_read: datetime | None
    age_days: int | None
    outcome: str | None
    bundled: bool
    entries: int | None
    counts: dict[str, int]
    unknown_keys: dict[str, int]
    problems: int
    in_review: int


def read_sources(session: Session, now: datetime) -> list[SourceItem]:
    """Every source but people, the most trusted first."""
    newest = (
        select(SourceFetch)
        .where(SourceFetch.undone_at.is_(None))
        .ext(distinct_on(SourceFetch.source_id))
        .order_by(SourceFetch.source_id, SourceFetch.published_at.desc(), SourceFetch.id.desc())
    )
    fetches = {fetch.source_id: fetch for fetch in session.scalars(newest)}
    waiting = select(Review.source_id, func.count()).where(Review.closed_at.is_(None)).group_by(Review.source_id)
    in_review = {source: count for source, count in session.execute(waiting)}
    sources = session.scalars(select(Source).where(Source.slug != PINNED).order_by(Source.trust_rank, Source.slug))
    return [_item(source, fetches.get(source.id), in_review.get(source.id, 0), now) for source in sources]


def _item(source: Source, fetch: SourceFetch | None, in_review: int, now: datetime) -> SourceItem:
    counts = dict(fetch.counts) if fetch else {}
    return SourceItem(
        source=source.slug,
        name=source.name,
        url=source.url,
        licence=source.licence,
        trust_rank=source.trust_rank,
        last_success=fetch.published_at if fetch else None,
        last_read=fetch.fetched_at if fetch else None,
        age_days=days_old(fetch.published_at, now) if fetch else None,
        outcome=fetch.outcome if fetch else None,
        bundled=bool(fetch and fetch.origin.startswith(BUNDLED)),
        entries=counts.pop("entries", None),
        counts=counts,
        unknown_keys=dict(fetch.unknown_keys) if fetch else {},
        problems=len(fetch.problems) if fetch else 0,
        in_review=in_review,
    )
