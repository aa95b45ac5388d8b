"""How well a price is known at a time: stated, seen, or carried over from the nearest time at which its source said so.

Stated and seen are equals, and both go before what is carried: trust decides between equals, distance between the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from llmpricing.domain.observations import Basis

GRACE = timedelta(days=45)  # how long a source speaks on after its last list, where nobody says otherwise
_AT_ALL = timedelta(seconds=1)  # the time of the last list itself
FOREVER = datetime.max.replace(tzinfo=UTC)


class Standing(StrEnum):
    """What a price rests on at a time."""

    STATED = "stated"  # a documented period holds then
    SEEN = "seen"  # between the first and the last list that said so, or shortly after
    CARRIED = "carried"  # from another time


@dataclass(frozen=True, slots=True)
class PriceEvidence:
    """What is known of a price at a time; ``distance`` is how far it is carried, zero where it is stated or seen."""

    standing: Standing
    first_seen: datetime
    last_seen: datetime
    distance: timedelta = timedelta()

    @property
    def is_fresh(self) -> bool:
        return self.standing is not Standing.CARRIED


@dataclass(frozen=True, slots=True)
class SourceLists:
    """The readings of every source that were recorded by a time: sorted published times by source, of unchanged lists
    too.
    """

    readings: Mapping[str, Sequence[datetime]]

    def last_seen(self, source: str, observed: datetime, superseded: datetime | None) -> datetime:
        """The source's last list that still said what it said first at ``observed``."""
        return last_reading(self.readings.get(source, ()), observed, superseded)


def last_reading(readings: Sequence[datetime], observed: datetime, superseded: datetime | None) -> datetime:
    """The last of the sorted readings before ``superseded``; ``observed`` where there is none after it."""
    place = bisect_left(readings, superseded) if superseded else len(readings)
    return max(observed, readings[place - 1]) if place else observed


@dataclass(frozen=True, slots=True)
class Sighting:
    """When a source said a price: from ``first`` to ``last``, and when a later list of it said otherwise. ``newest`` is
    the newest list of any source about the seller: beyond it nothing is foreseen, and what is fresh then stays so.
    """

    first: datetime
    last: datetime
    superseded: datetime | None
    documented: bool  # the period itself is stated, however late it was said
    newest: datetime
    grace: timedelta = GRACE

    @property
    def fresh_until(self) -> datetime:
        """Until when, exclusive, the price is stated or seen."""
        if self.superseded is None and self.last + self.grace >= self.newest:
            return FOREVER
        return self.last + (self.grace if self.documented or self.superseded is None else _AT_ALL)

    def at(self, at: datetime) -> PriceEvidence:
        """The evidence at a time for which the price is valid."""
        if (self.documented or self.first <= at) and at < self.fresh_until:
            standing = Standing.STATED if self.documented else Standing.SEEN
            return PriceEvidence(standing, self.first, self.last)
        return PriceEvidence(Standing.CARRIED, self.first, self.last, self.distance(at))

    def distance(self, at: datetime) -> timedelta:
        """How far the price is carried to a time: back from its first list, or forward from its last."""
        if at < self.first and not self.documented:
            return self.first - at
        return max(timedelta(), min(at, max(self.newest, self.last)) - self.last)


def is_documented(basis: Basis, valid_from: datetime | None) -> bool:
    """Whether the period of a price is stated; a person's price is, too."""
    return basis is Basis.MANUAL or (basis is Basis.DOCUMENTED and valid_from is not None)
