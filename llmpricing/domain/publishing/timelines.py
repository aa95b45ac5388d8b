"""What one source said of one price over time, merged into one timeline: the same set of words, the same rows.

A word is told when a source's list first says something or says something else; nothing is told of an offering that a
list leaves out, so its prices stay. A list that states dates means "as ever" by its first price without one; any other
price without a date counts from 00:00 UTC of the day it was published.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.money import multiply
from llmpricing.domain.observations import Basis, DatedPrice, State

Component = tuple[str, Conditions]  # a meter's slug and the conditions of its price
BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a source said of one component in the list it published at ``time``; no segments: it withdrew the price.

    ``as_ever``: a price without date counts for the past too. ``withdrawn_from``: when a withdrawn price ended, where
    that is not the day of the list.
    """

    source: str
    time: datetime
    as_ever: bool
    segments: tuple[DatedPrice, ...] = ()
    withdrawn_from: datetime | None = None

    @property
    def is_zero(self) -> bool:
        """Whether it is but a zero, which may mean free or nothing."""
        return bool(self.segments) and all(segment.state is State.ZERO for segment in self.segments)

    def as_free(self) -> Observation:
        """The word with its zeros taken for free."""
        if not self.is_zero:
            return self
        return replace(self, segments=tuple(replace(s, state=State.FREE, amount=Decimal(0)) for s in self.segments))

    @property
    def day(self) -> datetime:
        """00:00 UTC of the day on which the list was published."""
        return datetime.combine(self.time.date(), time(), UTC)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One value for one period. ``observed`` is the published time of the list that said it, ``known_from`` that of the
    source's first word on the component, ``bracket_from`` the last list of the source before the value appeared.
    """

    segment: DatedPrice
    source: str
    observed: datetime
    known_from: datetime
    bracket_from: datetime | None = None

    @property
    def start(self) -> datetime:
        return self.segment.valid_from or BEGINNING

    @property
    def end(self) -> datetime:
        return self.segment.valid_until or END

    def covers(self, at: datetime) -> bool:
        return self.start <= at < self.end

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
    if (one.state, one.currency, one.minimum_quantity) != (
        other.state,
        other.currency,
        other.minimum_quantity,
    ):
        return False
    if one.amount is None or other.amount is None or one.per_quantity == other.per_quantity:
        return one.amount == other.amount
    return multiply(one.amount, _whole(other)) == multiply(other.amount, _whole(one))


def row_at(rows: Iterable[TimelineEntry], at: datetime) -> TimelineEntry | None:
    """The row of a timeline that is valid at a time."""
    return next((row for row in rows if row.covers(at)), None)


def merge_source(words: Iterable[Observation], snapshots: Sequence[datetime] = ()) -> tuple[TimelineEntry, ...]:
    """The timeline of one source's words on one component; ``snapshots`` are the sorted times of all its lists."""
    rows: tuple[TimelineEntry, ...] = ()
    for word in changes(words):
        rows = tell(rows, word, snapshots)
    return rows


def changes(words: Iterable[Observation]) -> list[Observation]:
    """One source's words on one component in the order of time, without those that repeat the one before."""
    found: list[Observation] = []
    for word in sorted(words, key=lambda word: word.time):
        if not found or not _repeats(found[-1], word):
            found.append(word)
    return found


def _repeats(before: Observation, word: Observation) -> bool:
    if len(before.segments) != len(word.segments):
        return False
    return all(
        same_value(one, other)
        and (one.valid_from, one.valid_until, one.basis) == (other.valid_from, other.valid_until, other.basis)
        for one, other in zip(before.segments, word.segments, strict=True)
    )


def tell(
    rows: tuple[TimelineEntry, ...], word: Observation, snapshots: Sequence[datetime] = ()
) -> tuple[TimelineEntry, ...]:
    """A source's timeline after its next word.

    A price with a date replaces all from its date on. One without continues the same value, or replaces it from the day
    of the list on; one that ended before is history, which replaces all that was not the same.
    """
    if not word.segments:
        return _before(rows, word.withdrawn_from or word.day)
    lead, later = word.segments[0], word.segments[1:]
    if lead.valid_from is not None:
        told = (*_before(rows, lead.valid_from), _stated(rows, lead, word))
    elif lead.valid_until is None or lead.valid_until > word.day:
        told = _say_now(rows, lead, word, snapshots)
    else:
        told = _say_past(rows, lead, word)
    return told + tuple(_stated(rows, segment, word) for segment in later)


def _say_now(
    rows: tuple[TimelineEntry, ...], lead: DatedPrice, word: Observation, snapshots: Sequence[datetime]
) -> tuple[TimelineEntry, ...]:
    day = word.day
    current = row_at(rows, word.time)
    if current and same_value(current.segment, lead):
        return (*_before(rows, current.start), _ending(current, lead.valid_until))
    if not rows and word.as_ever:
        return (_row(rows, lead, word),)
    kept = _before(rows, day)
    if kept and kept[-1].end == day and same_value(kept[-1].segment, lead):
        return (*kept[:-1], _ending(kept[-1], lead.valid_until))
    previous = _snapshot_before(snapshots, day)
    basis = Basis.BRACKET if previous or kept else Basis.FIRST_OBSERVED
    return (*kept, _row(rows, replace(lead, valid_from=day, basis=basis), word, previous))


def _say_past(rows: tuple[TimelineEntry, ...], lead: DatedPrice, word: Observation) -> tuple[TimelineEntry, ...]:
    """A price that had no beginning and has ended."""
    last = row_at(rows, (lead.valid_until or END) - datetime.resolution)
    if last and same_value(last.segment, lead):
        return (*_before(rows, last.start), _ending(last, lead.valid_until))
    return (_stated(rows, lead, word),)


def _stated(rows: tuple[TimelineEntry, ...], segment: DatedPrice, word: Observation) -> TimelineEntry:
    said_before = (row for row in rows if row.segment == segment)
    return next(said_before, _row(rows, segment, word))


def _row(
    rows: tuple[TimelineEntry, ...], segment: DatedPrice, word: Observation, bracket_from: datetime | None = None
) -> TimelineEntry:
    known_from = rows[0].known_from if rows else word.time
    return TimelineEntry(segment, word.source, word.time, known_from, bracket_from)


def _before(rows: tuple[TimelineEntry, ...], bound: datetime) -> tuple[TimelineEntry, ...]:
    return tuple(row.within(BEGINNING, bound) for row in rows if row.start < bound)


def _ending(row: TimelineEntry, until: datetime | None) -> TimelineEntry:
    return row if row.segment.valid_until == until else replace(row, segment=replace(row.segment, valid_until=until))


def _snapshot_before(snapshots: Sequence[datetime], day: datetime) -> datetime | None:
    index = bisect_left(snapshots, day)
    return snapshots[index - 1] if index else None


def _whole(segment: DatedPrice) -> Decimal:
    return Decimal(segment.per_quantity)
