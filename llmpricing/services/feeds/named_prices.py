"""Prices by the names that requests state, for clients that know no sellers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from llmpricing.domain.names.matching import Resolution
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.domain.quotes.places_of_a_name import possible
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_then


class NamedOffering(NamedTuple):
    """What a name means: an offering by its id, and those ``beside`` it whose prices a request may pay as well, for the
    name says no place.
    """

    slug: str
    beside: tuple[str, ...] = ()

    def has_one_price(self, prices: Mapping[str, Sequence[Price]]) -> bool:
        """Whether all that the name may mean costs the same, by the prices of each offering."""
        own = _asked(prices[self.slug])
        return all(_asked(prices[slug]) == own for slug in self.beside)


def _asked(prices: Iterable[Price]) -> set[Hashable]:
    return {
        (one.meter, one.conditions, one.state, one.amount, one.per, one.currency, one.valid_from, one.valid_until)
        for one in prices
    }


def named_offerings(reads: Reads, known: BookState, clocks: Clocks) -> dict[str, NamedOffering]:
    """What each name means. A name is the id that a request states, without its seller: it means one offering, or is
    left out.
    """
    names = names_of(reads, known)
    read, meant = names.at(clocks).read, dict[str, NamedOffering]()
    for api_id in {offered.api_id for offered in names.offerings.values()}:
        meaning = read(api_id)
        if isinstance(meaning, Resolution) and not (meaning.region or meaning.stands_in_for):
            meant[api_id] = NamedOffering(meaning.slug, possible(meaning))
    return meant


def numbers_of(reads: Reads, known: BookState, meant: Iterable[NamedOffering]) -> dict[int, str]:
    """By number the ids of all offerings that these names may mean."""
    offerings = names_of(reads, known).offerings
    return {offerings[slug].id: slug for one in meant for slug in (one.slug, *one.beside)}


def named_prices(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> dict[str, CountingPrices]:
    """The prices of these two times by the names that mean one price; ``net``: less what was agreed."""
    meant = named_offerings(reads, known, clocks)
    prices = prices_then(reads, known, clocks, numbers_of(reads, known, meant.values()), net=net)
    asked = {slug: counting.prices for slug, counting in prices.items()}
    return {name: prices[one.slug] for name, one in meant.items() if one.has_one_price(asked)}
