"""What guards find in one observation, beside all that was accepted before it, and what a person decides on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from llmpricing.domain.components import Component
from llmpricing.domain.meters import METERS
from llmpricing.domain.publishing.guard_evidence import Evidence, Finding, GuardRule, compared_at
from llmpricing.domain.publishing.guards import OF_AN_ENTRY, SPREADING, is_priced_elsewhere
from llmpricing.domain.publishing.timeline_entries import TimelineEntry, entry_at, same_value
from llmpricing.domain.publishing.timelines import Observation

_HALVES = ("input_tokens", "output_tokens")


class Verdict(StrEnum):
    """What a person decided on one observation."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ObservationKey(NamedTuple):
    """Which observation of an offering is meant."""

    component: Component
    source: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """A new entry that a guard stops, the value before it, and why."""

    entry: TimelineEntry
    last: TimelineEntry | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class GuardResult:
    """An observation, the timeline it would make of the one before, its new entries, and those that guards stop."""

    key: ObservationKey
    observation: Observation
    before: tuple[TimelineEntry, ...]
    applied: tuple[TimelineEntry, ...]
    new: tuple[TimelineEntry, ...]
    stops: tuple[Stop, ...]
    evidence: Evidence
    standing_until: datetime
    repairs: bool = False  # it leads back from a slip

    @property
    def rules(self) -> set[GuardRule]:
        return {stop.finding.rule for stop in self.stops}

    def without(self, stops: Sequence[Stop]) -> tuple[TimelineEntry, ...]:
        """The timeline with the last good price wherever an entry is stopped."""
        stopped = [stop.entry for stop in stops]
        if all(entry in stopped for entry in self.new):
            return self.before
        kept = [entry for entry in self.applied if entry not in stopped]
        for entry in stopped:
            kept += [
                old.within(entry.start, entry.end)
                for old in self.before
                if old.start < entry.end and entry.start < old.end
            ]
        return _joined(sorted(kept, key=lambda entry: entry.start))


def spreads(result: GuardResult, stops: Sequence[Stop]) -> Finding | None:
    """The slip of a token price on its arrival, which those that arrive beside it share."""
    if not result.evidence.is_arrival or not _counts_tokens(result):
        return None
    return next((stop.finding for stop in stops if stop.finding.rule in SPREADING), None)


def companions(result: GuardResult, spreading: Sequence[tuple[ObservationKey, Finding]]) -> list[Stop]:
    """A token price that arrives together with a slipped one has slipped too, unless another source prices it too."""
    meter, conditions = result.key.component
    slips = [
        finding for key, finding in spreading if key.component.meter != meter and key.component.conditions == conditions
    ]
    if not slips or not result.evidence.is_arrival or not _counts_tokens(result):
        return []
    finding = Finding(GuardRule.COMPANION, "a price of the same list", slip=slips[-1].slip)
    stopped = {stop.entry for stop in result.stops}
    others = [entry for entry in result.new if entry.segment.amount and entry not in stopped]
    return [
        Stop(entry, None, finding)
        for entry in others
        if not is_priced_elsewhere(entry, result.standing_until, result.evidence)
    ]


def halves(
    result: GuardResult, stops: Sequence[Stop], beside: Sequence[tuple[GuardResult, Sequence[Stop]]]
) -> list[Stop]:
    """The changes of an entry's other token prices, where that of its input or output waits: never a new input beside
    an old output. ``beside`` are the results of the same list that nobody accepted, with what is stopped of them.
    """
    conditions = result.key.component.conditions
    if not _counts_tokens(result):
        return []
    waiting = [
        stop
        for other, found in beside
        for stop in found
        if other.key.component.meter in _HALVES
        and other.key.component != result.key.component
        and other.key.component.conditions == conditions
        and not other.evidence.is_arrival
        and stop.finding.rule in OF_AN_ENTRY
    ]
    if not waiting:
        return []
    stopped = {stop.entry for stop in stops}
    return [
        Stop(
            entry, entry_at(result.before, compared_at(entry)), Finding(GuardRule.COMPANION, "a price of the same list")
        )
        for entry in result.new
        if entry not in stopped
        and any(stop.entry.start < entry.end and entry.start < stop.entry.end for stop in waiting)
    ]


def is_repaired_beside(result: GuardResult, results: Sequence[GuardResult]) -> bool:
    """Whether another token price of the same entry leads back from a slip in the same list."""
    conditions = result.key.component.conditions
    return _counts_tokens(result) and any(
        other.repairs and other.key.component.conditions == conditions and _counts_tokens(other) for other in results
    )


def is_others_fault(finding: Finding, component: Component, slipped: set[Component]) -> bool:
    """Whether the price that this one was measured against is the one that slipped."""
    against = Component(finding.against, component.conditions)
    return finding.rule is GuardRule.OUTPUT_FAR_BELOW_INPUT and against in slipped


def _counts_tokens(result: GuardResult) -> bool:
    return METERS[result.key.component.meter].family == "tokens"


def _joined(entries: Iterable[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """The entries in order, those that follow upon one another with one value as one."""
    found: list[TimelineEntry] = []
    for entry in entries:
        last = found[-1] if found else None
        if last and last.end == entry.start and same_value(last.segment, entry.segment):
            found[-1] = replace(last, segment=replace(last.segment, valid_until=entry.segment.valid_until))
        else:
            found.append(entry)
    return tuple(found)
