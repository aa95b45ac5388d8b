"""Which source speaks: at each time one voice for all of a tariff, by evidence.

In each group (service tier, region and further conditions) the best evidence that prices its input is the voice for
input, output, cache, their steps and schedules. Another source fills in what the voice lacks only where it asks the
same for input then: it describes the same tariff. Where no source prices input, each meter is chosen for itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import combinations, pairwise

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.evidence import Sighting
from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.publishing.flags import Timelines
from llmpricing.domain.publishing.guard_evidence import UNRANKED
from llmpricing.domain.publishing.sightings import Readings
from llmpricing.domain.publishing.timeline_entries import BEGINNING, END, TimelineEntry

INPUT = "input_tokens"
_ROUNDING = Fraction(5, 1000)  # two prices that differ by no more are the same
Book = dict[Component, tuple[TimelineEntry, ...]]
_SECOND = timedelta(seconds=1)
_Order = tuple[bool, bool, timedelta, int, str]
_BySource = Mapping[str, TimelineEntry]


def choose(timelines: Timelines, ranks: Mapping[str, int], readings: Readings) -> Book:
    """The published prices of one offering, without pins."""
    if len({source for by_source in timelines.values() for source in by_source}) <= 1:
        return {component: entries for component, found in timelines.items() for entries in found.values() if entries}
    groups: dict[Conditions, Timelines] = defaultdict(dict)
    for component, by_source in timelines.items():
        groups[component.conditions.series][component] = by_source
    chooser = _Chooser(timelines, ranks, readings)
    book: Book = {}
    for group, members in groups.items():
        book |= chooser.book(group, members)
    return book


def agree(one: DatedPrice, other: DatedPrice) -> bool:
    """Whether two prices are the same but for rounding (0.5 %)."""
    factor = one.factor(other)
    return one.same_as(other) if factor is None else abs(factor - 1) <= _ROUNDING


@dataclass(frozen=True, slots=True)
class _Voice:
    """The source that speaks for a group at a time, and all that ask the same for input."""

    source: str
    agreeing: frozenset[str]


@dataclass(frozen=True)
class _Chooser:
    timelines: Timelines
    ranks: Mapping[str, int]
    readings: Readings

    @cached_property
    def _sightings(self) -> dict[int, Sighting]:
        return {}

    def book(self, group: Conditions, members: Timelines) -> Book:
        """The prices of one group."""
        series: dict[Component, list[Component]] = defaultdict(list)
        for component in members:
            series[component.series].append(component)
        spans: dict[Component, list[tuple[TimelineEntry, datetime, datetime]]] = defaultdict(list)
        for start, end in pairwise(self._bounds(group, members)):
            voice = self._voice(group, start)
            for components in series.values():
                for component, entry in self._chosen(components, voice, start):
                    _extend(spans[component], entry, start, end)
        return {
            component: tuple(entry.within(start, end) for entry, start, end in found)
            for component, found in spans.items()
        }

    def _bounds(self, group: Conditions, members: Timelines) -> list[datetime]:
        """All times at which the choice may change."""
        found = {BEGINNING, END}
        inputs = (self.timelines.get(Component(INPUT, parent), {}) for parent in lineage(group))
        for by_source in (*members.values(), *inputs):
            sightings = []
            for entry in (entry for entries in by_source.values() for entry in entries):
                sightings.append((entry, sighting := self._sighting(entry)))
                found |= {entry.start, entry.end, sighting.first, min(sighting.fresh_until, END)}
            for (_, one), (_, other) in combinations(sightings, 2):
                found |= {_middle(one, other), _middle(other, one)}
        return sorted(found)

    def _sighting(self, entry: TimelineEntry) -> Sighting:
        sighting = self._sightings.get(id(entry))
        if sighting is None:
            sighting = self._sightings[id(entry)] = self.readings.sighting(entry)
        return sighting

    def _order(self, entry: TimelineEntry, at: datetime) -> _Order:
        """Fresh before carried, of those the shorter distance, then trust; last what its source withdrew."""
        evidence = self._sighting(entry).at(at)
        rank = self.ranks.get(entry.source, UNRANKED)
        return (entry.is_carried_on, not evidence.is_fresh, evidence.distance, rank, entry.source)

    def _at(self, component: Component, at: datetime) -> _BySource:
        """What each source says of a component at a time, but for what waits."""
        found = {}
        for source, entries in self.timelines.get(component, {}).items():
            for entry in entries:
                if entry.covers(at) and entry.segment.state is not State.UNKNOWN:
                    found[source] = entry
        return found

    def _voice(self, group: Conditions, at: datetime) -> _Voice | None:
        for conditions in lineage(group):
            inputs = self._at(Component(INPUT, conditions), at)
            if inputs:
                best = min(inputs.values(), key=lambda entry: self._order(entry, at))
                agreeing = {source for source, entry in inputs.items() if agree(entry.segment, best.segment)}
                finer = self._finer(conditions, {source: inputs[source] for source in agreeing}, best, at)
                return _Voice((finer or best).source, frozenset(agreeing))
        return None

    def _finer(self, group: Conditions, inputs: _BySource, best: TimelineEntry, at: datetime) -> TimelineEntry | None:
        """The same input of the most trusted fresh list that knows on which days the voice's hours run."""
        series = Component(INPUT, group)
        if self._names_days(series, best.source, at) is not False:
            return None
        fresh = [e for s, e in inputs.items() if self._names_days(series, s, at) and self._sighting(e).at(at).is_fresh]
        return min(fresh, key=lambda entry: self._order(entry, at), default=None)

    def _names_days(self, series: Component, source: str, at: datetime) -> bool | None:
        """Whether a source's schedules of a series tell of weekdays; None where it has no schedule."""
        schedules = [
            component.conditions.schedule
            for component, by_source in self.timelines.items()
            if component.conditions.schedule
            and component.series == series
            and any(entry.covers(at) for entry in by_source.get(source, ()))
        ]
        return any(s.weekdays or s.holidays for s in schedules if s) if schedules else None

    def _chosen(
        self, components: Iterable[Component], voice: _Voice | None, at: datetime
    ) -> Iterator[tuple[Component, TimelineEntry]]:
        """The entries of one series at a time: all of one source, but for what waits."""
        stated = {component: self._at(component, at) for component in components}
        waiting = {component: self._waiting(component, at) for component in stated}
        source = self._speaker(stated.values(), voice, at) or self._waits(waiting.values(), voice)
        for component, by_source in stated.items():
            entry = by_source.get(source or "")
            if entry is None and (stopped := waiting[component].get(source or "")):
                others = [e for s, e in by_source.items() if voice is None or s in voice.agreeing]
                entry = min(others, key=lambda entry: self._order(entry, at), default=stopped)
            if entry:
                yield component, entry

    def _speaker(self, stated: Iterable[_BySource], voice: _Voice | None, at: datetime) -> str | None:
        entries = [entry for by_source in stated for entry in by_source.values()]
        if voice:
            if any(entry.source == voice.source and not entry.is_carried_on for entry in entries):
                return voice.source
            entries = [entry for entry in entries if entry.source in voice.agreeing]
        best = min(entries, key=lambda entry: self._order(entry, at), default=None)
        return best.source if best else None

    def _waits(self, waiting: Iterable[_BySource], voice: _Voice | None) -> str | None:
        """The source whose word waits, where none is believed: the voice, or the most trusted."""
        sources = {source for by_source in waiting for source in by_source}
        if voice:
            return voice.source if voice.source in sources else None
        return min(sources, key=lambda source: (self.ranks.get(source, UNRANKED), source), default=None)

    def _waiting(self, component: Component, at: datetime) -> _BySource:
        """By source what is published as unknown of a component, because what it said then waits."""
        return {
            source: entry
            for source, entries in self.timelines[component].items()
            for entry in entries
            if entry.covers(at) and entry.segment.state is State.UNKNOWN
        }


def lineage(group: Conditions) -> Iterator[Conditions]:
    """A group and those whose input stands for it where it has none: without further conditions, region, tier."""
    yield group
    for plain in ({"extra": ()}, {"region": ""}, {"service_tier": STANDARD}):
        parent = replace(group, **plain)
        if parent != group:
            group = parent
            yield group


def _middle(earlier: Sighting, later: Sighting) -> datetime:
    """When the later of two prices is the nearer one, where both are carried: one forward, one back from its first."""
    if earlier.last >= later.first:
        return BEGINNING
    return (earlier.last + (later.first - earlier.last) / 2).replace(microsecond=0) + _SECOND


def _extend(
    spans: list[tuple[TimelineEntry, datetime, datetime]], entry: TimelineEntry, start: datetime, end: datetime
) -> None:
    if spans and spans[-1][0] is entry and spans[-1][2] == start:
        start = spans.pop()[1]
    spans.append((entry, start, end))
