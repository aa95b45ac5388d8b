"""The lists that were read: bytes as they came, their sources, and the rows of their readings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from llmpricing.domain.observations import FetchOutcome
from llmpricing.models import Source, SourceFetch
from llmpricing.sources.declaration import SourceInfo


@dataclass(frozen=True, slots=True)
class ReadList:
    """Bytes of a price list, when they were published and read, and where they came from."""

    data: bytes
    published_at: datetime
    fetched_at: datetime
    origin: str
    etag: str | None = None
    describes_only: bool = False  # take what it says of known offerings, not its prices
    unmodified: str | None = None  # digest of the list that the server says is still the one; there are no bytes then
    allow_drop: bool = False  # a person says that what the list lost is news
    allow_changes: bool = False  # a person says that prices changed so, all at once
    max_entries: int = 100_000

    @property
    def sha256(self) -> str:
        return self.unmodified or hashlib.sha256(self.data).hexdigest()


def keep_source(session: Session, info: SourceInfo) -> Source:
    """The source's row, made or brought up to date."""
    values = {
        "slug": info.slug,
        "name": info.title,
        "url": info.url,
        "licence": info.licence,
        "trust_rank": info.trust_rank,
        "states_dates": info.states_dates,
    }
    statement = upsert(Source).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["slug"], set_=values))
    found = select(Source).where(Source.slug == info.slug).execution_options(populate_existing=True)
    return session.scalars(found).one()


def newest_list(session: Session, source: Source, published_at: datetime) -> SourceFetch | None:
    """The source's newest list published by then."""
    return session.scalars(
        select(SourceFetch)
        .where(SourceFetch.source_id == source.id, SourceFetch.is_reading())
        .where(SourceFetch.published_at <= published_at)
        .order_by(SourceFetch.published_at.desc(), SourceFetch.id.desc())
        .limit(1)
    ).first()


def last_answer(session: Session, slug: str, origin: str) -> tuple[str, str] | None:
    """ETag and digest of the source's newest list, if it came from there with one: what makes a fetch conditional."""
    fetch = session.scalars(
        select(SourceFetch)
        .join(Source)
        .where(Source.slug == slug, SourceFetch.is_reading())
        .order_by(SourceFetch.published_at.desc(), SourceFetch.id.desc())
        .limit(1)
    ).one_or_none()
    return (fetch.etag, fetch.sha256) if fetch and fetch.etag and fetch.origin == origin else None


def new_fetch(source: Source, reading: ReadList, outcome: FetchOutcome, recorded: datetime) -> SourceFetch:
    """The row of a list, not yet in the session; dated as all that it changes is, not by the download before."""
    return SourceFetch(
        source_id=source.id,
        fetched_at=recorded,
        published_at=reading.published_at,
        origin=reading.origin,
        etag=reading.etag,
        sha256=reading.sha256,
        size_bytes=len(reading.data),
        outcome=outcome,
        listed=[],
        zeroed=[],
    )
