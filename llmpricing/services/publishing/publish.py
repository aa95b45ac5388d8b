"""Bring published prices up to the observations, verdicts and pins: close what no longer holds, add what does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.conditions import Conditions
from llmpricing.domain.evidence import GRACE
from llmpricing.domain.meters import METERS
from llmpricing.domain.publishing.publish import OfferingBook, publish_offering
from llmpricing.domain.publishing.timeline_entries import TimelineEntry
from llmpricing.domain.publishing.verdicts import ObservationKey, Verdict
from llmpricing.models import BookVersion, MeterRow, Offering, OtherPriceRow, PriceRow, Source
from llmpricing.models.bitemporal import since
from llmpricing.models.inserting import insert_all
from llmpricing.services.price_book import Reads
from llmpricing.services.publishing import observations, pins, reviews
from llmpricing.services.publishing.kept_components import KeptComponents
from llmpricing.services.publishing.markets import Markets
from llmpricing.services.publishing.offering_readings import ReadingsOf
from llmpricing.services.publishing.source_ranks import ranks_by_provider

RULES = 2  # of choosing: 1 chose a source for each meter, by trust alone
_CHUNK = 500  # offerings at a time: bounds memory, and paces the progress
_KEY = (
    "meter",
    "condition_key",
    "state",
    "amount",
    "currency",
    "per_quantity",
    "minimum_quantity",
    "basis",
    "bracket_from",
    "source_id",
    "observed_at",
    "first_seen",
    "superseded_at",
    "fresh_from",
    "fresh_until",
    "known_from",
    "source_url",
)

_OTHER_KEY = tuple(name for name in _KEY if not name.startswith("fresh_"))


def publish(
    session: Session,
    offerings: Collection[int],
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    grace: timedelta | None = None,
) -> Counter[tuple[str, datetime]]:
    """Publish these offerings anew as of ``now``; returns how many observations wait, by source and time.

    A source speaks on for the ``grace`` after its last list; None: as in the prices that are published already.
    """
    components = KeptComponents(session)
    rows = session.execute(select(Source, select(BookVersion.evidence_grace_days).scalar_subquery())).all()
    sources = {source.id: source for source, _ in rows}
    grace = grace or (_days(rows[0][1]) if rows else GRACE)
    markets, readings_of = Markets(session, components, sources, grace), ReadingsOf(session, grace)
    waiting: Counter[tuple[str, datetime]] = Counter()
    done = 0
    ordered = sorted(offerings)
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        waiting.update(_publish_chunk(session, chunk, markets, readings_of, now))
        done += len(chunk)
        progress(done, len(offerings))
    return waiting


def grace_of(reads: Reads) -> timedelta:
    """For how long a source speaks on after its last list, in the prices that are published."""
    if isinstance(reads, PriceBook):
        return next((timedelta(days=row.evidence_grace_days) for row in reads.records("catalogue")), GRACE)
    return _days(reads.scalar(select(BookVersion.evidence_grace_days)))


def _days(days: int | None) -> timedelta:
    return GRACE if days is None else timedelta(days=days)  # no book yet


def is_chosen_otherwise(session: Session, grace: timedelta) -> bool:
    """Whether the book's prices were chosen by older rules or with another grace, so that all must be published
    anew.
    """
    book = session.execute(select(BookVersion.rules, BookVersion.evidence_grace_days)).one_or_none()
    return book is not None and (book.rules < RULES or timedelta(days=book.evidence_grace_days) != grace)


def keep_rules(session: Session, grace: timedelta) -> None:
    """Note that all prices of the book are chosen by these rules and with this grace."""
    session.execute(update(BookVersion).values(rules=RULES, evidence_grace_days=grace.days))


def _publish_chunk(
    session: Session,
    offerings: Collection[int],
    markets: Markets,
    readings_of: ReadingsOf,
    now: datetime,
) -> Iterator[tuple[str, datetime]]:
    """Publish some offerings, reading only what bears on them; yields source and time of what waits."""
    components, sources = markets.components, markets.sources
    source_ids = {source.slug: id_ for id_, source in sources.items()}
    known = reviews.reviews_of(session, offerings)
    books = _books(session, offerings, markets, readings_of, reviews.verdicts_in(known, components, sources))
    flags = {offering: book.flags for offering, book in books.items()}
    reviews.keep_reviews(session, known, flags, source_ids, now)
    _bring_up_to(session, books, source_ids, now)
    return ((f.key.source, f.key.time) for found in flags.values() for f in found if f.is_pending)


def _books(
    session: Session,
    offerings: Collection[int],
    markets: Markets,
    readings_of: ReadingsOf,
    verdicts: Mapping[int, Mapping[ObservationKey, Verdict]],
) -> dict[int, OfferingBook]:
    """What the domain makes of all that is known of these offerings."""
    components, sources = markets.components, markets.sources
    traits = select(Offering.id, Offering.slug, Offering.mode, Offering.provider_id).where(Offering.id.in_(offerings))
    rows = session.execute(traits).all()
    of_offering = {id_: (mode, provider) for id_, _, mode, provider in rows}
    slugs = {id_: slug for id_, slug, *_ in rows}
    ranks = ranks_by_provider(session, {provider for _, provider in of_offering.values()}, sources)
    observed = observations.observations_of(session, offerings, components, sources)
    read = readings_of({id_: provider for id_, (_, provider) in of_offering.items()})
    pinned = pins.pins_of(session, offerings, components)
    return {
        offering: publish_offering(
            observed[offering],
            snapshots=read[offering].lists,
            readings=read[offering],
            mode=mode,
            ranks=ranks[provider],
            verdicts=verdicts.get(offering, {}),
            pins=pinned.get(offering, {}),
            market=markets.market_of(offering, slugs),
        )
        for offering, (mode, provider) in of_offering.items()
    }


def keep_meters(session: Session, slugs: Collection[str]) -> None:
    """Keep the rows of ``meter`` that prices of these meters refer to; a meter is never removed."""
    meters = [METERS[slug] for slug in sorted(slugs)]
    rows = [
        {"slug": m.slug, "family": m.family, "per_quantity": m.per, "dimensions": dict(m.dimensions)} for m in meters
    ]
    if rows:
        session.execute(upsert(MeterRow).on_conflict_do_nothing(), rows)


def _bring_up_to(
    session: Session, books: Mapping[int, OfferingBook], source_ids: Mapping[str, int], now: datetime
) -> None:
    """Close the current rows that the books no longer hold, and add those that are missing.

    What stands is read back and compared rather than tracked: a row that is still true keeps its id and its recorded
    time, which quotes name and repeat, however often its offering is published; and whatever an earlier version or a
    person left in the table is set right the next time.
    """
    prices = [values for offering, book in books.items() for values in _values(book, offering, source_ids)]
    others = [values for offering, book in books.items() for values in _other_values(book, offering, source_ids)]
    keep_meters(session, {values["meter"] for values in (*prices, *others)})
    _keep(session, PriceRow, _KEY, books.keys(), prices, now)
    _keep(session, OtherPriceRow, ("reason", *_OTHER_KEY), books.keys(), others, now)


def _keep(
    session: Session,
    table: type[PriceRow] | type[OtherPriceRow],
    key: Sequence[str],
    offerings: Collection[int],
    rows: Iterable[dict[str, Any]],
    now: datetime,
) -> None:
    wanted = {_identity(values, key): values for values in rows}
    current = select(table.__table__).where(table.offering_id.in_(offerings), table.current())
    ended = [row.id for row in session.execute(current) if wanted.pop(_identity(row._asdict(), key), None) is None]
    table.close_all(session, ended, now)  # before what replaces them comes: the database refuses overlaps
    insert_all(session, table, (values | {"recorded": since(now)} for values in wanted.values()))


def _identity(values: Mapping[str, Any], key: Sequence[str]) -> tuple[Any, ...]:
    """What makes two rows say the same; an open bound is written in two ways, so bounds are compared by value."""
    valid = values["valid"]
    return (values["offering_id"], valid.lower, valid.upper, *(values[name] for name in key))


def _values(book: OfferingBook, offering: int, source_ids: Mapping[str, int]) -> Iterable[dict[str, Any]]:
    for component, entries in book.prices.items():
        condition = {"meter": component.meter} | _condition_columns(component.conditions)
        for entry in entries:
            source_id = source_ids[entry.source]
            yield {"offering_id": offering, **condition, **_entry_columns(entry), "source_id": source_id}


def _other_values(book: OfferingBook, offering: int, source_ids: Mapping[str, int]) -> Iterable[dict[str, Any]]:
    for other in book.others:
        columns = _entry_columns(other.entry)
        yield {
            "reason": other.reason,
            "offering_id": offering,
            "meter": other.component.meter,
            "condition_key": other.component.conditions.key,
            "source_id": source_ids[other.entry.source],
            "valid": columns["valid"],
        } | {name: columns[name] for name in _OTHER_KEY if name in columns}


def _condition_columns(conditions: Conditions) -> dict[str, Any]:
    step = conditions.step
    return {
        "condition_key": conditions.key,
        "service_tier": conditions.service_tier,
        "region": conditions.region,
        "step_above": step.above if step else None,
        "step_inclusive": bool(step and step.inclusive),
        "step_marginal": bool(step and step.marginal),
        "schedule_key": conditions.schedule.key if conditions.schedule else None,
        "extra": dict(conditions.extra),
    }


def _entry_columns(entry: TimelineEntry) -> dict[str, Any]:
    segment = entry.segment
    return {
        "state": segment.state,
        "amount": segment.amount,
        "currency": segment.currency,
        "per_quantity": segment.per,
        "minimum_quantity": segment.minimum_quantity,
        "valid": Range(segment.valid_from, segment.valid_until, bounds="[)"),
        "basis": segment.basis,
        "bracket_from": entry.bracket_from,
        "observed_at": entry.observed,
        "first_seen": entry.first_seen,
        "superseded_at": entry.superseded_at,
        "fresh_from": entry.fresh_from,
        "fresh_until": entry.fresh_until,
        "known_from": entry.known_from,
        "source_url": segment.source_url,
    }
