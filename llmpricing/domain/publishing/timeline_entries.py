"""One value of one source for one period, and where a timeline of such entries says something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from llmpricing.domain.observations import DatedPrice
from llmpricing.domain.times import start_of_day

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
Gap = tuple[datetime, datetime]  # from, until


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
