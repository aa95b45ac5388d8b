"""Prices by the names that requests state, for clients that know no sellers."""

from __future__ import annotations

from llmpricing.domain.names.matching import Resolution
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_then


def named_offerings(reads: Reads, known: BookState, clocks: Clocks) -> dict[str, str]:
    """The offering's id by name. A name is the id that a request states, without its seller: it means one offering, or
    is left out.
    """
    names = names_of(reads, known)
    read, meant = names.at(clocks).read, dict[str, str]()
    for api_id in {offered.api_id for offered in names.offerings.values()}:
        meaning = read(api_id)
        if isinstance(meaning, Resolution) and not (meaning.region or meaning.stands_in_for):
            meant[api_id] = meaning.slug
    return meant


def named_prices(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> dict[str, CountingPrices]:
    """The prices of these two times by the names that mean one offering; ``net``: less what was agreed."""
    meant, offerings = named_offerings(reads, known, clocks), names_of(reads, known).offerings
    prices = prices_then(reads, known, clocks, {offerings[slug].id: slug for slug in meant.values()}, net=net)
    return {name: prices[slug] for name, slug in meant.items() if slug in prices}
