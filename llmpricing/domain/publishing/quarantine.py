"""Which words of the sources we believe: all are walked in the order of time, and guards stop the suspicious ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from itertools import groupby, pairwise

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import DatedPrice
from llmpricing.domain.publishing.families import in_families
from llmpricing.domain.publishing.guard_evidence import Evidence, Finding, GuardRule, instant, unit_price
from llmpricing.domain.publishing.guards import SLIPS, judge
from llmpricing.domain.publishing.timelines import (
    END,
    Component,
    Observation,
    TimelineEntry,
    changes,
    merge_source,
    row_at,
    same_value,
    tell,
)
from llmpricing.domain.publishing.verdicts import Judgement, Stop, WordKey, companions, is_others_fault, spreads

Words = Mapping[Component, Sequence[Observation]]
Snapshots = Mapping[str, Sequence[datetime]]  # source -> sorted published times of all its lists
Timelines = dict[Component, dict[str, tuple[TimelineEntry, ...]]]  # per component and source

UNRANKED = 1_000


class Verdict(StrEnum):
    """What a person decided about one word."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Flag:
    """A word of which a guard stopped some rows, with the first of them that is its own fault as ``new``, and the
    value before it. Pending while ``verdict`` is None; ``superseded`` is when its source said something else, so that
    nothing depends on the verdict any more but the time between.
    """

    meter: str
    conditions: Conditions
    source: str
    time: datetime
    new: DatedPrice
    old: DatedPrice | None
    finding: Finding
    verdict: Verdict | None
    superseded: datetime | None
    stopped: tuple[TimelineEntry, ...] = ()

    @property
    def key(self) -> WordKey:
        return (self.meter, self.conditions, self.source, self.time)

    @property
    def is_pending(self) -> bool:
        return self.verdict is None and self.superseded is None

    @property
    def stands_until(self) -> datetime:
        """The day on which its source said something else."""
        return END if self.superseded is None else datetime.combine(self.superseded.date(), time(), UTC)


def sift(
    words: Words,
    snapshots: Snapshots,
    mode: str | None,
    ranks: Mapping[str, int],
    verdicts: Mapping[WordKey, Verdict],
) -> tuple[Timelines, tuple[Flag, ...]]:
    """What we believe of each source's words on one offering, and the words that a guard stopped, in order of time."""
    walk = _Walk(snapshots, mode, ranks, verdicts)
    heard = [
        (word, component) for component, told in in_families(words).items() for word in walk.listen(component, told)
    ]
    in_order = sorted(heard, key=lambda pair: (*_order(pair[0], ranks), pair[1][0], pair[1][1].key))
    for _, utterance in groupby(in_order, key=lambda pair: (pair[0].time, pair[0].source)):
        walk.hear([walk.judge(component, word) for word, component in utterance])
    return walk.accepted, tuple(sorted(walk.flags, key=_flag_order))


@dataclass
class _Walk:
    snapshots: Snapshots
    mode: str | None
    ranks: Mapping[str, int]
    verdicts: Mapping[WordKey, Verdict]
    accepted: Timelines = field(default_factory=lambda: defaultdict(dict))
    flags: list[Flag] = field(default_factory=list)
    said: Timelines = field(default_factory=lambda: defaultdict(dict))  # by all words that nobody rejected
    next_word: dict[WordKey, datetime] = field(default_factory=dict)

    def listen(self, component: Component, words: Sequence[Observation]) -> Iterator[Observation]:
        """The words that change something; notes what each source says over all of them, and how long each stands."""
        for source, group in groupby(sorted(words, key=_source), key=_source):
            said = changes(group)
            judged = [(word, self.verdicts.get((*component, source, word.time))) for word in said]
            credible = [word.as_free() for word, verdict in judged if _is_credible(word, verdict)]
            self.said[component][source] = merge_source(credible, self.snapshots.get(source, ()))
            for word, later in pairwise(said):
                self.next_word[(*component, source, word.time)] = later.time
            yield from said

    def judge(self, component: Component, word: Observation) -> Judgement:
        """Hold each new value of one word against all that was accepted before it."""
        key: WordKey = (*component, word.source, word.time)
        rows = self.accepted[component].get(word.source, ())
        says_nothing = word.is_zero and not unit_price(_segment_at(rows, word.time))
        told = rows if says_nothing else tell(rows, word.as_free(), self.snapshots.get(word.source, ()))
        new = tuple(row for row in told if not _goes_on(rows, row))
        evidence = self._evidence(component, word.source, is_arrival=not rows)
        until = self.next_word.get(key, END)
        stops: list[Stop] = []
        for row in new:
            last = _last_before(row, rows, [other for other in told if all(other is not stop.row for stop in stops)])
            if finding := judge(row, last, until, evidence):
                stops.append(Stop(row, last, finding))
        return Judgement(key, rows, told, new, tuple(stops), evidence, until)

    def hear(self, utterance: Sequence[Judgement]) -> None:
        """Accept what one source said at one time, but for what is stopped."""
        spreading = [(j.key, finding) for j in utterance if (finding := spreads(j))]
        slipped = {j.key[:2] for j in utterance if j.rules & SLIPS}
        for judged in utterance:
            stops = [stop for stop in judged.stops if not is_others_fault(stop.finding, judged.key[1], slipped)]
            stops += companions(judged, spreading)
            verdict = self.verdicts.get(judged.key)
            if verdict is Verdict.ACCEPTED or not (stops or verdict):
                self._accept(judged, judged.told)
            elif stops:
                self._accept(judged, judged.without(stops))
            if stops:
                self._flag(judged, stops, verdict)

    def _accept(self, judged: Judgement, rows: tuple[TimelineEntry, ...]) -> None:
        meter, conditions, source, _ = judged.key
        if rows or source in self.accepted[meter, conditions]:
            self.accepted[meter, conditions][source] = rows

    def _flag(self, judged: Judgement, stops: Sequence[Stop], verdict: Verdict | None) -> None:
        own = [stop for stop in stops if stop.finding.rule is not GuardRule.OUTPUT_FAR_BELOW_INPUT]
        first = (own or stops)[0]  # the relation may be the other price's fault, so a later row's own fault goes first
        old = first.last.segment if first.last else None
        rows = tuple(stop.row for stop in stops)
        superseded = self.next_word.get(judged.key)
        self.flags.append(Flag(*judged.key, first.row.segment, old, first.finding, verdict, superseded, rows))

    def _evidence(self, component: Component, source: str, *, is_arrival: bool) -> Evidence:
        def sibling(meter: str, conditions: Conditions, at: datetime) -> DatedPrice | None:
            return _segment_at(self.said.get((meter, conditions), {}).get(source, ()), at)

        rank = self.ranks.get(source, UNRANKED)
        return Evidence(
            *component,
            mode=self.mode,
            is_arrival=is_arrival,
            others={other: rows for other, rows in self.accepted[component].items() if other != source},
            less_trusted=frozenset(s for s in self.accepted[component] if self.ranks.get(s, UNRANKED) > rank),
            said_by_others=tuple(r for s, rows in self.said[component].items() if s != source for r in rows),
            sibling=sibling,
        )


def _is_credible(word: Observation, verdict: Verdict | None) -> bool:
    """Whether a word may speak for or against others."""
    return verdict is Verdict.ACCEPTED or (verdict is None and not word.is_zero)


def _segment_at(rows: Sequence[TimelineEntry], at: datetime) -> DatedPrice | None:
    row = row_at(rows, at)
    return row.segment if row else None


def _order(word: Observation, ranks: Mapping[str, int]) -> tuple[datetime, int, str]:
    return (word.time, ranks.get(word.source, UNRANKED), word.source)


def _source(word: Observation) -> str:
    return word.source


def _goes_on(rows: Sequence[TimelineEntry], row: TimelineEntry) -> bool:
    """Whether the timeline already had this value when the row begins, so that it is no change."""
    before = row_at(rows, instant(row))
    return before is not None and same_value(before.segment, row.segment)


def _last_before(
    row: TimelineEntry, rows: Sequence[TimelineEntry], told: Sequence[TimelineEntry]
) -> TimelineEntry | None:
    """The value at the row's date as it was known so far, else the nearest before it."""
    at = instant(row)
    earlier = [other for other in (*rows, *told) if other.start < row.start]
    return row_at(rows, at) or max(earlier, key=lambda other: other.start, default=None)


def _flag_order(flag: Flag) -> tuple[datetime, str, str, str]:
    return (flag.time, flag.source, flag.meter, flag.conditions.key)
