"""Which of many names the price book knows and has prices for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import select

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.names.matching import Resolution, Unknown
from llmpricing.models import PriceRow
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.lookup import Meaning
from llmpricing.services.names.priced_times import COSTS
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads, book_state

_SUGGESTED = 200  # unknown names that get suggestions


class NamedAt(NamedTuple):
    """A name, and what was said of its seller, if anything."""

    name: str
    provider: str | None = None


class Covered(NamedTuple):
    """What a name means at its seller, and whether that has a price."""

    name: NamedAt
    meaning: Meaning
    priced: bool


class TooSlow(Exception):
    """The time for looking up names was over after ``done`` of them."""

    def __init__(self, done: int) -> None:
        super().__init__(f"only {done} names were looked up in time")
        self.done = done


def cover(
    reads: Reads, clocks: Clocks, names: Iterable[NamedAt], is_late: Callable[[], bool] = lambda: False
) -> list[Covered]:
    """Each name once a seller, in order, with what it means and whether a price of it was valid then; the unknown ones
    that come most often with the ids most like them, while there is time. Raises TooSlow when ``is_late`` before all
    names are read.
    """
    known = names_of(reads, book_state(reads))
    lookup = known.at(clocks)
    often = Counter(names)
    meanings: dict[NamedAt, Meaning] = {}
    for one in often:
        if is_late():
            raise TooSlow(len(meanings))
        meanings[one] = lookup.read(one.name, one.provider)
    unknown = [one for one, _ in often.most_common() if isinstance(meanings[one], Unknown)]
    for one in unknown[:_SUGGESTED]:
        if is_late():
            break
        meanings[one] = lookup(one.name, one.provider)
    ids = {m.slug: known.offerings[m.slug].id for m in meanings.values() if isinstance(m, Resolution)}
    priced = _priced(reads, clocks, ids.values())
    return [
        Covered(name, meaning, isinstance(meaning, Resolution) and ids[meaning.slug] in priced)
        for name, meaning in meanings.items()
    ]


def shares(values: Iterable[str]) -> dict[str, dict[str, Any]]:
    """How many there are of each value and which share of all that is, the most frequent first."""
    counts = Counter(values)
    total = counts.total()
    return {value: {"names": count, "share": round(count / total, 4)} for value, count in counts.most_common()}


def _priced(reads: Reads, clocks: Clocks, offerings: Collection[int]) -> set[int]:
    if isinstance(reads, PriceBook):
        rows = reads.rows("price", ("offering_id", "state", "valid", "recorded"), offerings)
        return {
            offering
            for offering, state, valid, recorded in rows
            if state in COSTS and clocks.as_of in valid and clocks.known_at in recorded
        }
    query = select(PriceRow.offering_id).where(
        PriceRow.offering_id.in_(offerings),
        PriceRow.at(clocks.as_of, clocks.known_at),
        PriceRow.state.in_(COSTS),
    )
    return set(reads.scalars(query.distinct()))
