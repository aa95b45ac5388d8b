"""What is published now and what each fresh list states now, of the offerings that more than one source prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.components import Component
from llmpricing.domain.conditions import Conditions
from llmpricing.domain.evidence import Sighting, Standing, is_documented, last_reading
from llmpricing.domain.observations import Amount, State
from llmpricing.domain.times import start_of_day
from llmpricing.models import NewestObservationRow, Offering, PriceRow, Provider, Review, ReviewOutcome, Source
from llmpricing.services.catalogue.stated_in_book import both_in
from llmpricing.services.price_book import Reads
from llmpricing.services.publishing.kept_components import KeptComponents
from llmpricing.services.publishing.publish import grace_of
from llmpricing.services.publishing.readings import lists_of, newest_list, sources_by_provider

_NEWEST = NewestObservationRow.__table__


@dataclass(frozen=True, slots=True)
class PublishedNow:
    """A published price and its source; without conditions it stands for a price that is not known."""

    conditions: Conditions | None
    amount: Amount
    source: str


@dataclass(frozen=True, slots=True)
class StatedNow:
    """What a source states: first in the list of ``observed_at``, last in that of ``last_seen``. ``review`` is open
    where a guard stopped it, rejected where a person did. Without conditions it stands for a price that is not known.
    """

    conditions: Conditions | None
    amount: Amount
    source: str
    observed_at: datetime
    last_seen: datetime
    standing: Standing
    review: str | None


@dataclass
class OfferingNow:
    """Of one offering what is published and, by source, what fresh lists state; by series."""

    slug: str
    provider: str
    published: dict[Component, dict[Conditions, PublishedNow]] = field(default_factory=lambda: defaultdict(dict))
    stated: dict[str, dict[Component, dict[Conditions, StatedNow]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )


def offerings_now(reads: Reads, now: datetime, slugs: Collection[str] | None = None) -> list[OfferingNow]:
    """The offerings of which another source than the published one states prices; ``slugs`` asks for some only."""
    components = KeptComponents(reads)
    rows: Sequence[Any]
    published: Iterable[Any]
    if isinstance(reads, PriceBook):
        rows, published = both_in(reads, now, slugs)
    else:
        rows = reads.execute(_stated(now, slugs)).all()
        published = reads.execute(_published(now, {row.offering_id for row in rows})) if rows else ()
    if not rows:
        return []
    sightings = _Sightings(reads, {row.provider_id for row in rows})
    found: dict[int, OfferingNow] = {}
    for row in rows:
        sighting = sightings.of(row)
        standing = sighting.at(now).standing
        if standing is not Standing.CARRIED:
            offering = found.setdefault(row.offering_id, OfferingNow(row.offering, row.provider))
            component = components.read(row.component)
            amount = Amount(row.state, row.value, row.per_quantity, row.currency)
            told = (row.source, row.time, sighting.last, standing, _review(row))
            offering.stated[row.source][component.series][component.conditions] = StatedNow(
                component.conditions, amount, *told
            )
    for price in published:
        if price.offering_id in found:
            component = components.read(f"{price.meter}|{price.condition_key}")
            amount = Amount(price.state, price.amount, price.per_quantity, price.currency)
            series = found[price.offering_id].published[component.series]
            series[component.conditions] = PublishedNow(component.conditions, amount, price.source)
    return list(found.values())


def _stated(now: datetime, slugs: Collection[str] | None) -> Any:
    theirs = _NEWEST.c
    observation = (getattr(Review, name) == theirs[name] for name in ("offering_id", "component", "source_id", "time"))
    query = (
        select(
            _NEWEST,
            Offering.slug.label("offering"),
            Offering.provider_id,
            Provider.slug.label("provider"),
            Source.slug.label("source"),
            Review.id.label("review_id"),
            Review.outcome.label("verdict"),
        )
        .join(Offering, Offering.id == theirs.offering_id)
        .join(Provider, Provider.id == Offering.provider_id)
        .join(Source, Source.id == theirs.source_id)
        .outerjoin(Review, and_(*observation))
        .where(
            theirs.offering_id.in_(_of_several_sources(now)),
            theirs.state != State.WITHDRAWN,
            or_(theirs.stated_from.is_(None), theirs.stated_from <= now),
            or_(theirs.stated_until.is_(None), theirs.stated_until > now),
        )
    )
    return query if slugs is None else query.where(Offering.slug.in_(slugs))


def _of_several_sources(now: datetime) -> Any:
    """The offerings of which a source states a price beside the published ones of another."""
    stated = select(_NEWEST.c.offering_id, _NEWEST.c.source_id).distinct().subquery("stated")
    published = (
        select(PriceRow.offering_id, PriceRow.source_id)
        .where(PriceRow.valid.contains(now), PriceRow.current())
        .distinct()
        .subquery("published")
    )
    apart = and_(published.c.offering_id == stated.c.offering_id, published.c.source_id != stated.c.source_id)
    return select(stated.c.offering_id).join(published, apart)


def _published(now: datetime, offerings: Collection[int]) -> Any:
    columns = (PriceRow.offering_id, PriceRow.meter, PriceRow.condition_key, PriceRow.state, PriceRow.amount)
    return (
        select(*columns, PriceRow.per_quantity, PriceRow.currency, Source.slug.label("source"))
        .join(Source, Source.id == PriceRow.source_id)
        .where(PriceRow.valid.contains(now), PriceRow.current(), PriceRow.offering_id.in_(offerings))
    )


class _Sightings:
    """When newest observations were said, told as the choice of prices tells it."""

    def __init__(self, reads: Reads, providers: Collection[int]) -> None:
        self._lists: Mapping[str, Sequence[datetime]] = lists_of(reads)
        self._grace = grace_of(reads)
        sources = sources_by_provider(reads, providers)
        self._newest = {provider: newest_list(self._lists, sources[provider]) for provider in providers}

    def of(self, row: Any) -> Sighting:
        left_out = row.left_out_at
        return Sighting(
            start_of_day(row.first_seen or row.time),
            last_reading(self._lists.get(row.source, ()), row.time, left_out),
            left_out,
            is_documented(row.basis, row.stated_from),
            self._newest[row.provider_id],
            self._grace,
        )


def _review(row: Any) -> str | None:
    if row.review_id is None or row.verdict in (ReviewOutcome.ACCEPTED, ReviewOutcome.SUPERSEDED):
        return None
    return row.verdict or "open"
