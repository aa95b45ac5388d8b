"""Import a price list: it lands whole or not at all, never deletes, and doing it twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from llmpricing.domain.observations import FetchOutcome, PriceList, Problem
from llmpricing.models import Offering, Source, SourceFetch
from llmpricing.services.imports import observed_changes, offering_facts, recognition, touching
from llmpricing.services.imports.fetches import ReadList, keep_source, new_fetch, newest_list
from llmpricing.services.imports.kept_lists import keep_list
from llmpricing.services.imports.list_checks import (
    ImportRefused,
    kept_sizes,
    refuse_empty,
    refuse_losses,
    refuse_shifted,
    refuse_shrunken,
    refuse_too_many,
    sizes_of,
)
from llmpricing.services.imports.observed_changes import ObservedChanges
from llmpricing.services.memory import rare_collections
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.services.publishing import observations, publish
from llmpricing.services.publishing.last_sightings import keep_last_sightings
from llmpricing.services.publishing.markets import waiting_on_others
from llmpricing.services.publishing.readings import lists_of
from llmpricing.sources.declaration import SourceInfo

Progress = Callable[[int, int], None]  # offerings published so far, of how many


_ANALYZE = text("analyze offering, price, model_pricing_history, newest_observation, review, source_fetch")
# So many changed offerings change the tables' statistics, without which PostgreSQL plans as for empty tables until its
# autovacuum comes by: a question of 0.2 s then took more than 10 s.
MANY = 500


@dataclass
class ImportSummary:
    """What an import did, in components: one meter of one offering under one set of conditions."""

    source: str
    published_at: datetime
    digest: str
    outcome: FetchOutcome
    new: int = 0
    changed: int = 0
    withdrawn: int = 0  # of offerings that the list still prices otherwise
    unchanged: int = 0
    quarantined: int = 0
    unknown_keys: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    noted: bool = True  # false where that very list was in the price book already


@rare_collections()
def import_lists(
    session: Session,
    lists: Sequence[tuple[SourceInfo, ReadList]],
    progress: Progress = lambda done, total: None,
    *,
    grace_days: int | None = None,
) -> list[ImportSummary]:
    """Bring the price book up to what the lists say, inside the session's transaction; published once for all.

    A source speaks on for ``grace_days`` after its last list; None: as in the prices that are published already.
    Raises SourceError for a list that cannot be read and ImportRefused for one that must not land.
    """
    now = begin_change(session, max(reading.fetched_at for _, reading in lists))
    grace = publish.grace_of(session) if grace_days is None else timedelta(days=grace_days)
    modes, read_before = _modes(session), lists_of(session)
    summaries, touched = [], set()
    for info, reading in lists:
        summary, offerings = _record(session, info, reading, now)
        summaries.append(summary)
        touched |= offerings
    touched |= _other_modes(session, modes)
    touched |= touching.of_other_standing(session, read_before, grace)
    if touched:
        touched |= waiting_on_others(session)
    renewed = publish.is_chosen_otherwise(session, grace)
    if renewed:
        touched |= set(session.scalars(select(Offering.id)))
    flagged = publish.publish(session, touched, now, progress, grace=grace) if touched else {}
    for summary in summaries:
        summary.quarantined = flagged.get((summary.source, summary.published_at), 0)
    if renewed or any(summary.noted for summary in summaries):  # also where only the freshness of a source is news
        if len(touched) > MANY:
            session.execute(_ANALYZE)
        end_change(session, now)
        publish.keep_rules(session, grace)
    return summaries


def _modes(session: Session) -> dict[int, str | None]:
    return {offering: mode for offering, mode in session.execute(select(Offering.id, Offering.mode))}


def _other_modes(session: Session, before: Mapping[int, str | None]) -> set[int]:
    """Known offerings that turned out to be of another mode, so that other guards look at their prices."""
    return {offering for offering, mode in _modes(session).items() if before.get(offering, mode) != mode}


def _record(session: Session, info: SourceInfo, reading: ReadList, now: datetime) -> tuple[ImportSummary, set[int]]:
    """Keep what one list says; returns the offerings whose published prices it may change."""
    source = keep_source(session, info)
    earlier = newest_list(session, source, reading.published_at)
    if earlier is not None and earlier.sha256 == reading.sha256:
        keep_list(session, info, source, reading)
        return _unchanged(session, source, reading, earlier, now)
    if reading.unmodified:
        raise ImportRefused(f"{info.slug} was imported by somebody else at the same time. Run this again.")
    if reading.describes_only:
        return _describe(session, source, info, reading, now), set()
    price_list = info.parse(reading.data)
    _refuse_harm(price_list, reading, earlier)
    fetch = new_fetch(source, reading, FetchOutcome.IMPORTED, now)
    session.add(fetch)
    session.flush()
    keep_list(session, info, source, reading)
    ids = _keep_catalogue(session, source, price_list, reading, now)
    priced = {ids[o.slug]: any(not s.is_zero for s in o.statements) for o in price_list.offerings if o.statements}
    fetch.listed = sorted(offering for offering, is_priced in priced.items() if is_priced)
    fetch.zeroed = sorted(offering for offering, is_priced in priced.items() if not is_priced)
    changed = observed_changes.keep_changes(session, source, fetch, observed_changes.stated_in(price_list, ids))
    keep_last_sightings(session, source, fetch)
    if not reading.allow_drop:
        refuse_losses(changed.losses, reading.origin)
    if earlier is not None and not reading.allow_changes:
        refuse_shifted(changed.factors, reading.origin, reading.published_at - earlier.published_at)
    touched = changed.touched | touching.left_out_or_back(session, source, fetch)
    return _conclude(fetch, changed, info.slug, price_list), touched


def _describe(session: Session, source: Source, info: SourceInfo, reading: ReadList, now: datetime) -> ImportSummary:
    """Take capabilities, limits and the like of offerings that other sources price; no offering is added."""
    summary = ImportSummary(info.slug, reading.published_at, reading.sha256, FetchOutcome.DESCRIBED)
    seen = select(SourceFetch.id).where(SourceFetch.source_id == source.id, SourceFetch.sha256 == reading.sha256)
    summary.noted = session.scalar(seen.where(SourceFetch.published_at == reading.published_at).limit(1)) is None
    if summary.noted:
        known = set(session.scalars(select(Offering.slug)))
        found = [replace(o, statements=()) for o in info.parse(reading.data).offerings if o.slug in known]
        offering_facts.keep_offerings(session, source, found, reading.published_at, now)
        fetch = new_fetch(source, reading, summary.outcome, now)
        fetch.counts = {"entries": len(found)}
        session.add(fetch)
        keep_list(session, info, source, reading)
    return summary


def _unchanged(
    session: Session, source: Source, reading: ReadList, earlier: SourceFetch, now: datetime
) -> tuple[ImportSummary, set[int]]:
    """Note that the source still says the same, unless that very list was read before."""
    summary = ImportSummary(source.slug, reading.published_at, reading.sha256, FetchOutcome.UNCHANGED)
    summary.unchanged = sum(earlier.counts.get(name, 0) for name in ("new", "changed", "unchanged"))
    summary.unknown_keys = earlier.unknown_keys
    summary.noted = earlier.published_at < reading.published_at
    if not summary.noted:
        return summary, set()
    fetch = new_fetch(source, reading, FetchOutcome.UNCHANGED, now)
    fetch.unknown_keys, fetch.size_bytes = earlier.unknown_keys, earlier.size_bytes
    fetch.counts = {"unchanged": summary.unchanged, **kept_sizes(earlier.counts)}
    session.add(fetch)
    offering_facts.repeat_facts(session, source, earlier.published_at, reading.published_at, now)
    return summary, observed_changes.bracketed_by(session, source, reading.published_at)


def _refuse_harm(price_list: PriceList, reading: ReadList, earlier: SourceFetch | None) -> None:
    refuse_empty(price_list, reading.origin)
    refuse_too_many(price_list, reading.origin, reading.max_entries)
    if earlier is None:
        return
    if earlier.published_at == reading.published_at:
        raise ImportRefused(
            f"Another list of this source, published at {reading.published_at.isoformat()}, is in the price book "
            "already, and one time takes one list. To keep both: llmpricing import --published TIME, for the new one."
        )
    if not reading.allow_drop:
        refuse_shrunken(price_list, reading.origin, earlier)


def _keep_catalogue(
    session: Session, source: Source, price_list: PriceList, reading: ReadList, now: datetime
) -> dict[str, int]:
    newest = session.scalar(
        select(func.max(SourceFetch.published_at)).where(
            SourceFetch.source_id == source.id, SourceFetch.undone_at.is_(None)
        )
    )
    is_newest = newest == reading.published_at
    slugs = {offering.provider for offering in price_list.offerings}
    providers = offering_facts.keep_providers(session, price_list.providers, slugs, is_newest=is_newest)
    recognition.keep_descriptions(session, source, price_list.providers, providers, now, is_newest=is_newest)
    ids = offering_facts.keep_offerings(session, source, price_list.offerings, reading.published_at, now)
    observations.keep_schedules(session, (s for o in price_list.offerings for s in o.statements))
    recognition.keep_names(session, source, price_list, ids, now, is_newest=is_newest)
    return ids


def _conclude(fetch: SourceFetch, changed: ObservedChanges, source: str, price_list: PriceList) -> ImportSummary:
    """Write down what the list held, and sum it up."""
    components = {name: getattr(changed, name) for name in ("new", "changed", "withdrawn", "unchanged")}
    fetch.counts = components | sizes_of(price_list)
    fetch.unknown_keys = dict(price_list.unknown_keys.most_common())
    fetch.problems = [{"key": problem.key, "reason": problem.reason} for problem in price_list.problems]
    return ImportSummary(
        source,
        fetch.published_at,
        fetch.sha256,
        FetchOutcome.IMPORTED,
        **components,
        unknown_keys=fetch.unknown_keys,
        problems=price_list.problems,
    )
