"""How old the price book's knowledge is: what each source was last read as, and the catalogue's version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.models import Catalogue, Offering, Source, SourceFetch

BUNDLED = "bundled"  # how the origin of a list that came with the installation begins


@dataclass(frozen=True, slots=True)
class SourceAge:
    """A source, and when what we last read of it was published. ``bundled``: nothing was ever fetched."""

    source: str
    name: str
    last_success: datetime
    age_days: int
    bundled: bool


def source_ages(session: Session, now: datetime) -> list[SourceAge]:
    """Every source that was read, the most trusted first."""
    latest = (
        select(SourceFetch)
        .where(SourceFetch.outcome.in_(("imported", "unchanged")))
        .distinct(SourceFetch.source_id)
        .order_by(SourceFetch.source_id, SourceFetch.published_at.desc(), SourceFetch.id.desc())
        .subquery()
    )
    query = (
        select(Source.slug, Source.name, latest.c.published_at, latest.c.origin)
        .join(latest, latest.c.source_id == Source.id)
        .order_by(Source.trust_rank)
    )
    return [
        SourceAge(slug, name, published, max((now - published).days, 0), origin.startswith(BUNDLED))
        for slug, name, published, origin in session.execute(query)
    ]


def catalogue_version(session: Session) -> int:
    """The version that every change of a published answer raises; 0 for an empty price book."""
    return session.scalar(select(Catalogue.version)) or 0


def offering_count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Offering)) or 0
