"""Offerings that came into the price book of late, and those that their lists called deprecated or removed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from llmpricing.book.price_book import PriceBook
from llmpricing.models import Offering, OfferingPast
from llmpricing.services.price_book import Reads

RETIRED = ("deprecated", "removed")


@dataclass(frozen=True, slots=True)
class OfferingNews:
    """An offering that arrived ``at`` a recorded time, or was retired then, as ``status`` says."""

    id: str
    name: str
    at: datetime
    status: str | None


def arrived_since(reads: Reads, since: datetime, models: Collection[str] | None = None) -> list[OfferingNews]:
    """Those that the price book first held after ``since``, but not those that it began with; the newest first."""
    if isinstance(reads, PriceBook):
        return _newest_first(_arrived_in(reads, since), models)
    began = select(func.min(Offering.created_at)).scalar_subquery()
    query = select(Offering).where(Offering.created_at > since, Offering.created_at > began)
    if models is not None:
        query = query.where(Offering.slug.in_(models))
    found = reads.scalars(query.order_by(Offering.created_at.desc(), Offering.slug))
    return [OfferingNews(one.slug, one.name, one.created_at, one.status) for one in found]


def retired_since(reads: Reads, since: datetime, models: Collection[str] | None = None) -> list[OfferingNews]:
    """Those that are retired and were not at ``since``, by what was recorded; the newest first."""
    if isinstance(reads, PriceBook):
        return _newest_first(_retired_in(reads, since), models)
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
    return [OfferingNews(*row) for row in reads.execute(query)]


_TOLD = ("id", "slug", "name", "created_at", "status")


def _arrived_in(book: PriceBook, since: datetime) -> Iterator[OfferingNews]:
    rows = list(book.rows("offering", _TOLD))
    began = min((created for *_, created, _ in rows), default=since)
    for _, slug, name, created, status in rows:
        if created > max(since, began):
            yield OfferingNews(slug, name, created, status)


def _retired_in(book: PriceBook, since: datetime) -> Iterator[OfferingNews]:
    ended: dict[int, datetime] = {}
    for offering, until, status in book.rows("offering_past", ("offering_id", "until", "status")):
        if until > since and status not in RETIRED:
            ended[offering] = max(until, ended.get(offering, until))
    for number, slug, name, _, status in book.rows("offering", _TOLD):
        if status in RETIRED and number in ended:
            yield OfferingNews(slug, name, ended[number], status)


def _newest_first(found: Iterator[OfferingNews], models: Collection[str] | None) -> list[OfferingNews]:
    by_id = sorted((one for one in found if models is None or one.id in models), key=lambda one: one.id)
    return sorted(by_id, key=lambda one: one.at, reverse=True)
