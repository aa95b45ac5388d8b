"""When the prices of each offering last changed, from the price book's version on that a process met first."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.times import EPOCH, micros
from llmpricing.services.memory import SMALL, Memory
from llmpricing.services.price_book import BookRead, BookState, Reads

_MOST_LOGGED = 100_000  # offerings' changes; a longer log begins anew


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """The recorded times after ``start`` and up to ``until`` at which prices began or ended, by offering, in order."""

    start: datetime
    until: datetime
    times: Mapping[int, Sequence[datetime]]

    def last_change(self, offering: int, known_at: datetime) -> datetime:
        """A time since which the offering's prices are those of ``known_at``: the same one for all such times.

        Of a time before the log nothing is known but the time itself.
        """
        if known_at < self.start:
            return known_at
        times = self.times.get(offering, ())
        place = bisect_right(times, known_at)
        return times[place - 1] if place else self.start

    def changed_since(self, time: datetime) -> set[int] | None:
        """The offerings whose prices changed after ``time``; None where the log began later and cannot tell."""
        if time < self.start:
            return None
        return {offering for offering, times in self.times.items() if times[-1] > time}


_logs: Memory[str, ChangeLog] = Memory(4, lambda log: SMALL + 150 * len(log.times))


def change_log(reads: Reads, known: BookState) -> ChangeLog:
    """The log up to the book's last change; only what was recorded since it was last asked for is read."""
    found = _logs.recall((known.book,)).get(known.book)
    if found is not None and known.last_change <= found.until:
        return found
    if found is None or sum(map(len, found.times.values())) > _MOST_LOGGED:
        grown = ChangeLog(known.last_change, known.last_change, {})
    else:
        grown = ChangeLog(found.start, known.last_change, _grown(reads, found))
    _logs.keep(known.book, grown)
    return grown


@BookRead
def changes_after(book: PriceBook, time: datetime) -> Iterable[Any]:
    """The offerings whose prices began or ended after a time, each followed by when: by times after it, or all."""
    since = micros(time)
    for table in ("price", "other_price"):
        for offering, *bounds in book.stored(table, "offering_id", "recorded_from", "recorded_until"):
            if after := [EPOCH + timedelta(microseconds=at) for at in bounds if at is not None and at > since]:
                yield offering, *after


def _grown(reads: Reads, log: ChangeLog) -> dict[int, Sequence[datetime]]:
    new: dict[int, set[datetime]] = defaultdict(set)
    for offering, *bounds in changes_after(reads, log.until):
        new[offering].update(bound for bound in bounds if bound is not None and bound > log.until)
    return {
        **log.times,
        **{offering: (*log.times.get(offering, ()), *sorted(found)) for offering, found in new.items()},
    }
