"""Offerings that came into the price book of late, and those that their lists called deprecated or removed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.models import Offering, OfferingPast

RETIRED = ("deprecated", "removed")


@dataclass(frozen=True, slots=True)
class OfferingNews:
    """An offering that arrived ``at`` a recorded time, or was retired then, as ``status`` says."""

    id: str
    name: str
    at: datetime
    status: str | None


def arrived_since(session: Session, since: datetime, models: Collection[str] | None = None) -> list[OfferingNews]:
    """Those that the price book first held after ``since``, but not those that it began with; the newest first."""
    began = select(func.min(Offering.created_at)).scalar_subquery()
    query = select(Offering).where(Offering.created_at > since, Offering.created_at > began)
    if models is not None:
        query = query.where(Offering.slug.in_(models))
    found = session.scalars(query.order_by(Offering.created_at.desc(), Offering.slug))
    return [OfferingNews(one.slug, one.name, one.created_at, one.status) for one in found]


def retired_since(session: Session, since: datetime, models: Collection[str] | None = None) -> list[OfferingNews]:
    """Those that are retired and were not at ``since``, by what was recorded; the newest first."""
    was = func.coalesce(OfferingPast.status, "").not_in(RETIRED)
    until = func.max(OfferingPast.until)
    query = (
        select(Offering.slug, Offering.name, until, Offering.status)
        .join(OfferingPast, OfferingPast.offering_id == Offering.id)
        .where(Offering.status.in_(RETIRED), was, OfferingPast.until > since)
        .group_by(Offering.id)
        .order_by(until.desc(), Offering.slug)
    )
    if models is not None:
        query = query.where(Offering.slug.in_(models))
    return [OfferingNews(*row) for row in session.execute(query)]
