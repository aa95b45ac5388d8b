"""Import a price list: it lands whole or not at all, never deletes, and doing it twice changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, undefer

from llmpricing.domain.observations import PriceList, Problem
from llmpricing.models import Observation, Offering, Source, SourceFetch
from llmpricing.models.migrations import IMPORT_LOCK
from llmpricing.services import catalogue_names, catalogue_rows, publishing, words
from llmpricing.services.words import Said, component_text
from llmpricing.sources.registry import SourceInfo

READ = ("imported", "unchanged")
Progress = Callable[[int, int], None]  # offerings published so far, of how many


class ImportRefused(Exception):
    """The list would harm the price book; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Bytes of a price list, when they were published and read, and where they came from."""

    data: bytes
    published_at: datetime
    fetched_at: datetime
    origin: str
    etag: str | None = None
    describes_only: bool = False  # take what it says of known offerings, not its prices

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Summary:
    """What an import did, in components: one meter of one offering under one set of conditions."""

    source: str
    published_at: datetime
    digest: str
    outcome: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    unknown_keys: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def import_lists(
    session: Session, lists: Sequence[tuple[SourceInfo, Reading]], progress: Progress = lambda done, total: None
) -> list[Summary]:
    """Bring the price book up to what the lists say, inside the session's transaction; published once for all.

    Raises SourceError for a list that cannot be read and ImportRefused for one that must not land.
    """
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})
    now = publishing.recording_time(session, max(reading.fetched_at for _, reading in lists))
    summaries, touched = [], set()
    for info, reading in lists:
        summary, offerings = _record(session, info, reading, now)
        summaries.append(summary)
        touched |= offerings
    if touched or any(summary.outcome == "imported" for summary in summaries):
        flagged = publishing.publish(session, touched, now, progress)
        for summary in summaries:
            summary.quarantined = flagged.get(summary.source, 0)
        publishing.raise_version(session, now)
    return summaries


def _record(session: Session, info: SourceInfo, reading: Reading, now: datetime) -> tuple[Summary, set[int]]:
    """Keep what one list says; returns the offerings whose published prices it may change."""
    source = keep_source(session, info)
    earlier, later = _neighbours(session, source, reading.published_at)
    if earlier is not None and earlier.sha256 == reading.sha256:
        return _unchanged(session, source, reading, earlier, later)
    if reading.describes_only:
        return _describe(session, source, info, reading, now), set()
    price_list = info.parse(reading.data)
    _refuse_harm(price_list, reading, earlier)
    fetch = _fetch(source, reading, "imported")
    session.add(fetch)
    session.flush()
    ids = _keep_catalogue(session, source, price_list, reading, now)
    fetch.listed = sorted(ids[o.slug] for o in price_list.offerings if o.statements)
    summary = Summary(info.slug, reading.published_at, reading.sha256, "imported")
    touched = _keep_words(session, source, fetch, later, _said(price_list, ids), summary)
    _conclude(fetch, summary, price_list)
    return summary, touched


def _describe(session: Session, source: Source, info: SourceInfo, reading: Reading, now: datetime) -> Summary:
    """Take capabilities, limits and the like of offerings that other sources price; no offering is added."""
    summary = Summary(info.slug, reading.published_at, reading.sha256, "described")
    seen = select(SourceFetch.id).where(SourceFetch.source_id == source.id, SourceFetch.sha256 == reading.sha256)
    if session.scalar(seen.limit(1)) is None:
        known = set(session.scalars(select(Offering.slug)))
        found = [replace(o, statements=()) for o in info.parse(reading.data).offerings if o.slug in known]
        catalogue_rows.keep_offerings(session, source, found, reading.published_at, now)
        fetch = _fetch(source, reading, summary.outcome)
        fetch.counts = {"entries": len(found)}
        session.add(fetch)
    return summary


def keep_source(session: Session, info: SourceInfo) -> Source:
    """The source's row, made or brought up to date."""
    values = {k: v for k, v in asdict(info).items() if k != "parse"}
    statement = upsert(Source).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["slug"], set_=values))
    found = select(Source).where(Source.slug == info.slug).execution_options(populate_existing=True)
    return session.scalars(found).one()


def _neighbours(
    session: Session, source: Source, published_at: datetime
) -> tuple[SourceFetch | None, SourceFetch | None]:
    """The source's nearest lists published by then and after."""
    read = select(SourceFetch).where(SourceFetch.source_id == source.id, SourceFetch.outcome.in_(READ))
    read = read.options(undefer(SourceFetch.listed)).limit(1)
    time = SourceFetch.published_at
    earlier = session.scalars(read.where(time <= published_at).order_by(time.desc(), SourceFetch.id.desc())).first()
    later = session.scalars(read.where(time > published_at).order_by(time, SourceFetch.id)).first()
    return earlier, later


def _fetch(source: Source, reading: Reading, outcome: str) -> SourceFetch:
    return SourceFetch(
        source_id=source.id,
        fetched_at=reading.fetched_at,
        published_at=reading.published_at,
        origin=reading.origin,
        etag=reading.etag,
        sha256=reading.sha256,
        size_bytes=len(reading.data),
        outcome=outcome,
        listed=[],
    )


def _unchanged(
    session: Session, source: Source, reading: Reading, earlier: SourceFetch, later: SourceFetch | None
) -> tuple[Summary, set[int]]:
    """Note that the source still says the same, unless that very list was read before."""
    summary = Summary(source.slug, reading.published_at, reading.sha256, "unchanged")
    summary.unchanged = sum(earlier.counts.get(name, 0) for name in ("new", "changed", "unchanged"))
    summary.unknown_keys = earlier.unknown_keys
    if earlier.published_at < reading.published_at:
        fetch = _fetch(source, reading, "unchanged")
        fetch.listed, fetch.unknown_keys = earlier.listed, earlier.unknown_keys
        fetch.counts = {"unchanged": summary.unchanged, "entries": earlier.counts.get("entries", 0)}
        session.add(fetch)
        if later is not None:  # changes of the later list were bracketed by the earlier one, and now by this
            return summary, {offering for offering, _ in _told_at(session, source, later.published_at)}
    return summary, set()


def _refuse_harm(price_list: PriceList, reading: Reading, earlier: SourceFetch | None) -> None:
    if not price_list.offerings:
        raise ImportRefused(f"{reading.origin} holds no entry that can be read; nothing was changed.")
    if earlier is None:
        return
    if earlier.published_at == reading.published_at:
        raise ImportRefused(
            f"Another list of this source, published at {reading.published_at.isoformat()}, is in the price book "
            "already. Give the new one its own time with --published."
        )
    before = earlier.counts.get("entries", 0)
    if price_list.entries * 2 < before:
        raise ImportRefused(
            f"{reading.origin} holds {price_list.entries} entries, the list before it {before}: more than half are "
            "gone, which is a broken download more often than news. Nothing was changed."
        )


def _keep_catalogue(
    session: Session, source: Source, price_list: PriceList, reading: Reading, now: datetime
) -> dict[str, int]:
    slugs = {offering.provider for offering in price_list.offerings}
    catalogue_rows.keep_providers(session, price_list.providers, slugs)
    ids = catalogue_rows.keep_offerings(session, source, price_list.offerings, reading.published_at, now)
    words.keep_schedules(session, (s for o in price_list.offerings for s in o.statements))
    catalogue_names.keep_names(session, source, price_list, ids, now)
    return ids


def _said(price_list: PriceList, ids: Mapping[str, int]) -> dict[tuple[int, str], Said]:
    """The list's words by offering and component."""
    return {
        (ids[offering.slug], component_text(statement.meter, statement.conditions)): statement.segments
        for offering in price_list.offerings
        for statement in offering.statements
    }


def _keep_words(
    session: Session,
    source: Source,
    fetch: SourceFetch,
    later: SourceFetch | None,
    said: dict[tuple[int, str], Said],
    summary: Summary,
) -> set[int]:
    """Append what is new to the history; returns the offerings whose published prices it may change."""
    before = words.last_words(session, source, fetch.published_at)
    changes: dict[tuple[int, str], Said] = {}
    for key, segments in said.items():
        if key not in before:
            summary.new += 1
        elif words.comparable(before[key]) != words.comparable(segments):
            summary.changed += 1
        else:
            summary.unchanged += 1
            continue
        changes[key] = segments
    changes |= dict.fromkeys(_withdrawn(before, said, set(fetch.listed)), ())
    rows = {(fetch.published_at, *key): segments for key, segments in changes.items()}
    touched = {offering for offering, _ in changes}
    if later is not None:
        told = _told_at(session, source, later.published_at)
        restated = _restated(before, changes, told, set(later.listed))
        rows |= {(later.published_at, *key): segments for key, segments in restated}
        # The list between two others is the new lower bound of changes that were bracketed by the earlier one.
        touched |= {offering for offering, _ in told}
    words.keep_words(session, source, fetch, rows)
    return touched


def _withdrawn(
    before: Mapping[tuple[int, str], Said], said: Mapping[tuple[int, str], Said], listed: set[int]
) -> Iterator[tuple[int, str]]:
    """Prices that the source no longer states though it still prices the offering."""
    return (key for key, segments in before.items() if segments and key[0] in listed and key not in said)


def _told_at(session: Session, source: Source, time: datetime) -> set[tuple[int, str]]:
    query = select(Observation.offering_id, Observation.component).where(
        Observation.source_id == source.id, Observation.time == time
    )
    return {(offering, component) for offering, component in session.execute(query)}


def _restated(
    before: Mapping[tuple[int, str], Said],
    changes: Iterable[tuple[int, str]],
    told: set[tuple[int, str]],
    listed: set[int],
) -> Iterator[tuple[tuple[int, str], Said]]:
    """What the next list said though it was no news then: after an older list has come between, it is."""
    for key in changes:
        if key not in told and key[0] in listed:
            yield key, before.get(key, ())


def _conclude(fetch: SourceFetch, summary: Summary, price_list: PriceList) -> None:
    summary.unknown_keys = dict(price_list.unknown_keys.most_common())
    summary.problems = price_list.problems
    fetch.unknown_keys = summary.unknown_keys
    fetch.problems = [{"key": problem.key, "reason": problem.reason} for problem in price_list.problems]
    fetch.counts = {
        "new": summary.new,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "entries": price_list.entries,
    }
