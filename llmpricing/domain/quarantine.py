"""Which words of the sources we believe: all are walked in the order of time, and guards stop the suspicious ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby, pairwise

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.evidence import Evidence, Finding, Rule, instant
from llmpricing.domain.guards import SLIPS, SPREADING, agreed, judge
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Segment
from llmpricing.domain.timelines import END, Component, Row, Word, changes, merge_source, row_at, same_value, tell

Words = Mapping[Component, Sequence[Word]]
Snapshots = Mapping[str, Sequence[datetime]]  # source -> sorted published times of all its lists
WordKey = tuple[str, Conditions, str, datetime]  # meter, conditions, source, time
Timelines = dict[Component, dict[str, tuple[Row, ...]]]  # per component and source

UNRANKED = 1_000


class Verdict(StrEnum):
    """What a person decided about one word."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Flag:
    """A word that a guard stopped, and its source's ``old`` value. Pending while ``verdict`` is None; ``superseded`` is
    when its source said something else, so that nothing depends on the verdict any more but the time between.
    """

    meter: str
    conditions: Conditions
    source: str
    time: datetime
    new: Segment
    old: Segment | None
    finding: Finding
    verdict: Verdict | None
    superseded: datetime | None

    @property
    def key(self) -> WordKey:
        return (self.meter, self.conditions, self.source, self.time)

    @property
    def is_pending(self) -> bool:
        return self.verdict is None and self.superseded is None


def sift(
    words: Words,
    snapshots: Snapshots,
    mode: str | None,
    ranks: Mapping[str, int],
    verdicts: Mapping[WordKey, Verdict],
) -> tuple[Timelines, tuple[Flag, ...]]:
    """What we believe of each source's words on one offering, and the words that a guard stopped, in order of time."""
    walk = _Walk(snapshots, mode, ranks, verdicts)
    heard = [(word, component) for component, told in words.items() for word in walk.listen(component, told)]
    in_order = sorted(heard, key=lambda pair: (*_order(pair[0], ranks), pair[1][0], pair[1][1].key))
    for _, utterance in groupby(in_order, key=lambda pair: (pair[0].time, pair[0].source)):
        walk.hear([walk.judge(component, word) for word, component in utterance])
    return walk.accepted, tuple(sorted(walk.flags, key=_flag_order))


@dataclass(slots=True)
class _Judgement:
    """A word, the timeline it would make, the first new row that a guard stops (else its first), its last, and why."""

    key: WordKey
    told: tuple[Row, ...]
    row: Row | None
    last: Row | None
    finding: Finding | None
    evidence: Evidence
    standing_until: datetime


@dataclass
class _Walk:
    snapshots: Snapshots
    mode: str | None
    ranks: Mapping[str, int]
    verdicts: Mapping[WordKey, Verdict]
    accepted: Timelines = field(default_factory=lambda: defaultdict(dict))
    flags: list[Flag] = field(default_factory=list)
    said: Timelines = field(default_factory=lambda: defaultdict(dict))  # by all words, believed or not
    next_word: dict[WordKey, datetime] = field(default_factory=dict)

    def listen(self, component: Component, words: Sequence[Word]) -> Iterator[Word]:
        """The words that change something; notes what each source says over all of them, and how long each stands."""
        for source, group in groupby(sorted(words, key=_source), key=_source):
            said = changes(group)
            self.said[component][source] = merge_source(said, self.snapshots.get(source, ()))
            for word, later in pairwise(said):
                self.next_word[(*component, source, word.time)] = later.time
            yield from said

    def judge(self, component: Component, word: Word) -> _Judgement:
        """Hold one word against all that was accepted before it."""
        key: WordKey = (*component, word.source, word.time)
        rows = self.accepted[component].get(word.source, ())
        told = tell(rows, word, self.snapshots.get(word.source, ()))
        new = [row for row in told if not _goes_on(rows, row)]
        evidence = self._evidence(component, word.source, is_arrival=not rows)
        until = self.next_word.get(key, END)
        stopped: _Judgement | None = None
        for row in new:
            last = _last_before(row, rows, told)
            if finding := judge(row, last, until, evidence):
                found = _Judgement(key, told, row, last, finding, evidence, until)
                if finding.rule is not Rule.OUTPUT_FAR_BELOW_INPUT:
                    return found
                stopped = stopped or found  # may be the other price's fault, so a later row's own fault goes first
        return stopped or _Judgement(key, told, new[0] if new else None, None, None, evidence, until)

    def hear(self, utterance: Sequence[_Judgement]) -> None:
        """Accept what one source said at one time, but for what is stopped."""
        spreading = {j.key[1]: j.finding for j in utterance if j.finding and _spreads(j)}  # by conditions
        slipped = {j.key[:2] for j in utterance if j.finding and j.finding.rule in SLIPS}
        for judged in utterance:
            finding = judged.finding or _companion(judged, spreading.get(judged.key[1]))
            if finding and finding.rule is Rule.OUTPUT_FAR_BELOW_INPUT and (finding.against, judged.key[1]) in slipped:
                finding = None  # the other price is the one that slipped
            verdict = self.verdicts.get(judged.key)
            if verdict is Verdict.ACCEPTED or not (finding or verdict):
                meter, conditions, source, _ = judged.key
                self.accepted[meter, conditions][source] = judged.told
            if finding and judged.row:
                superseded = self.next_word.get(judged.key)
                old = judged.last.segment if judged.last else None
                self.flags.append(Flag(*judged.key, judged.row.segment, old, finding, verdict, superseded))

    def _evidence(self, component: Component, source: str, *, is_arrival: bool) -> Evidence:
        def sibling(meter: str, conditions: Conditions, at: datetime) -> Segment | None:
            row = row_at(self.said.get((meter, conditions), {}).get(source, ()), at)
            return row.segment if row else None

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


def _order(word: Word, ranks: Mapping[str, int]) -> tuple[datetime, int, str]:
    return (word.time, ranks.get(word.source, UNRANKED), word.source)


def _source(word: Word) -> str:
    return word.source


def _goes_on(rows: Sequence[Row], row: Row) -> bool:
    """Whether the timeline already had this value when the row begins, so that it is no change."""
    before = row_at(rows, instant(row))
    return before is not None and same_value(before.segment, row.segment)


def _last_before(row: Row, rows: Sequence[Row], told: Sequence[Row]) -> Row | None:
    """The value at the row's date as it was known so far, else the nearest before it."""
    at = instant(row)
    earlier = [other for other in (*rows, *told) if other.start < row.start]
    return row_at(rows, at) or max(earlier, key=lambda other: other.start, default=None)


def _spreads(judged: _Judgement) -> bool:
    slipped = judged.finding is not None and judged.finding.rule in SPREADING
    return slipped and judged.evidence.is_arrival and _counts_tokens(judged)


def _companion(judged: _Judgement, slip: Finding | None) -> Finding | None:
    """A token price that arrives together with a slipped one has slipped too, unless another source says the same."""
    if not slip or not judged.evidence.is_arrival or not judged.row or not judged.row.segment.amount:
        return None
    if not _counts_tokens(judged) or agreed(judged.row, judged.standing_until, judged.evidence):
        return None
    return Finding(Rule.COMPANION, "a price of the same list", slip=slip.slip)


def _counts_tokens(judged: _Judgement) -> bool:
    return METERS[judged.key[0]].family == "tokens"


def _flag_order(flag: Flag) -> tuple[datetime, str, str, str]:
    return (flag.time, flag.source, flag.meter, flag.conditions.key)
