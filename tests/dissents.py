"""Where sources differ from what is published, by the domain alone: what the database's answer is compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.publishing.alike import paid_together
from llmpricing.domain.publishing.flags import Observed, Snapshots
from llmpricing.domain.publishing.publish import RANKS, publish_offering
from llmpricing.domain.publishing.quarantine import sift
from llmpricing.domain.publishing.sightings import Readings, with_ends
from llmpricing.domain.publishing.timeline_entries import TimelineEntry, entry_at, same_value


@dataclass(frozen=True)
class Dissent:
    """What another source states, where and while it differs from the published price; ``factor`` is theirs / ours."""

    component: Component
    published: TimelineEntry
    stated: TimelineEntry
    factor: Fraction | None


def dissents(observed: Observed, snapshots: Snapshots, mode: str | None, **more: Any) -> Iterator[Dissent]:
    """Where sources differ from what is published of an offering: also under a pin, also by rounding; what is published
    as unknown is nobody's price.
    """
    believed, _ = sift(observed, snapshots, mode, more.get("ranks", RANKS), {})
    for component, entries in publish_offering(observed, snapshots=snapshots, mode=mode, **more).prices.items():
        for source, stated in believed.get(component, {}).items():
            for published in (e for e in entries if e.source != source and e.segment.state is not State.UNKNOWN):
                yield from (d for entry in stated for d in _dissent(component, published, entry))


def _dissent(component: Component, published: TimelineEntry, entry: TimelineEntry) -> Iterator[Dissent]:
    earliest = entry.known_from if entry.segment.basis is Basis.UNDATED else entry.start
    start, end = max(published.start, entry.start, earliest), min(published.end, entry.end)
    if start < end and not same_value(published.segment, entry.segment):
        yield Dissent(component, published, entry.within(start, end), entry.segment.factor(published.segment))


Pair = tuple[Component, str | None, str | None, str, Fraction | None]


def differing_now(
    observed: Observed, snapshots: Snapshots, mode: str | None, at: datetime, readings: Readings, ranks: Any
) -> Iterator[Pair]:
    """By the timelines of all that was ever observed: series, conditions here and there (None: has no price), source
    and factor, where a list that is fresh at ``at`` differs from what is published for the same request.
    """
    believed, flags = sift(observed, snapshots, mode, ranks, {})
    told = with_ends(believed, observed, flags, {}, readings)
    prices = publish_offering(observed, snapshots=snapshots, mode=mode, ranks=ranks, readings=readings).prices
    ours = _by_series({component: entry_at(entries, at) for component, entries in prices.items()})
    for source in {source for by_source in told.values() for source in by_source}:
        stated = {component: entry_at(by.get(source, ()), at) for component, by in told.items()}
        theirs = _by_series({c: entry if entry and entry.is_fresh(at) else None for c, entry in stated.items()})
        for series in ours.keys() | theirs.keys():
            for here, there in _paid(series, ours, theirs, at):
                one, other = ours.get(series, {}).get(here), theirs.get(series, {}).get(there)
                if _differ(one, other, source):
                    factor = other.segment.factor(one.segment) if one and other else None
                    yield series, one and here and here.key, other and there and there.key, source, factor


_Series = dict[Component, dict[Conditions, TimelineEntry]]


def _by_series(entries: dict[Component, TimelineEntry | None]) -> _Series:
    found: _Series = defaultdict(dict)
    for component, entry in entries.items():
        if entry is not None:
            found[component.series][component.conditions] = entry
    return dict(found)


def _paid(series: Component, ours: _Series, theirs: _Series, at: datetime) -> Iterator[Any]:
    if series in ours and series in theirs:
        yield from paid_together(ours[series].keys(), theirs[series].keys(), at)
    standard = series._replace(conditions=replace(series.conditions, service_tier=STANDARD))
    if standard != series and standard in ours and standard in theirs:
        if series not in theirs:
            yield min(ours[series], key=lambda c: c.specificity), None
        if series not in ours:
            yield None, min(theirs[series], key=lambda c: c.specificity)


def _differ(one: TimelineEntry | None, other: TimelineEntry | None, source: str) -> bool:
    states = {entry.segment.state for entry in (one, other) if entry}
    if State.UNKNOWN in states or (one and one.source == source):
        return False
    if not (one and other):
        return State.NOT_OFFERED not in states
    factor = other.segment.factor(one.segment)
    return not other.segment.same_as(one.segment) if factor is None else abs(factor - 1) > Fraction(1, 10**9)
