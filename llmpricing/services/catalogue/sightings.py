"""Since when lists are known to have an offering, where they had others before: nearer to its release than nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.times import micros
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookRead, BookState, Reads

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Seen(NamedTuple):
    """The day since when some list is known to have an offering, and whether that list had others before."""

    first: date
    is_telling: bool


SeenSince = Mapping[int, Seen]  # by the number of the offering
_known: Memory[tuple[str, int, datetime], SeenSince] = Memory(2, lambda found: 100 * len(found))
METERS = ("input_tokens", "output_tokens")


class FirstSighting(NamedTuple):
    """Since when a source is known to have a price of an offering, None where that is not kept."""

    offering: int
    source: int
    first: datetime | None


def offerings_seen(reads: Reads, book: BookState, clocks: Clocks) -> SeenSince:
    """The days of ``seen_since`` as they were known then, found once for a version of the price book."""
    key = (book.book, book.version, clocks.known_at)
    return _known.remember(key, lambda: seen_since(sightings(reads, clocks)))


@BookRead
def sightings(book: PriceBook, clocks: Clocks) -> Sequence[FirstSighting]:
    """The first sighting of each offering by each source, of base prices that are believed, whenever they hold."""
    known_at = micros(clocks.known_at)
    names = ("offering_id", "source_id", "first_seen", "meter", "condition_key", "recorded_from", "recorded_until")
    found: dict[tuple[int, int], list[int | None]] = {}
    for offering, source, first, meter, key, since, until in book.stored("price", *names):
        is_believed = (since is None or since <= known_at) and (until is None or known_at < until)
        if is_believed and key == "" and meter in METERS:
            found.setdefault((offering, source), []).append(first)
    return [FirstSighting(*whose, _earliest(days)) for whose, days in found.items()]


def _earliest(days: Sequence[int | None]) -> datetime | None:
    known = [day for day in days if day is not None]
    return _EPOCH + timedelta(microseconds=min(known)) if len(known) == len(days) else None


def seen_since(found: Iterable[FirstSighting]) -> SeenSince:
    """Since when lists are known to have each offering: with what a source's first list holds it tells nothing of the
    time before.
    """
    began: dict[int, datetime] = {}
    earliest: dict[int, tuple[datetime, int]] = {}
    silent = set()
    for offering, source, first in found:
        if first is None:
            silent.add(offering)
            continue
        began[source] = min(first, began.get(source, first))
        earliest[offering] = min((first, source), earliest.get(offering, (first, source)))
    return {
        offering: Seen(first.date(), first > began[source])
        for offering, (first, source) in earliest.items()
        if offering not in silent
    }
