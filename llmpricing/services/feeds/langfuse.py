"""The rows that Langfuse should have of the price book."""

from __future__ import annotations

from collections.abc import Collection

from llmpricing.exports.langfuse import LangfuseRow, rows_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.named_prices import named_offerings, numbers_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_ever
from llmpricing.services.quotes.terms import terms_at


def langfuse_rows(
    reads: Reads, known: BookState, clocks: Clocks, wanted: Collection[str] = (), *, net: bool = False
) -> list[LangfuseRow]:
    """The rows of all names that mean one price, or of the ``wanted`` among them, by name and date; ``net``: less
    what was agreed with sellers.
    """
    meant = named_offerings(reads, known, clocks)
    names = sorted(name for name in meant if not wanted or name in wanted)
    prices = prices_ever(reads, known, clocks.known_at, numbers_of(reads, known, [meant[name] for name in names]))
    terms = terms_at(reads, known.book, clocks.known_at) if net else None
    found: list[LangfuseRow] = []
    for name in names:
        slug = meant[name].slug
        if meant[name].has_one_price(prices):
            contract = terms.rates(*slug.split("/", 1)) if terms else ()
            found += rows_of(name, slug, prices[slug], contract)
    return found
