"""models.dev's api.json at a moment, made of the newest that was imported and of what is published."""

from __future__ import annotations

import json

from llmpricing.exports.models_dev import lay_over_api, models_in
from llmpricing.exports.overlay import Laid
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.kept_lists import newest_kept
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import BookState, Reads
from llmpricing.services.quotes.compiled_prices import prices_then
from llmpricing.sources.models_dev.price_list import SLUG


def models_dev_api(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> Laid:
    """The list with the prices of these two times; raises NoListError before any was imported."""
    data = newest_kept(reads, SLUG, clocks.known_at).data
    offerings = names_of(reads, known).offerings
    slugs = {slug for slug, _, _ in models_in(json.loads(data)) if slug in offerings}
    wanted = {offerings[slug].id: slug for slug in slugs}
    return lay_over_api(data, prices_then(reads, known, clocks, wanted, net=net))
