"""What is kept beside the published prices, so that a quote can name another total: prices of other lists that speak
for the same time, the other value of a change whose time is not known, and a newer value that waits for a person.

A series (a meter under one tier, region and further conditions) is kept whole, with its steps and hours: what is valid
at a time of one reason and source takes the place of the published series.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from llmpricing.domain.components import Component
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.prices import OtherReason
from llmpricing.domain.publishing.choosing import Book, agree
from llmpricing.domain.publishing.flags import Flag, Timelines
from llmpricing.domain.publishing.guard_evidence import UNRANKED
from llmpricing.domain.publishing.timeline_entries import BEGINNING, END, TimelineEntry

_Prices = Mapping[Component, TimelineEntry]  # of one series at one time
_Bracket = tuple[datetime, datetime, datetime]  # the last list with the old value, the middle, the first with the newer


@dataclass(frozen=True, slots=True)
class OtherEntry:
    """A value that is not published, for the time in which it is worth naming."""

    reason: OtherReason
    component: Component
    entry: TimelineEntry


def others_of(
    published: Book, stated: Timelines, flags: Sequence[Flag], ranks: Mapping[str, int], person: str
) -> tuple[OtherEntry, ...]:
    """All that is kept beside one offering's published prices; nothing beside those that a ``person`` holds.

    ``stated`` is what each source is believed to say, ``flags`` what was stopped of it.
    """
    pending = [flag for flag in flags if flag.is_pending]
    all_sources = {source for by_source in stated.values() for source in by_source}
    has_bracket = any(e.bracket_from or _is_cut_short(e) for by in stated.values() for es in by.values() for e in es)
    if len(all_sources) < 2 and not pending and not has_bracket:
        return ()
    series: dict[Component, _Series] = {}
    for component in dict.fromkeys((*published, *stated)):  # in one order, so that the same lists make the same rows
        series.setdefault(component.series, _Series(ranks, person)).add(
            component, published.get(component, ()), stated.get(component, {})
        )
    found = _Found()
    for one in series.values():
        one.changes(found)
    for flag in pending:
        series.setdefault(flag.key.component.series, _Series(ranks, person)).hold(flag)
    for one in series.values():
        one.reviews(found)
    by_group: dict[object, list[_Series]] = defaultdict(list)
    for component, one in series.items():
        by_group[component.conditions].append(one)
    if len(all_sources) > 1:
        for members in by_group.values():
            _compare(members, found)
    return found.entries()


class _Found:
    """Values by reason, component and source, those that go on in one piece; none overlaps another."""

    def __init__(self) -> None:
        self._spans: dict[tuple[OtherReason, Component, str], list[tuple[TimelineEntry, datetime, datetime]]]
        self._spans = defaultdict(list)

    def add(self, reason: OtherReason, prices: _Prices, start: datetime, end: datetime) -> None:
        for component, entry in prices.items():
            spans = self._spans[reason, component, entry.source]
            begin = max(start, spans[-1][2]) if spans else start
            if begin >= end:
                continue
            if spans and spans[-1][0] is entry and spans[-1][2] == begin:
                begin = spans.pop()[1]
            spans.append((entry, begin, end))

    def entries(self) -> tuple[OtherEntry, ...]:
        return tuple(
            OtherEntry(reason, component, _during(entry, start, end))
            for (reason, component, _), spans in self._spans.items()
            for entry, start, end in spans
        )


class _Series:
    """One series: what is published of it, what each source says of it, and what waits."""

    def __init__(self, ranks: Mapping[str, int], person: str) -> None:
        self._ranks, self._person = ranks, person
        self.published: dict[Component, tuple[TimelineEntry, ...]] = {}
        self.stated: dict[str, dict[Component, tuple[TimelineEntry, ...]]] = defaultdict(dict)
        self.held: dict[str, list[tuple[Component, TimelineEntry]]] = defaultdict(list)

    def add(
        self,
        component: Component,
        published: tuple[TimelineEntry, ...],
        stated: Mapping[str, tuple[TimelineEntry, ...]],
    ) -> None:
        self.published[component] = published
        for source, entries in stated.items():
            self.stated[source][component] = entries

    def hold(self, flag: Flag) -> None:
        component, source, _ = flag.key
        self.held[source] += [(component, entry) for entry in flag.stopped]

    def ours(self, at: datetime) -> _Prices:
        """What is published at a time."""
        return _at(self.published, at)

    def theirs(self, source: str, at: datetime) -> _Prices:
        """What a source says at a time, but for what waits."""
        said = _at(self.stated.get(source, {}), at)
        return {component: entry for component, entry in said.items() if entry.segment.state is not State.UNKNOWN}

    def bounds(self) -> set[datetime]:
        """All times at which what is published, said or fresh may change."""
        found = {BEGINNING, END}
        for entries in (*self.published.values(), *(es for by in self.stated.values() for es in by.values())):
            for entry in entries:
                found |= {entry.start, entry.end, entry.fresh_from or BEGINNING, entry.fresh_until or END}
        return found

    def changes(self, found: _Found) -> None:
        """Beside each change of a source that speaks, while its time is not known: the other value."""
        for source, by_component in self.stated.items():
            for seen, turn, shown in sorted(_brackets(by_component)):
                newer, older = self.theirs(source, shown), self.theirs(source, turn - datetime.resolution)
                for start, end, other in ((seen, turn, newer), (turn, shown, older)):
                    self._beside(found, OtherReason.BETWEEN_SIGHTINGS, source, other, (start, end))

    def reviews(self, found: _Found) -> None:
        """Beside what stands while a newer value of its source or of a more trusted one waits: that value."""
        for source, held in self.held.items():
            cuts = {bound for _, entry in held for bound in (entry.start, entry.end)}
            for start, end in pairwise(sorted(cuts | self.bounds())):
                waiting = {component: entry for component, entry in held if entry.covers(start)}
                if waiting:
                    other = {**self.theirs(source, start), **waiting}
                    self._beside(found, OtherReason.UNDER_REVIEW, source, other, (start, end))

    def _beside(
        self, found: _Found, reason: OtherReason, source: str, other: _Prices, span: tuple[datetime, datetime]
    ) -> None:
        """Keep the other prices in those parts of a span in which the source speaks, or in which nothing is published
        and it might.
        """
        start, end = span
        cuts = {bound for bound in self.bounds() if start < bound < end}
        for begin, until in pairwise(sorted({start, *cuts, end})):
            ours = self.ours(begin)
            if self._speaks(source, ours.values(), reason) and not _same(ours, other):
                found.add(reason, other, begin, until)

    def _speaks(self, source: str, ours: Collection[TimelineEntry], reason: OtherReason) -> bool:
        if any(entry.source == self._person for entry in ours):
            return False
        if not ours or any(entry.source == source for entry in ours):
            return True
        rank = self._ranks.get(source, UNRANKED)
        return reason is OtherReason.UNDER_REVIEW and all(rank < self._ranks.get(e.source, UNRANKED) for e in ours)

    def is_held_by_a_person(self, at: datetime) -> bool:
        return any(entry.source == self._person for entry in self.ours(at).values())


def _compare(members: Sequence[_Series], found: _Found) -> None:
    """Beside each tariff the prices of other lists that are fresh: whether they agree, or what they ask."""
    sources = sorted({source for member in members for source in member.stated})
    for start, end in pairwise(sorted({bound for member in members for bound in member.bounds()})):
        ours = {number: member.ours(start) for number, member in enumerate(members)}
        for source in sources:
            same: list[tuple[bool, _Prices]] = []
            other: list[tuple[bool, _Prices]] = []
            for number, member in enumerate(members):
                theirs = {c: e for c, e in member.theirs(source, start).items() if e.is_fresh(start)}
                if not theirs or member.is_held_by_a_person(start) or _is_of(source, ours[number]):
                    continue
                (same if _same(ours[number], theirs) else other).append((bool(ours[number]), theirs))
            for _, agreeing in same:
                found.add(OtherReason.AGREEMENT, agreeing, start, end)
            if any(is_priced for is_priced, _ in other):
                for _, differing in other:
                    found.add(OtherReason.DISAGREEMENT, differing, start, end)


def _is_of(source: str, ours: _Prices) -> bool:
    return any(entry.source == source for entry in ours.values())


def _at(entries: Mapping[Component, Iterable[TimelineEntry]], at: datetime) -> _Prices:
    return {component: entry for component, found in entries.items() for entry in found if entry.covers(at)}


def _same(ours: _Prices, theirs: _Prices) -> bool:
    """Whether two prices of a series are the same but for rounding, steps and hours included."""
    return ours.keys() == theirs.keys() and all(agree(theirs[c].segment, ours[c].segment) for c in ours)


def _brackets(by_component: Mapping[Component, Sequence[TimelineEntry]]) -> Iterator[_Bracket]:
    for entries in by_component.values():
        for entry in entries:
            if entry.bracket_from and entry.segment.basis is Basis.BRACKET:
                yield entry.bracket_from, entry.start, entry.observed
            elif _is_cut_short(entry) and not any(other.covers(entry.end) for other in entries):
                assert entry.superseded_at  # noqa: S101 - what is cut short is superseded
                yield entry.end, entry.end, entry.superseded_at


def _is_cut_short(entry: TimelineEntry) -> bool:
    """Whether a later list withdrew the value, so that it ended at an unknown time before."""
    return entry.superseded_at is not None and entry.end < entry.superseded_at


def _during(entry: TimelineEntry, start: datetime, end: datetime) -> TimelineEntry:
    """The value for a time that need not be its own."""
    segment = replace(
        entry.segment,
        valid_from=None if start == BEGINNING else start,
        valid_until=None if end == END else end,
    )
    return replace(entry, segment=segment)
