"""Take back the reading of a list: what it said stays on record and counts no more, from now on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.observations import FetchOutcome
from llmpricing.models import AuditEvent, ObservationRow, Source, SourceFetch
from llmpricing.services.imports import touching
from llmpricing.services.imports.importing import Progress
from llmpricing.services.imports.list_checks import ImportRefused
from llmpricing.services.imports.observed_changes import bracketed_by, keep_repeated, repeated_later
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.services.publishing import observations, publish
from llmpricing.services.publishing.last_sightings import renew_last_sightings
from llmpricing.services.publishing.markets import waiting_on_others
from llmpricing.services.publishing.newest import renew_newest
from llmpricing.services.publishing.observations import Segments
from llmpricing.services.publishing.readings import lists_of

_StatedSegments = dict[tuple[int, str], Segments]  # by offering and component


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of a list, as ``llmpricing import list`` shows it; ``changes``: components new, changed, withdrawn."""

    id: int
    source: str
    published_at: datetime
    fetched_at: datetime
    origin: str
    outcome: FetchOutcome
    changes: int
    undone_at: datetime | None


def readings(session: Session, source: str | None = None, most: int = 20) -> list[Reading]:
    """The newest readings by when they were recorded, of one source or of all; the newest first."""
    query = select(SourceFetch, Source.slug).join(Source).order_by(SourceFetch.id.desc()).limit(most)
    if source is not None:
        query = query.where(Source.slug == source)
    return [_reading(fetch, slug) for fetch, slug in session.execute(query)]


def undo(
    session: Session, fetch_id: int, by: str, at: datetime, note: str | None, progress: Progress = lambda _, __: None
) -> Reading:
    """Take back the reading of this number, inside the session's transaction, and publish anew what it touched.

    What later lists of its source say stays said by them, also where they only repeated it. Answers of a ``known_at``
    before stay; the same list can be imported again. Names and descriptions that the list brought stay. Raises
    ImportRefused for a number that is none, and for what was taken back or held no prices.
    """
    recorded = begin_change(session, at)
    fetch = session.get(SourceFetch, fetch_id)
    if fetch is None:
        raise ImportRefused(f"There is no reading {fetch_id}. See: llmpricing import list")
    source = fetch.source
    if fetch.undone_at is not None:
        raise ImportRefused(
            f"Reading {fetch_id} was taken back on {fetch.undone_at:%Y-%m-%d} already. To have it again: "
            f"llmpricing import {source.slug} FILE --published {fetch.published_at:%Y-%m-%dT%H:%M:%SZ}"
        )
    if fetch.outcome is FetchOutcome.DESCRIBED:
        raise ImportRefused(
            f"Reading {fetch_id} described offerings and held no prices: there is nothing to take back."
        )
    touched = _take_back(session, source, fetch, recorded)
    if touched:
        touched |= waiting_on_others(session)
        publish.publish(session, touched, recorded, progress)
    details = {"reading": fetch.id, "published_at": fetch.published_at.isoformat(), "sha256": fetch.sha256}
    if note is not None:
        details["note"] = note
    session.add(AuditEvent(at=recorded, actor=by, action="import_undone", subject=source.slug, details=details))
    end_change(session, recorded)
    return _reading(fetch, source.slug)


def was_undone(session: Session, sha256: str, published_at: datetime) -> bool:
    """Whether a person took back the reading of that very list."""
    query = select(SourceFetch.id).where(SourceFetch.sha256 == sha256, SourceFetch.published_at == published_at)
    return session.scalar(query.where(SourceFetch.undone_at.is_not(None)).limit(1)) is not None


def _take_back(session: Session, source: Source, fetch: SourceFetch, recorded: datetime) -> set[int]:
    """Mark the reading, and keep what later lists repeated; returns the offerings whose prices may move."""
    read_before = lists_of(session)
    touched = touching.left_out_or_back(session, source, fetch)
    stated = _stated_by(session, fetch)
    fetch.undone_at = recorded
    session.flush()
    keep_repeated(session, source, list(repeated_later(session, source, fetch, set(stated), stated)), stated)
    moved = {offering for offering, _ in stated}
    renew_newest(session, source, moved)
    renew_last_sightings(session, source)
    touched |= moved
    touched |= bracketed_by(session, source, fetch.published_at)
    return touched | touching.of_other_standing(session, read_before, publish.grace_of(session))


def _stated_by(session: Session, fetch: SourceFetch) -> _StatedSegments:
    """What the list stated that its source had not stated just before."""
    found: dict[tuple[int, str], list[object]] = defaultdict(list)
    rows = (
        select(ObservationRow.__table__)
        .where(ObservationRow.time == fetch.published_at, ObservationRow.fetch_id == fetch.id)
        .order_by(ObservationRow.segment)
    )
    for row in session.execute(rows):
        found[row.offering_id, row.component].append(row)
    return {key: observations.segments_in(of_key) for key, of_key in found.items()}


def _reading(fetch: SourceFetch, source: str) -> Reading:
    changes = sum(fetch.counts.get(name, 0) for name in ("new", "changed", "withdrawn"))
    return Reading(
        fetch.id,
        source,
        fetch.published_at,
        fetch.fetched_at,
        fetch.origin,
        fetch.outcome,
        changes,
        fetch.undone_at,
    )
