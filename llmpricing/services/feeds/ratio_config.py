"""new-api's ratios at a moment, made of what is published, under the names that mean one offering by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from llmpricing.exports.overlay import Laid
from llmpricing.exports.ratio_config import LeftOut, left_out, ratios_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.named_prices import named_offerings, named_prices
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads


def ratio_config(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> Laid:
    """The ratios with the prices of these two times."""
    return Laid({"success": True, "data": ratios_of(named_prices(reads, known, clocks, net=net))})


def without_ratios(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> list[LeftOut]:
    """The names as requests state them that have no ratios at these two times, or lack one, and why; by name."""
    published = named_prices(reads, known, clocks, net=net)
    return sorted((*_without_one_price(reads, known, clocks, published.keys()), *left_out(published)))


def _without_one_price(reads: Reads, known: BookState, clocks: Clocks, priced: Collection[str]) -> Iterator[LeftOut]:
    meant = named_offerings(reads, known, clocks)
    for name in {offered.api_id for offered in names_of(reads, known).offerings.values()} - set(priced):
        of_places = "it says no place, and places cost differently"
        yield LeftOut(name, None, of_places if name in meant else "by itself it means no single offering")
