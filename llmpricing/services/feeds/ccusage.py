"""ccusage's pricing overrides at a moment, made of what is published."""

from __future__ import annotations

from llmpricing.exports.ccusage import overrides_of
from llmpricing.exports.overlay import Laid
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.named_prices import named_prices
from llmpricing.services.price_book import BookState, Reads


def ccusage_overrides(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> Laid:
    """A configuration of ccusage with the prices of these two times, for the names that mean one offering."""
    return Laid({"defaults": {"pricingOverrides": overrides_of(named_prices(reads, known, clocks, net=net))}})
