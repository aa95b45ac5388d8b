"""The timeline of one source's observations of one component: the same set of observations, the same entries.

An observation is made when a source's list first states something or states something else; none is made of an offering
that a list leaves out, so its prices stay. A list that states dates means "as ever" by its first price without one; any
other first price without a date counts from 00:00 UTC of the day it was published. A change without a date lies between
two lists: the older value stands up to the middle, the newer from there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.times import start_of_day

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
Gap = tuple[datetime, datetime]  # from, until


@dataclass(frozen=True, slots=True)
class Observation:
    """What a source stated of one component in the list it published at ``time``; no segments: it withdrew the price.

    ``as_ever``: a price without date counts for the past too. ``withdrawn_from``: when a withdrawn price ended, where
    the source put another component in its place. ``in_series``: the source had priced the series in an earlier list.
    """

    source: str
    time: datetime
    as_ever: bool
    segments: tuple[DatedPrice, ...] = ()
    withdrawn_from: datetime | None = None
    in_series: bool = False

    @property
    def is_zero(self) -> bool:
        """Whether it is but a zero, which may mean free or nothing."""
        for segment in self.segments:  # an import asks this several times of each observation
            if segment.state is not State.ZERO:
                return False
        return bool(self.segments)

    def as_free(self) -> Observation:
        """The observation with its zeros taken for free."""
        if not self.is_zero:
            return self
        return replace(self, segments=tuple(replace(s, state=State.FREE, amount=Decimal(0)) for s in self.segments))

    @property
    def day(self) -> datetime:
        """00:00 UTC of the day on which the list was published."""
        return start_of_day(self.time)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One value for one period. ``observed`` is the published time of the list that stated it, ``known_from`` that of
    the source's first observation of the component, ``bracket_from`` its last list before the value appeared,
    ``superseded_at`` that of its first later list that says otherwise. It is stated or seen from ``fresh_from`` until
    ``fresh_until`` (None: without end). ``withdrawn_until``: where its source withdrew it at its end and put
    nothing in its place, until when it would have held.
    """

    segment: DatedPrice
    source: str
    observed: datetime
    known_from: datetime
    bracket_from: datetime | None = None
    superseded_at: datetime | None = None
    fresh_from: datetime | None = None
    fresh_until: datetime | None = None
    withdrawn_until: datetime | None = None
    is_carried_on: bool = (
        False  # it holds only because nobody is known to say otherwise when its source does not say it
    )

    @property
    def first_seen(self) -> datetime:
        """00:00 UTC of the day since which the source is known to have said so."""
        return start_of_day(self.segment.first_seen or self.observed)

    @property
    def start(self) -> datetime:
        return self.segment.valid_from or BEGINNING

    @property
    def end(self) -> datetime:
        return self.segment.valid_until or END

    def covers(self, at: datetime) -> bool:
        first, until = self.segment.valid_from, self.segment.valid_until
        return (first is None or first <= at) and (until is None or at < until)

    def is_fresh(self, at: datetime) -> bool:
        """Whether it is stated or seen at a time for which it is valid, not carried over from another."""
        return (self.fresh_from or BEGINNING) <= at < (self.fresh_until or END)

    def within(self, start: datetime, end: datetime) -> TimelineEntry:
        """The same value for the part of its period between two times; a later start is no bracket any more."""
        if start <= self.start and self.end <= end:
            return self
        segment = replace(
            self.segment,
            valid_from=None if (first := max(start, self.start)) == BEGINNING else first,
            valid_until=None if (last := min(end, self.end)) == END else last,
        )
        return replace(self, segment=segment, bracket_from=self.bracket_from if start <= self.start else None)


def same_value(one: DatedPrice, other: DatedPrice) -> bool:
    """Whether two segments ask the same, whatever their dates, sources and the quantity they state it for."""
    return one.minimum_quantity == other.minimum_quantity and one.same_as(other)


def entry_at(entries: Iterable[TimelineEntry], at: datetime) -> TimelineEntry | None:
    """The entry of a timeline that is valid at a time."""
    for entry in entries:  # an import asks this a quarter of a million times
        if entry.covers(at):
            return entry
    return None


def gaps(entries: Iterable[TimelineEntry], start: datetime, end: datetime) -> Iterator[Gap]:
    """The parts of a period that no entry covers; the entries are in order."""
    for entry in entries:
        if start < min(entry.start, end):
            yield start, min(entry.start, end)
        start = max(start, entry.end)
    if start < end:
        yield start, end


def merge_source(observations: Iterable[Observation], snapshots: Sequence[datetime] = ()) -> tuple[TimelineEntry, ...]:
    """The timeline of one source's observations of one component; ``snapshots`` are the sorted times of its
    lists.
    """
    entries: tuple[TimelineEntry, ...] = ()
    for observation in changes(observations):
        entries = apply(entries, observation, snapshots)
    return entries


def changes(observations: Iterable[Observation]) -> list[Observation]:
    """One source's observations of one component in order of time, without those that repeat the one before."""
    found: list[Observation] = []
    for observation in sorted(observations, key=lambda observation: observation.time):
        if not found or not _repeats(found[-1], observation):
            found.append(observation)
    return found


def _repeats(before: Observation, observation: Observation) -> bool:
    if len(before.segments) != len(observation.segments):
        return False
    return all(
        same_value(one, other)
        and (one.valid_from, one.valid_until, one.basis) == (other.valid_from, other.valid_until, other.basis)
        for one, other in zip(before.segments, observation.segments, strict=True)
    )


def apply(
    entries: tuple[TimelineEntry, ...], observation: Observation, snapshots: Sequence[datetime] = ()
) -> tuple[TimelineEntry, ...]:
    """A source's timeline after its next observation.

    A price with a date replaces all from its date on. One without continues the same value, or replaces it from the
    middle of the time between the two lists on; one that ended before is history, which replaces all that was not the
    same.
    """
    if not observation.segments:
        if observation.withdrawn_from:
            return _before(entries, observation.withdrawn_from)
        return _withdrawn(entries, turn(observation, entries, snapshots))
    lead, later = observation.segments[0], observation.segments[1:]
    if lead.valid_from is not None:
        applied = (*_before(entries, lead.valid_from), _stated(entries, lead, observation))
    elif lead.valid_until is None or lead.valid_until > observation.day:
        applied = _apply_current(entries, lead, observation, snapshots)
    else:
        applied = _apply_ended(entries, lead, observation)
    return applied + tuple(_stated(entries, segment, observation) for segment in later)


def _apply_current(
    entries: tuple[TimelineEntry, ...], lead: DatedPrice, observation: Observation, snapshots: Sequence[datetime]
) -> tuple[TimelineEntry, ...]:
    """A price without a beginning that holds on the day of the list."""
    begins = turn(observation, entries, snapshots)
    current = entry_at(entries, observation.time)
    if current and same_value(current.segment, lead):
        return (*_before(entries, current.start), _ending(current, lead.valid_until))
    if not entries and observation.as_ever:
        return (_entry(entries, lead, observation),)
    kept = _before(entries, begins)
    if kept and kept[-1].end == begins and same_value(kept[-1].segment, lead):
        return (*kept[:-1], _ending(kept[-1], lead.valid_until))
    previous = _last_held(observation, entries, snapshots)
    basis = Basis.BRACKET if previous or kept else Basis.FIRST_OBSERVED
    return (*kept, _entry(entries, replace(lead, valid_from=begins, basis=basis), observation, previous))


def turn(
    observation: Observation, entries: Sequence[TimelineEntry] = (), snapshots: Sequence[datetime] = ()
) -> datetime:
    """From when on an undated value counts, or a withdrawn one no longer: the middle between the last list or stated
    date at which another value held, and this list; the day of this list where nothing was known before.
    """
    held = _last_held(observation, entries, snapshots)
    if held is None or not (entries or observation.in_series):
        return observation.day
    return (held + (observation.time - held) / 2).replace(microsecond=0)


def _last_held(
    observation: Observation, entries: Sequence[TimelineEntry], snapshots: Sequence[datetime]
) -> datetime | None:
    """When another value was certain last: at the source's list before, or at the date from which it was stated."""
    place = bisect_left(snapshots, observation.day)
    current = entry_at(entries, observation.time)
    if not place or current is None:
        return snapshots[place - 1] if place else None
    stated = current.start if current.segment.basis is Basis.DOCUMENTED else BEGINNING
    return max(snapshots[place - 1], current.observed, stated)


def _apply_ended(
    entries: tuple[TimelineEntry, ...], lead: DatedPrice, observation: Observation
) -> tuple[TimelineEntry, ...]:
    """A price that had no beginning and has ended."""
    last = entry_at(entries, (lead.valid_until or END) - datetime.resolution)
    if last and same_value(last.segment, lead):
        return (*_before(entries, last.start), _ending(last, lead.valid_until))
    return (_stated(entries, lead, observation),)


def _stated(entries: tuple[TimelineEntry, ...], segment: DatedPrice, observation: Observation) -> TimelineEntry:
    stated_before = (entry for entry in entries if entry.segment == segment)
    return next(stated_before, _entry(entries, segment, observation))


def _entry(
    entries: tuple[TimelineEntry, ...],
    segment: DatedPrice,
    observation: Observation,
    bracket_from: datetime | None = None,
) -> TimelineEntry:
    known_from = segment.first_seen or (entries[0].known_from if entries else observation.time)
    return TimelineEntry(segment, observation.source, observation.time, known_from, bracket_from)


def _before(entries: tuple[TimelineEntry, ...], bound: datetime) -> tuple[TimelineEntry, ...]:
    return tuple(entry.within(BEGINNING, bound) for entry in entries if entry.start < bound)


def _withdrawn(entries: tuple[TimelineEntry, ...], bound: datetime) -> tuple[TimelineEntry, ...]:
    """The entries before a bound; the one that it cuts knows until when it would have held."""
    return tuple(
        entry if entry.end <= bound else replace(entry.within(BEGINNING, bound), withdrawn_until=entry.end)
        for entry in entries
        if entry.start < bound
    )


def _ending(entry: TimelineEntry, until: datetime | None) -> TimelineEntry:
    if entry.segment.valid_until == until:
        return entry
    return replace(entry, segment=replace(entry.segment, valid_until=until))
