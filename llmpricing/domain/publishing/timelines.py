"""The timeline of one source's observations of one component: the same set of observations, the same entries.

An observation is made when a source's list first states something or states something else; none is made of an offering
that a list leaves out, so its prices stay. A list that states dates means "as ever" by its first price without one; any
other first price without a date counts from 00:00 UTC of the day it was published. A change without a date lies between
two lists: the older value stands up to the middle, the newer from there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.publishing.timeline_entries import BEGINNING, END, TimelineEntry, entry_at, same_value
from llmpricing.domain.times import start_of_day


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
