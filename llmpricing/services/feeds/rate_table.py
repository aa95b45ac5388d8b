"""The price book as a table of flat rates with dates, for spreadsheets and databases of one's own."""

from __future__ import annotations

from llmpricing.domain.quotes.flat_rates import FlatRate, flat_rates
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_ever
from llmpricing.services.quotes.terms import terms_at

RATE_FILES = ("prices.csv", "prices.parquet")


def rate_table(
    reads: Reads, known: BookState, clocks: Clocks, *, only_then: bool = False, net: bool = False
) -> list[FlatRate]:
    """The rates of all offerings by what is known at ``clocks.known_at``, by id and date: all of them, or ``only_then``
    those of ``clocks.as_of``; ``net``: less what was agreed, each rate on its own days.
    """
    offered = {one.id: one.slug for one in names_of(reads, known).offerings.values()}
    prices = prices_ever(reads, known, clocks.known_at, offered)
    terms = terms_at(reads, known.book, clocks.known_at) if net else None
    rates = [
        rate
        for slug in sorted(offered.values())
        for rate in flat_rates(slug, prices[slug], terms.rates(*slug.split("/", 1)) if terms else ())
    ]
    return [rate for rate in rates if _holds(rate, clocks)] if only_then else rates


def _holds(rate: FlatRate, clocks: Clocks) -> bool:
    at = clocks.as_of
    return (rate.valid_from is None or rate.valid_from <= at) and (rate.valid_until is None or at < rate.valid_until)
