"""Which offering a name means, by the names that were valid at one time and recorded at another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import count
from operator import itemgetter
from threading import Lock

import structlog
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.names.index import IndexedOffering, NameIndex, build_index
from llmpricing.domain.names.matching import Ambiguous, Resolution, Unknown, Why, read, too_long, with_suggestions
from llmpricing.domain.names.moments import Moment
from llmpricing.domain.names.surfaces import is_claimed
from llmpricing.domain.names.twins import twins
from llmpricing.domain.observations import ObservedProvider
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory, settle
from llmpricing.services.names import name_history
from llmpricing.services.names.price_differences import differing_times, pair_key
from llmpricing.services.names.priced_times import Periods, has_price, priced_at_times
from llmpricing.services.price_book import BookState, book_state

Meaning = Resolution | Ambiguous | Unknown

_WAIT_FOR_OTHERS_S = 2.0
_REMEMBERED_NAMES = 2048  # by each of the lookups
_REMEMBERED_SUGGESTIONS = 256
log = structlog.get_logger(__name__)


class Names:
    """All names that a price book ever recorded, read once; catalogues of any two times are made of them on demand."""

    def __init__(self, session: Session) -> None:
        self.offerings = {row.slug: row for row in name_history.offerings(session)}
        self._descriptions = name_history.descriptions(session)
        self._rules = name_history.rules(session)
        self._aliases = name_history.aliases(session)
        recorded = [rule.recorded for rules in self._rules.values() for rule in rules]
        recorded += [recorded for *_, recorded in self._aliases]
        recorded += [recorded for _, recorded in self._descriptions]
        created = {offered.created_at for offered in self.offerings.values()}
        self._recorded_bounds = sorted(created.union(_bounds(recorded)))
        self._valid_bounds = sorted(_bounds(valid for _, _, _, valid, _ in self._aliases))
        self._catalogues: Memory[int, NameIndex] = Memory(4)
        self._lookups: Memory[tuple[int, int, tuple[int, int, int]], Lookup] = Memory(16)
        self.priced = PricedNames(0, {}, {}, (), ())

    def aliases(self) -> set[str]:
        """Every alias that was ever recorded."""
        return {alias for _, alias, _, _, _ in self._aliases}

    def twins(self) -> set[tuple[str, str]]:
        """The pairs of offerings of which the prices decide what a name means."""
        return set(twins(self._index(self._recorded_bounds[-1]))) if self._recorded_bounds else set()

    def with_prices(self, periods: Periods, differing: Periods) -> Names:
        """The same names, and when offerings had a price of those that a clause of another claims, and when twins
        differed.

        A value of its own: a request that still reads an older state keeps the periods of that state. What both
        remember is shared, by the periods' turn.
        """
        index = self._index(self._recorded_bounds[-1]) if self._recorded_bounds else None
        claimed = {slug: found for slug, found in periods.items() if index and is_claimed(index, slug)}
        if (claimed, differing) == (self.priced.periods, self.priced.differing):
            return self
        rows = [row for found in (*claimed.values(), *differing.values()) for row in found]
        valid, recorded = (sorted(_bounds(row[place] for row in rows)) for place in (0, 1))
        names = copy(self)
        names.priced = PricedNames(next(_turns), claimed, differing, tuple(valid), tuple(recorded))
        return names

    @property
    def turns(self) -> Sequence[datetime]:
        """Times between which every name keeps its meaning."""
        return sorted({*self._valid_bounds, *self.priced.valid_bounds})

    @property
    def left_out(self) -> int | None:
        """How many clauses and patterns of today cannot be read and are left out; None before they were first read."""
        known = len(self._recorded_bounds)
        found = self._catalogues.recall((known,))
        return len(found[known].problems) if found else None

    def at(self, clocks: Clocks) -> Lookup:
        """What names meant then, as ``lookup(name, provider)``."""
        known = bisect_right(self._recorded_bounds, clocks.known_at)
        valid, priced = bisect_right(self._valid_bounds, clocks.as_of), self.priced
        key = (known, valid, priced.moment(clocks))
        return self._lookups.remember(key, lambda: self._lookup(known, clocks, priced))

    def _lookup(self, known: int, clocks: Clocks, priced: PricedNames) -> Lookup:
        catalogue = self._index(clocks.known_at)
        aliases = [
            (namespace, alias, slug)
            for namespace, alias, slug, valid, recorded in self._aliases
            if clocks.as_of in valid and clocks.known_at in recorded
        ]
        named = build_index((), (), aliases)
        catalogue = replace(catalogue, own=named.own, aliases=named.aliases)
        is_past = known < len(self._recorded_bounds)
        newest = self.at(Clocks(clocks.as_of, self._recorded_bounds[-1])) if is_past else None
        return Lookup(catalogue, newest, priced.at(clocks))

    def _index(self, known_at: datetime) -> NameIndex:
        known = bisect_right(self._recorded_bounds, known_at)
        return self._catalogues.remember(known, lambda: self._catalogue(known_at))

    def _catalogue(self, known_at: datetime) -> NameIndex:
        """Offerings in the order in which their sellers' clauses are tried, those without clauses last."""
        placed = []
        for offered in self.offerings.values():
            if offered.created_at <= known_at:
                rules = [rule for rule in self._rules.get(offered.id, ()) if known_at in rule.recorded]
                clauses = tuple(rule.clause for rule in rules)
                entry = IndexedOffering(offered.slug, offered.provider, offered.api_id, clauses)
                placed.append((not rules, rules[0].place if rules else (0, 0), offered.slug, entry))
        sellers: dict[str, ObservedProvider] = {}
        for seller, recorded in self._descriptions:
            if known_at in recorded:
                sellers.setdefault(seller.slug, seller)
        index = build_index([entry for *_, entry in sorted(placed, key=itemgetter(0, 1, 2))], sellers.values())
        for problem in index.problems:
            log.warning("name_rule_left_out", known_at=known_at, problem=problem)
        return index


@dataclass(frozen=True, eq=False, slots=True)
class PricedNames:
    """When the offerings had a price that another's clause claims, and when twins asked different ones, as one version
    of the price book has it.
    """

    turn: int  # another one for other periods
    periods: Periods
    differing: Periods  # by pair_key
    valid_bounds: tuple[datetime, ...]
    recorded_bounds: tuple[datetime, ...]

    def moment(self, clocks: Clocks) -> tuple[int, int, int]:
        """Equal for all clocks between which no price of them begins or ends."""
        valid = bisect_right(self.valid_bounds, clocks.as_of)
        return self.turn, valid, bisect_right(self.recorded_bounds, clocks.known_at)

    def at(self, clocks: Clocks) -> Moment:
        """What prices say of names then."""

        def differ(one: str, other: str) -> bool:
            key = pair_key(one, other)
            return key in self.differing and has_price(self.differing, key, clocks)

        return Moment(lambda slug: has_price(self.periods, slug, clocks), differ)


class Lookup:
    """What names mean at two times, looked up and remembered: ``lookup(name, provider)``.

    ``newest`` tells what was not known yet from what is unknown to this day.
    """

    def __init__(self, catalogue: NameIndex, newest: Lookup | None, moment: Moment) -> None:
        @lru_cache(_REMEMBERED_NAMES)
        def remembered(name: str, provider: str | None) -> Meaning:
            found = read(catalogue, name, provider, moment)
            if newest and isinstance(found, Unknown) and not isinstance(newest.read(name, provider), Unknown):
                return Unknown((), Why.NOT_YET)
            return found

        @lru_cache(_REMEMBERED_SUGGESTIONS)
        def suggesting(name: str, why: Why) -> Meaning:
            return with_suggestions(catalogue, name, Unknown((), why))

        self._remembered, self._suggesting = remembered, suggesting

    def __call__(self, name: str, provider: str | None = None) -> Meaning:
        """What the name means; where nothing, with the ids most like it."""
        if unread := too_long(name, provider):
            return unread
        found = self._remembered(name, provider)
        return self._suggesting(name, found.why) if isinstance(found, Unknown) else found

    def read(self, name: str, provider: str | None = None) -> Meaning:
        """What the name means, without suggestions."""
        return too_long(name, provider) or self._remembered(name, provider)


_books: Memory[tuple[str, str], Names] = Memory(2)  # by what moves when names do, with the newest prices
_versions: Memory[tuple[str, int], Names] = Memory(4)
_turns = count(1)
_newest: Memory[str, Names] = Memory(1)  # what was read last, for the health check
_building = Lock()


def names_of(session: Session, known: BookState) -> Names:
    """The price book's names, read anew only when names have changed; one thread reads, others wait a while.

    A new version asks once whether it brought names: a pin or new prices leave them, and their index, as they are.
    """
    version = (known.book, known.version)
    if found := _versions.recall((version,)):
        return found[version]
    is_mine = _building.acquire(timeout=_WAIT_FOR_OTHERS_S)
    try:
        return _versions.remember(version, lambda: _names_at(session, known.book))
    finally:
        if is_mine:
            _building.release()


def _names_at(session: Session, book: str) -> Names:
    mark = (book, name_history.mark(session))
    read = _books.remember(mark, lambda: _read_names(session))
    names = read.with_prices(priced_at_times(session), differing_times(session, read.twins()))
    _books.keep(mark, names)
    return names


def _read_names(session: Session) -> Names:
    names = Names(session)
    _newest.keep("newest", names)
    settle()
    return names


def rules_left_out() -> int | None:
    """How many clauses and patterns of the lists this process cannot read; None before it first read them."""
    found = _newest.recall(("newest",))
    return found["newest"].left_out if found else None


def resolve_name(session: Session, clocks: Clocks, name: str, provider: str | None = None) -> Meaning:
    """What the name meant at ``as_of``, by what was recorded at ``known_at``; ``provider`` may be a host or URL."""
    return names_of(session, book_state(session)).at(clocks)(name, provider)


def _bounds(ranges: Iterable[Range[datetime]]) -> set[datetime]:
    return {bound for range_ in ranges for bound in (range_.lower, range_.upper) if bound is not None}
