"""Which offering a name means, by the names that were valid at one time and recorded at another."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import count
from operator import itemgetter
from threading import Lock

from llmpricing.domain.names.claimed import claimed_by, claims
from llmpricing.domain.names.claims import Claims
from llmpricing.domain.names.index import IndexedOffering, NameIndex, build_index
from llmpricing.domain.names.twins import twins
from llmpricing.domain.observations import ObservedProvider
from llmpricing.domain.quotes.standing_on import StandsOn, StoodOn
from llmpricing.domain.times import TimeSpan
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory, settle
from llmpricing.services.names import name_history
from llmpricing.services.names.lookup import Lookup, Meaning
from llmpricing.services.names.name_history import Offered, RecordedAlias
from llmpricing.services.names.priced_names import Decisive, PricedNames, priced_names
from llmpricing.services.price_book import BookState, Reads, book_state

_WAIT_FOR_OTHERS_S = 2.0
_REMEMBERED_CLAIMS = 10_000
_OF_A_CLAIM = 250  # bytes
log = logging.getLogger(__name__)


class Names:
    """All names that a price book ever recorded, read once; catalogues of any two times are made of them on demand.

    Aliases, and the prices by which names are told apart, are laid over what lists say: each change of them is a value
    of its own, which shares the catalogues. A request that still reads an older state keeps what that state knew.
    """

    def __init__(self, reads: Reads) -> None:
        self.offerings = {row.slug: row for row in name_history.offerings(reads)}
        self._descriptions = name_history.descriptions(reads)
        self._rules = name_history.rules(reads)
        recorded = [rule.recorded for rules in self._rules.values() for rule in rules]
        recorded += [recorded for _, recorded in self._descriptions]
        created = {offered.created_at for offered in self.offerings.values()}
        self._listed_bounds = sorted(created.union(_bounds(recorded)))
        weight = 1_000 * len(self.offerings)  # and no way back to these names
        self._catalogues: Memory[int, NameIndex] = Memory(4, lambda _: weight)
        self._claimed: Memory[tuple[int, str], str | None] = Memory(_REMEMBERED_CLAIMS, lambda _: _OF_A_CLAIM)
        self._claims: Memory[tuple[int, str], tuple[str, ...]] = Memory(_REMEMBERED_CLAIMS, lambda _: _OF_A_CLAIM)
        self._standing: Memory[int, StandsOn] = Memory(4, lambda found: 250 * len(found))
        self._lookups: Memory[tuple[int, int, int], Lookup] = Memory(16, lambda lookup: lookup.bytes)
        self.alias_mark, self._aliases = "", tuple[RecordedAlias, ...]()
        self.priced = PricedNames()
        self._turn()

    def with_aliases(self, mark: str, aliases: Iterable[RecordedAlias]) -> Names:
        """The same names with other aliases; ``mark`` is that of their last change."""
        names = copy(self)
        names.alias_mark, names._aliases = mark, tuple(aliases)
        names._turn()
        return names

    def with_prices(self, priced: PricedNames) -> Names:
        """The same names, told apart by other prices."""
        if priced is self.priced:
            return self
        names = copy(self)
        names.priced = priced
        if not priced.says_the_same(self.priced):
            names._turn()
        return names

    def _turn(self) -> None:
        """Find the times between which every name keeps its meaning: what is remembered is remembered by them."""
        rows = [row for found in (self.priced.periods, self.priced.differing) for one in found.values() for row in one]
        rows += [(row.valid, row.recorded) for row in self._aliases]
        self.turns = sorted(_bounds(valid for valid, _ in rows))
        self._recorded_bounds = sorted(_bounds(recorded for _, recorded in rows).union(self._listed_bounds))
        self._number = next(_numbers)

    @cached_property
    def decisive(self) -> Decisive:
        """Whose prices decide what names mean or ever meant: by all clauses of all times, and all ids."""
        index = self._index(self._listed_bounds[-1]) if self._listed_bounds else build_index((), ())
        claims = Claims(
            IndexedOffering(
                row.slug, row.provider, row.api_id, tuple(rule.clause for rule in self._rules.get(row.id, ()))
            )
            for row in self.offerings.values()
        )
        return Decisive(self.offerings, claims.is_claimed, frozenset((*twins(index), *claims.latest_twins())))

    def aliases(self) -> set[str]:
        """Every alias that was ever recorded."""
        return {row.alias for row in self._aliases}

    @property
    def left_out(self) -> int | None:
        """How many clauses and patterns of today cannot be read and are left out; None before they were first read."""
        known = len(self._listed_bounds)
        found = self._catalogues.recall((known,))
        return len(found[known].problems) if found else None

    def at(self, clocks: Clocks) -> Lookup:
        """What names meant then, as ``lookup(name, provider)``."""
        known = bisect_right(self._recorded_bounds, clocks.known_at)
        key = (self._number, bisect_right(self.turns, clocks.as_of), known)
        return self._lookups.remember(key, lambda: self._lookup(clocks))

    def claimed_by(self, slug: str, known_at: datetime) -> Offered | None:
        """The offering of the same seller whose clause meant this one's id too, by what was recorded at a time."""
        known = bisect_right(self._listed_bounds, known_at)
        claimed = self._claimed.remember((known, slug), lambda: claimed_by(self._index(known_at), slug))
        return self.offerings[claimed] if claimed else None

    def claims(self, slug: str, known_at: datetime) -> tuple[Offered, ...]:
        """The offerings of the same seller that stood on this one, by what was recorded at a time."""
        known = bisect_right(self._listed_bounds, known_at)
        found = self._claims.remember((known, slug), lambda: claims(self._index(known_at), slug))
        return tuple([self.offerings[one] for one in found])

    def same_model(self, slug: str, known_at: datetime) -> tuple[Offered, ...]:
        """The offerings of the same model at other sellers, or by other ids, by what was recorded at a time."""
        return tuple([self.offerings[one] for one in self._index(known_at).same_model(slug)])

    def standing(self, known_at: datetime) -> StandsOn:
        """Which offerings stand on another one, by what was recorded at a time."""
        known = bisect_right(self._listed_bounds, known_at)
        return self._standing.remember(known, lambda: dict(self._all_standing(known_at)))

    def _all_standing(self, known_at: datetime) -> Iterator[tuple[int, StoodOn]]:
        index = self._index(known_at)
        for slug, offered in self.offerings.items():
            if base := claimed_by(index, slug):
                yield offered.id, StoodOn(self.offerings[base].id, base)

    def _lookup(self, clocks: Clocks) -> Lookup:
        aliases = [
            (row.namespace, row.alias, row.offering)
            for row in self._aliases
            if clocks.as_of in row.valid and clocks.known_at in row.recorded
        ]
        named = build_index((), (), aliases)
        catalogue = replace(self._index(clocks.known_at), own=named.own, aliases=named.aliases)
        last = self._recorded_bounds[-1] if self._recorded_bounds else clocks.known_at
        newest = self.at(Clocks(clocks.as_of, last)) if clocks.known_at < last else None
        return Lookup(catalogue, newest, self.priced.at(clocks))

    def _index(self, known_at: datetime) -> NameIndex:
        known = bisect_right(self._listed_bounds, known_at)
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
            log.warning("name_rule_left_out, known at %s: %s", known_at, problem)
        return index


_books: Memory[tuple[str, str], Names] = Memory(1)  # by what lists say of names, with the newest aliases and prices
_versions: Memory[tuple[str, int], Names] = Memory(  # the one before too, for who still reads it
    2, lambda names: 1_500 * len(names.offerings)
)
_numbers = count()
_newest: Memory[str, Names] = Memory(1)  # what was read last, for the health check
_building = Lock()


def names_of(reads: Reads, known: BookState) -> Names:
    """The price book's names, read anew only when lists say others; one thread reads, others wait a while.

    A new version asks once what it changed: an alias reads the aliases, a pin its offering's prices.
    """
    version = (known.book, known.version)
    if found := _versions.recall((version,)):
        return found[version]
    is_mine = _building.acquire(timeout=_WAIT_FOR_OTHERS_S)
    try:
        return _versions.remember(version, lambda: _names_at(reads, known))
    finally:
        if is_mine:
            _building.release()


def _names_at(reads: Reads, known: BookState) -> Names:
    marks = name_history.marks(reads)
    key = (known.book, marks.lists)
    names = _books.remember(key, lambda: _read_names(reads))
    if names.alias_mark != marks.aliases:
        names = names.with_aliases(marks.aliases, name_history.aliases(reads))
    names = names.with_prices(priced_names(reads, known, names.priced, names.decisive))
    _books.keep(key, names)
    return names


def _read_names(reads: Reads) -> Names:
    names = Names(reads)
    _newest.keep("newest", names)
    settle()
    return names


def rules_left_out() -> int | None:
    """How many clauses and patterns of the lists this process cannot read; None before it first read them."""
    found = _newest.recall(("newest",))
    return found["newest"].left_out if found else None


def resolve_name(reads: Reads, clocks: Clocks, name: str, provider: str | None = None) -> Meaning:
    """What the name meant at ``as_of``, by what was recorded at ``known_at``; ``provider`` may be a host or URL."""
    return names_of(reads, book_state(reads)).at(clocks)(name, provider)


def _bounds(ranges: Iterable[TimeSpan]) -> set[datetime]:
    return {bound for range_ in ranges for bound in (range_.lower, range_.upper) if bound is not None}
