"""From when on a price counts of which no list tells the start: not back to before its model was there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from llmpricing.domain.evidence import GRACE
from llmpricing.domain.names.model_groups import moves
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listed_models import api_id, listed_models
from llmpricing.services.catalogue.listed_row import ListedRow
from llmpricing.services.catalogue.sightings import SeenSince, offerings_seen
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads


class Begin(NamedTuple):
    """Since when a model is there. ``new``: its release or, where nobody states that, since when a list has it that had
    others before; ``known``: the first sight of it by any list, which may have been there before.
    """

    new: datetime | None = None
    known: datetime | None = None


Begun = Mapping[int, Begin]  # by the number of the offering
UNKNOWN = Begin()
_begun: Memory[tuple[str, int, datetime], Begun] = Memory(2, lambda found: 150 * len(found))


def counts_from(
    since: datetime | None, first: datetime | None, told_until: datetime | None, begin: Begin = UNKNOWN
) -> datetime | None:
    """From when on a price is shown as that of its time, None: ever. ``since`` is its start, ``first`` when its source
    is known to have it first (None: that states its start); ``told_until`` until when it held by that very source, of
    which that is all it tells. Such a price counts since its model is there: one that ended before was never charged.
    Where nobody knows since when, it counts from the first sight of the model before the price's end, or else for as
    long before that end as a source speaks on after its last list.
    """
    if first is None:
        return since
    found = first if told_until is None else _before_end(told_until, begin)
    return found if since is None else max(since, found)


def _before_end(until: datetime, begin: Begin) -> datetime:
    if begin.new is not None:
        return min(begin.new, until)
    return begin.known if begin.known is not None and begin.known < until else until - GRACE


def begun_at(reads: Reads, book: BookState, known_at: datetime, standing: StandsOn) -> Begun:
    """Since when the model of each offering is known, by what was known then; made once for a version."""

    def make() -> Begun:
        clocks = Clocks(known_at, known_at)
        seen, found = offerings_seen(reads, book, clocks), dict[int, Begin]()
        for model in listed_models(reads, book, clocks, standing):
            # An id such as ``-latest`` meant other models before: of the others it tells nothing, nor they of it.
            moving = [row for row in model.rows if moves(api_id(row))]
            lasting = [row for row in model.rows if row not in moving]
            found.update({row.number: _begin([row], None, seen) for row in moving})
            found.update(dict.fromkeys((row.number for row in lasting), _begin(lasting, model.released_on, seen)))
        return found

    return _begun.remember((book.book, book.version, known_at), make)


def _begin(rows: Iterable[ListedRow], released: date | None, seen: SeenSince) -> Begin:
    first = min((seen[row.number] for row in rows if row.number in seen), default=None)
    since = None if first is None else first.first
    is_new = first is not None and first.is_telling
    return Begin(_midnight(released or (since if is_new else None)), _midnight(since))


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
