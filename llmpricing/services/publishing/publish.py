"""Bring published prices up to the observations, verdicts and pins: close what no longer holds, add what does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.meters import METERS
from llmpricing.domain.publishing.publish import OfferingBook, publish_offering
from llmpricing.domain.publishing.timelines import TimelineEntry
from llmpricing.models import MeterRow, Offering, PriceRow, Source
from llmpricing.models.session import ONE_INSERT
from llmpricing.services.publishing import observations, pins, reviews
from llmpricing.services.publishing.source_ranks import ranks_by_offering

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
    "known_from",
    "source_url",
)


def publish(
    session: Session,
    offerings: Collection[int],
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Counter[tuple[str, datetime]]:
    """Publish these offerings anew as of ``now``; returns how many observations wait, by source and time."""
    keep_meters(session)
    components = observations.Components(session)
    snapshots = observations.snapshots_of(session)
    sources = session.scalars(select(Source)).all()
    ranks = ranks_by_offering(session)
    ids, slugs = {s.slug: s.id for s in sources}, {s.id: s.slug for s in sources}
    modes = {id_: mode for id_, mode in session.execute(select(Offering.id, Offering.mode))}
    flagged: Counter[tuple[str, datetime]] = Counter()
    done = 0
    ordered = sorted(offerings)
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        observed = observations.observations_of(session, chunk, components)
        verdicts = reviews.verdicts_of(session, chunk, components, slugs)
        held = pins.pins_of(session, chunk, components)
        books = {
            offering: publish_offering(
                observed[offering],
                snapshots=snapshots,
                mode=modes[offering],
                ranks=ranks[offering],
                verdicts=verdicts.get(offering, {}),
                pins=held.get(offering, {}),
            )
            for offering in chunk
        }
        flags = {offering: book.flags for offering, book in books.items()}
        flagged.update((f.key.source, f.key.time) for found in flags.values() for f in found if f.is_pending)
        reviews.keep_reviews(session, flags, ids, now)
        _bring_up_to(session, books, ids, now)
        done += len(chunk)
        progress(done, len(offerings))
    return flagged


def keep_meters(session: Session) -> None:
    """Keep the rows of ``meter`` that prices refer to; a meter is never removed."""
    rows = [
        {"slug": m.slug, "family": m.family, "per_quantity": m.per, "dimensions": dict(m.dimensions)}
        for m in METERS.values()
    ]
    session.execute(upsert(MeterRow).on_conflict_do_nothing(), rows)


def _bring_up_to(
    session: Session, books: Mapping[int, OfferingBook], source_ids: Mapping[str, int], now: datetime
) -> None:
    wanted = {
        _identity(offering, values): values
        for offering, book in books.items()
        for values in _values(book, offering, source_ids)
    }
    current = select(PriceRow.__table__).where(PriceRow.offering_id.in_(books), func.upper_inf(PriceRow.recorded))
    ended: list[int] = []
    for row in session.execute(current):
        if wanted.pop(_identity(row.offering_id, row._asdict()), None) is None:
            ended.append(row.id)
    if ended:
        recorded = func.tstzrange(func.lower(PriceRow.recorded), now)
        session.execute(
            update(PriceRow).where(PriceRow.id.in_(ended)).values(recorded=recorded),
            execution_options={"synchronize_session": False},
        )
    if wanted:
        added = [values | {"recorded": Range(now, None)} for values in wanted.values()]
        session.execute(insert(PriceRow), added, execution_options=ONE_INSERT)


def _identity(offering: int, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two rows say the same; an open bound is written in two ways, so bounds are compared by value."""
    valid = values["valid"]
    return (offering, valid.lower, valid.upper, *(values[name] for name in _KEY))


def _values(book: OfferingBook, offering: int, source_ids: Mapping[str, int]) -> Iterable[dict[str, Any]]:
    for component, entries in book.prices.items():
        condition = {"meter": component.meter} | _condition_columns(component.conditions)
        for entry in entries:
            source_id = source_ids[entry.source]
            yield {"offering_id": offering, **condition, **_entry_columns(entry), "source_id": source_id}


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
        "state": segment.state.value,
        "amount": segment.amount,
        "currency": segment.currency,
        "per_quantity": segment.per,
        "minimum_quantity": segment.minimum_quantity,
        "valid": Range(segment.valid_from, segment.valid_until, bounds="[)"),
        "basis": segment.basis.value,
        "bracket_from": entry.bracket_from,
        "observed_at": entry.observed,
        "known_from": entry.known_from,
        "source_url": segment.source_url,
    }
