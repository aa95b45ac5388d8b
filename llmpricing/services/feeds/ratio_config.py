"""new-api's ratios at a moment, made of what is published, under the names that mean one offering by themselves."""

from __future__ import annotations

from llmpricing.exports.overlay import Laid
from llmpricing.exports.ratio_config import ratios_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.named_prices import named_prices
from llmpricing.services.price_book import BookState, Reads


def ratio_config(reads: Reads, known: BookState, clocks: Clocks, *, net: bool = False) -> Laid:
    """The ratios with the prices of these two times."""
    return Laid({"success": True, "data": ratios_of(named_prices(reads, known, clocks, net=net))})
