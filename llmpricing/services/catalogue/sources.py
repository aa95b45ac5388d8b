"""Where the price book has its prices from, how fresh each source is, and what its last list held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.publishing.publish import PINNED
from llmpricing.models import Review, Source, SourceFailure, SourceFetch
from llmpricing.services.catalogue.freshness import BUNDLED, days_old
from llmpricing.services.price_book import Reads

# Sources; by a source's number its newest list, how many of its observations wait for a person, and what failed.
_Found: TypeAlias = tuple[Iterable[Any], Mapping[int, Any], Mapping[int, int], Mapping[int, Any]]


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A source and its newest list: when that was published (``last_success``) and read, and what it held.

    ``counts`` are those of that reading; ``bundled``: it came with the installation and was never fetched. Where every
    attempt after it failed, ``failing_since`` is when that began and ``failure`` why, else both are None.
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
    failing_since: datetime | None
    failure: str | None


def read_sources(reads: Reads, now: datetime) -> list[SourceItem]:
    """Every source but people, the most trusted first."""
    sources, fetches, in_review, failures = _in(reads) if isinstance(reads, PriceBook) else _stored(reads)
    ordered = sorted(sources, key=lambda source: (source.trust_rank, source.slug))
    return [
        _item(source, fetches.get(source.id), in_review.get(source.id, 0), failures.get(source.id), now)
        for source in ordered
    ]


def _stored(session: Session) -> _Found:
    newest = (
        select(SourceFetch)
        .where(SourceFetch.undone_at.is_(None))
        .ext(distinct_on(SourceFetch.source_id))
        .order_by(SourceFetch.source_id, SourceFetch.published_at.desc(), SourceFetch.id.desc())
    )
    fetches = {fetch.source_id: fetch for fetch in session.scalars(newest)}
    waiting = select(Review.source_id, func.count()).where(Review.closed_at.is_(None)).group_by(Review.source_id)
    in_review = {source: count for source, count in session.execute(waiting)}
    asked = select(Source, SourceFailure).outerjoin(SourceFailure, SourceFailure.source_id == Source.id)
    found = session.execute(asked.where(Source.slug != PINNED)).all()
    failures = {source.id: failure for source, failure in found if failure is not None}
    return [source for source, _ in found], fetches, in_review, failures


def _in(book: PriceBook) -> _Found:
    """The same of a book in memory."""
    standing = (fetch for fetch in book.records("source_fetch") if fetch.undone_at is None)
    ordered = sorted(standing, key=lambda fetch: (fetch.published_at, fetch.id))
    waiting = (source for source, closed in book.stored("review", "source_id", "closed_at") if closed is None)
    sources = (source for source in book.sources.values() if source.slug != PINNED)
    failures = {failure.source_id: failure for failure in book.records("source_failure")}
    return sources, {fetch.source_id: fetch for fetch in ordered}, Counter(waiting), failures


def _item(source: Any, fetch: Any, in_review: int, failure: Any, now: datetime) -> SourceItem:
    counts = dict(fetch.counts) if fetch else {}
    fails = failure is not None and (fetch is None or failure.since > fetch.fetched_at)
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
        failing_since=failure.since if fails else None,
        failure=failure.reason if fails else None,
    )
