"""One word of a source, held against all that was accepted before it: which of its rows guards stop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.meters import METERS
from llmpricing.domain.publishing.guard_evidence import Evidence, Finding, GuardRule
from llmpricing.domain.publishing.guards import SPREADING, is_priced_elsewhere
from llmpricing.domain.publishing.timelines import Component, TimelineEntry, same_value

WordKey = tuple[str, Conditions, str, datetime]  # meter, conditions, source, time


@dataclass(frozen=True, slots=True)
class Stop:
    """A new row that a guard stops, the value before it, and why."""

    row: TimelineEntry
    last: TimelineEntry | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class Judgement:
    """A word, the timeline it would make of the one before, its new rows, and those of them that guards stop."""

    key: WordKey
    before: tuple[TimelineEntry, ...]
    told: tuple[TimelineEntry, ...]
    new: tuple[TimelineEntry, ...]
    stops: tuple[Stop, ...]
    evidence: Evidence
    standing_until: datetime

    @property
    def rules(self) -> set[GuardRule]:
        return {stop.finding.rule for stop in self.stops}

    def without(self, stops: Sequence[Stop]) -> tuple[TimelineEntry, ...]:
        """The timeline with the last good price wherever a row is stopped."""
        stopped = [stop.row for stop in stops]
        if all(row in stopped for row in self.new):
            return self.before
        kept = [row for row in self.told if row not in stopped]
        for row in stopped:
            kept += [
                old.within(row.start, row.end) for old in self.before if old.start < row.end and row.start < old.end
            ]
        return _joined(sorted(kept, key=lambda row: row.start))


def spreads(judged: Judgement) -> Finding | None:
    """The slip of a token price on its arrival, which those that arrive beside it share."""
    if not judged.evidence.is_arrival or not _counts_tokens(judged):
        return None
    return next((stop.finding for stop in judged.stops if stop.finding.rule in SPREADING), None)


def companions(judged: Judgement, spreading: Sequence[tuple[WordKey, Finding]]) -> list[Stop]:
    """A token price that arrives together with a slipped one has slipped too, unless another source prices it too."""
    meter, conditions, *_ = judged.key
    slips = [finding for key, finding in spreading if key[0] != meter and key[1] == conditions]
    if not slips or not judged.evidence.is_arrival or not _counts_tokens(judged):
        return []
    finding = Finding(GuardRule.COMPANION, "a price of the same list", slip=slips[-1].slip)
    stopped = {stop.row for stop in judged.stops}
    others = [row for row in judged.new if row.segment.amount and row not in stopped]
    return [
        Stop(row, None, finding)
        for row in others
        if not is_priced_elsewhere(row, judged.standing_until, judged.evidence)
    ]


def is_others_fault(finding: Finding, conditions: Conditions, slipped: set[Component]) -> bool:
    """Whether the price that this one was measured against is the one that slipped."""
    return finding.rule is GuardRule.OUTPUT_FAR_BELOW_INPUT and (finding.against, conditions) in slipped


def _counts_tokens(judged: Judgement) -> bool:
    return METERS[judged.key[0]].family == "tokens"


def _joined(rows: Iterable[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """The rows in order, those that follow upon one another with one value as one."""
    found: list[TimelineEntry] = []
    for row in rows:
        last = found[-1] if found else None
        if last and last.end == row.start and same_value(last.segment, row.segment):
            found[-1] = replace(last, segment=replace(last.segment, valid_until=row.segment.valid_until))
        else:
            found.append(row)
    return tuple(found)
