"""Which observations we believe: all are walked in the order of time, and guards stop the suspicious ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, pairwise
from types import MappingProxyType

from llmpricing.domain.components import Component
from llmpricing.domain.observations import DatedPrice
from llmpricing.domain.publishing.flags import Flag, Observed, Snapshots, Timelines
from llmpricing.domain.publishing.guard_evidence import UNRANKED, Evidence, GuardRule, compared_at
from llmpricing.domain.publishing.guards import SLIPS, find_fault, is_repair
from llmpricing.domain.publishing.market import NO_MARKET, Market
from llmpricing.domain.publishing.series import read_in_series
from llmpricing.domain.publishing.timeline_entries import END, TimelineEntry, entry_at, same_value
from llmpricing.domain.publishing.timelines import Observation, apply, changes, merge_source
from llmpricing.domain.publishing.verdicts import (
    GuardResult,
    ObservationKey,
    Stop,
    Verdict,
    companions,
    halves,
    is_others_fault,
    is_repaired_beside,
    spreads,
)


def sift(
    observed: Observed,
    snapshots: Snapshots,
    mode: str | None,
    ranks: Mapping[str, int],
    verdicts: Mapping[ObservationKey, Verdict],
    market: Market = NO_MARKET,
    left_out: Mapping[str, datetime] = MappingProxyType({}),
) -> tuple[Timelines, tuple[Flag, ...]]:
    """Each source's believed timelines of one offering, and the observations that a guard stopped, in order of time."""
    walk = _Walk(snapshots, mode, ranks, verdicts, market, left_out)
    noted = [
        (observation, component)
        for component, observations in read_in_series(observed, snapshots).items()
        for observation in walk.note(component, observations)
    ]
    in_order = sorted(noted, key=lambda pair: (*_order(pair[0], ranks), pair[1].meter, pair[1].conditions.key))
    for _, together in groupby(in_order, key=lambda pair: (pair[0].time, pair[0].source)):
        walk.accept([walk.guard(component, observation) for observation, component in together])
    return walk.accepted, tuple(sorted(walk.flags, key=_flag_order))


@dataclass(slots=True)
class _Suspended:
    """An observation that waits only because of what its source stated beside it, of which this is still at fault."""

    key: ObservationKey
    observation: Observation
    faults: set[Component]


@dataclass
class _Walk:
    snapshots: Snapshots
    mode: str | None
    ranks: Mapping[str, int]
    verdicts: Mapping[ObservationKey, Verdict]
    market: Market
    left_out: Mapping[str, datetime]
    accepted: Timelines = field(default_factory=lambda: defaultdict(dict))
    flags: list[Flag] = field(default_factory=list)
    waiting: list[_Suspended] = field(default_factory=list)
    credible: Timelines = field(default_factory=lambda: defaultdict(dict))  # by all observations that nobody rejected
    alone: Timelines = field(default_factory=lambda: defaultdict(dict))  # of those that are the source's only one
    next_time: dict[ObservationKey, datetime] = field(default_factory=dict)

    def note(self, component: Component, observations: Sequence[Observation]) -> Iterator[Observation]:
        """The observations that change something; notes each source's timeline over all, and how long each stands."""
        for source, group in groupby(sorted(observations, key=_source), key=_source):
            changed = changes(group)
            decided = [(one, self.verdicts.get(ObservationKey(component, source, one.time))) for one in changed]
            credible = [one.as_free() for one, verdict in decided if _is_credible(one, verdict)]
            self.credible[component][source] = merge_source(credible, self.snapshots.get(source, ()))
            if len(changed) == len(credible) == 1:
                self.alone[component][source] = self.credible[component][source]
            for one, later in pairwise(changed):
                self.next_time[ObservationKey(component, source, one.time)] = later.time
            yield from changed

    def guard(self, component: Component, observation: Observation) -> GuardResult:
        """Hold each new value of one observation against all that was accepted before it."""
        key = ObservationKey(component, observation.source, observation.time)
        entries = self.accepted[component].get(observation.source, ())
        applied = self._applied(component, entries, observation)
        new = tuple(entry for entry in applied if not _goes_on(entries, entry))
        evidence = self._evidence(component, observation.source, is_arrival=not entries)
        until = self.next_time.get(key, END)
        stops: list[Stop] = []
        repairs = False
        for entry in new:
            good = [other for other in applied if all(other is not stop.entry for stop in stops)] if stops else applied
            last = _last_before(entry, entries, good)
            if finding := find_fault(entry, last, until, evidence):
                stops.append(Stop(entry, last, finding))
            else:
                repairs |= is_repair(entry, last, evidence)
        return GuardResult(key, observation, entries, applied, new, tuple(stops), evidence, until, repairs)

    def accept(self, results: Sequence[GuardResult]) -> None:
        """Accept what one source stated at one time, but for what is stopped."""
        if not (self.waiting or self.verdicts or any(result.stops for result in results)):
            for result in results:  # as most of a list are
                self._accept(result.key, result.applied)
            return
        slipped = {result.key.component for result in results if result.rules & SLIPS}
        own = {
            result.key: [
                stop
                for stop in result.stops
                if not is_others_fault(stop.finding, result.key.component, slipped)
                and not (stop.finding.rule is GuardRule.JUMP and is_repaired_beside(result, results))
            ]
            for result in results
        }
        undecided = [
            (result, own[result.key]) for result in results if self.verdicts.get(result.key) is not Verdict.ACCEPTED
        ]
        spreading = [(result.key, finding) for result in results if (finding := spreads(result, own[result.key]))]
        faults = {result.key.component for result in results if own[result.key]}
        self._release(results, faults)
        for result in results:
            stops = own[result.key] + companions(result, spreading)
            stops += halves(result, stops, undecided)
            verdict = self.verdicts.get(result.key)
            if verdict is Verdict.ACCEPTED or not (stops or verdict):
                self._accept(result.key, result.applied)
            elif stops:
                self._accept(result.key, result.without(stops))
            if stops:
                self._flag(result.key, stops, verdict)
            if stops and not own[result.key] and verdict is None:
                beside = {fault for fault in faults if fault.conditions == result.key.component.conditions}
                self.waiting.append(_Suspended(result.key, result.observation, beside))

    def _release(self, results: Sequence[GuardResult], faults: set[Component]) -> None:
        """Accept from this list on what waited for nothing but a fault that it repairs: it still says it."""
        source, time = results[0].key.source, results[0].key.time
        said = {result.key.component for result in results}
        for waiting in [one for one in self.waiting if one.key.source == source]:
            waiting.faults -= said - faults
            if waiting.faults and waiting.key.component not in said:
                continue
            self.waiting.remove(waiting)
            if waiting.key.component not in said:
                self._repeat(waiting, time)

    def _repeat(self, waiting: _Suspended, time: datetime) -> None:
        """Guard what waited as if its source had first said so at a time."""
        component, source, _ = waiting.key
        if (later := self.next_time.get(waiting.key)) is not None:
            self.next_time[ObservationKey(component, source, time)] = later
        result = self.guard(component, replace(waiting.observation, time=time, in_series=True))
        if result.stops:
            return
        self._accept(result.key, result.applied)
        self.flags = [replace(flag, superseded=time) if flag.key == waiting.key else flag for flag in self.flags]

    def _applied(
        self, component: Component, entries: tuple[TimelineEntry, ...], observation: Observation
    ) -> tuple[TimelineEntry, ...]:
        """The timeline after the observation; a zero that may mean nothing displaces no price."""
        if observation.is_zero:
            current = _segment_at(entries, observation.time)
            if current is None or not current.unit_price:
                return entries
        alone = self.alone.get(component, {}).get(observation.source)
        if alone is not None and all(entry.observed == observation.time for entry in alone):
            return alone  # as most of a new list are
        return apply(entries, observation.as_free(), self.snapshots.get(observation.source, ()))

    def _accept(self, key: ObservationKey, entries: tuple[TimelineEntry, ...]) -> None:
        by_source = self.accepted[key.component]
        if entries or key.source in by_source:
            by_source[key.source] = entries

    def _flag(self, key: ObservationKey, stops: Sequence[Stop], verdict: Verdict | None) -> None:
        own = [stop for stop in stops if stop.finding.rule is not GuardRule.OUTPUT_FAR_BELOW_INPUT]
        first = (own or stops)[0]  # the relation may be the other price's fault, so a later entry's own goes first
        old = first.last.segment if first.last else None
        entries = tuple(stop.entry for stop in stops)
        superseded = self.next_time.get(key)
        self.flags.append(Flag(key, first.entry.segment, old, first.finding, verdict, superseded, entries))

    def _evidence(self, component: Component, source: str, *, is_arrival: bool) -> Evidence:
        def sibling(other: Component, at: datetime) -> DatedPrice | None:
            return _segment_at(self.credible.get(other, {}).get(source, ()), at)

        return Evidence(
            component,
            source=source,
            mode=self.mode,
            is_arrival=is_arrival,
            others={other: entries for other, entries in self.accepted[component].items() if other != source},
            ranks=self.ranks,
            stated_by_others=tuple(
                entry for other, entries in self.credible[component].items() if other != source for entry in entries
            ),
            sibling=sibling,
            lists=self.snapshots,
            left_out=self.left_out,
            market=self.market,
        )


def _is_credible(observation: Observation, verdict: Verdict | None) -> bool:
    """Whether an observation may speak for or against others."""
    return verdict is Verdict.ACCEPTED or (verdict is None and not observation.is_zero)


def _segment_at(entries: Sequence[TimelineEntry], at: datetime) -> DatedPrice | None:
    entry = entry_at(entries, at)
    return entry.segment if entry else None


def _order(observation: Observation, ranks: Mapping[str, int]) -> tuple[datetime, int, str]:
    return (observation.time, ranks.get(observation.source, UNRANKED), observation.source)


def _source(observation: Observation) -> str:
    return observation.source


def _goes_on(entries: Sequence[TimelineEntry], entry: TimelineEntry) -> bool:
    """Whether the timeline already had this value when the entry begins, so that it is no change."""
    before = entry_at(entries, compared_at(entry))
    return before is not None and same_value(before.segment, entry.segment)


def _last_before(
    entry: TimelineEntry, entries: Sequence[TimelineEntry], applied: Sequence[TimelineEntry]
) -> TimelineEntry | None:
    """The value at the entry's date as it was known so far, else the nearest before it."""
    if not entries and len(applied) == 1:
        return None
    earlier = [other for other in (*entries, *applied) if other.start < entry.start]
    return entry_at(entries, compared_at(entry)) or max(earlier, key=lambda other: other.start, default=None)


def _flag_order(flag: Flag) -> tuple[datetime, str, str, str]:
    (meter, conditions), source, time = flag.key
    return (time, source, meter, conditions.key)
