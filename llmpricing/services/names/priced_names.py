"""When offerings had the prices that decide what a name means; a new version reads only what it touched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime

from llmpricing.domain.names.moments import Moment
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.name_history import Offered
from llmpricing.services.names.price_differences import differing_times, pair_key
from llmpricing.services.names.priced_times import Periods, has_price, priced_at_times
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.publishing.change_log import change_log


@dataclass(frozen=True, eq=False, slots=True)
class PricedNames:
    """When the offerings had a price that another's clause claims, and when twins asked different ones, by what was
    recorded up to ``until`` (None: nothing was read yet).
    """

    until: datetime | None = None
    periods: Periods = field(default_factory=dict)
    differing: Periods = field(default_factory=dict)  # by pair_key

    def at(self, clocks: Clocks) -> Moment:
        """What prices say of names then."""

        def differ(one: str, other: str) -> bool:
            key = pair_key(one, other)
            return key in self.differing and has_price(self.differing, key, clocks)

        return Moment(lambda slug: has_price(self.periods, slug, clocks), differ)

    def says_the_same(self, other: PricedNames) -> bool:
        """Whether no name can mean anything else by the other."""
        return (self.periods, self.differing) == (other.periods, other.differing)


@dataclass(frozen=True, slots=True)
class Decisive:
    """Whose prices decide what names mean: of ``offerings``, by id, those that ``is_claimed``, and pairs of twins."""

    offerings: Mapping[str, Offered]
    is_claimed: Callable[[str], bool]
    twins: Set[tuple[str, str]]


def priced_names(reads: Reads, known: BookState, before: PricedNames, of: Decisive) -> PricedNames:
    """The periods at this version of the price book; read are those of offerings whose prices changed since."""
    if before.until is not None and before.until >= known.last_change:
        return before
    log = change_log(reads, known)
    changed = None if before.until is None else log.changed_since(before.until)
    if changed is None:
        return PricedNames(known.last_change, *_read(reads, of, None, of.twins))
    touched = {slug: offered.id for slug, offered in of.offerings.items() if offered.id in changed}
    if not touched:
        return replace(before, until=known.last_change)
    twins = {pair for pair in of.twins if not touched.keys().isdisjoint(pair)}
    periods, differing = _read(reads, of, touched.values(), twins)
    kept = {slug: found for slug, found in before.periods.items() if slug not in touched}
    anew = {pair_key(*pair) for pair in twins}
    apart = {key: found for key, found in before.differing.items() if key not in anew}
    return PricedNames(known.last_change, {**kept, **periods}, {**apart, **differing})


def _read(
    reads: Reads, of: Decisive, offerings: Collection[int] | None, twins: Set[tuple[str, str]]
) -> tuple[Periods, Periods]:
    periods = priced_at_times(reads, offerings)
    claimed = {slug: found for slug, found in periods.items() if of.is_claimed(slug)}
    return claimed, differing_times(reads, twins)
