"""models.dev's api.json at a moment, made of the newest that was imported and of what is published."""

from __future__ import annotations

from llmpricing.exports.models_dev import lay_over_api
from llmpricing.exports.overlay import Laid
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.kept_lists import newest_kept
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_then
from llmpricing.sources.models_dev.price_list import SLUG, parse


def models_dev_api(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> Laid:
    """The list with the prices of these two times; raises NoListError before any was imported."""
    data = newest_kept(reads, SLUG, clocks.known_at).data
    listed = parse(data)
    offerings = names_of(reads, known).offerings
    wanted = {offerings[one.slug].id: one.slug for one in listed.offerings if one.slug in offerings}
    return lay_over_api(data, listed, prices_then(reads, known, clocks, wanted, net=net))
