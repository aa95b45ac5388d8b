"""The rows that Langfuse should have of the price book."""

from __future__ import annotations

from collections.abc import Collection

from llmpricing.exports.langfuse import LangfuseRow, rows_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.named_prices import named_offerings
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_ever


def langfuse_rows(reads: Reads, known: BookState, clocks: Clocks, wanted: Collection[str] = ()) -> list[LangfuseRow]:
    """The rows of all names that mean one offering, or of the ``wanted`` among them, by name and date."""
    meant = named_offerings(reads, known, clocks)
    names = sorted(name for name in meant if not wanted or name in wanted)
    offerings = names_of(reads, known).offerings
    prices = prices_ever(reads, known, clocks.known_at, {offerings[meant[name]].id: meant[name] for name in names})
    return [row for name in names for row in rows_of(name, meant[name], prices[meant[name]])]
