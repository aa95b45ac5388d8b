"""LiteLLM's map at a moment, made of the newest map that was imported and of what is published."""

from __future__ import annotations

from llmpricing.exports.litellm import lay_over_map
from llmpricing.exports.overlay import Laid
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.kept_lists import newest_kept
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_then
from llmpricing.sources.litellm.placed_prices import placed_entries
from llmpricing.sources.litellm.price_list import SLUG


def litellm_map(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> Laid:
    """The map with the prices of these two times; raises NoListError before any map was imported."""
    data = newest_kept(reads, SLUG, clocks.known_at).data
    entries = placed_entries(data)
    offerings = names_of(reads, known).offerings
    wanted = {offerings[entry.name.slug].id: entry.name.slug for entry in entries if entry.name.slug in offerings}
    return lay_over_map(data, entries, prices_then(reads, known, clocks, wanted, net=net))
