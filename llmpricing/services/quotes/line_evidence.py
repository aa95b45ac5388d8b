"""What the lines of a quote rest on, as it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.unit_rates import remembered
from llmpricing.services.catalogue.price_evidence import EvidenceDocument, ReadLists

_REMEMBERED = 16_384  # by each version of the lists; the largest price books have as many prices today


class Resting(NamedTuple):
    """What the lines of one quote rest on."""

    prices: OfferingPrices
    lists: ReadLists
    at: datetime
    since: datetime | None

    def evidence(self, price: Price) -> EvidenceDocument:
        """What is known of the price of a line; looked up only, three thousand times a batch, once it was shown."""
        key, shown = (self.prices.offering, self.since, price.id), self.lists.shown
        return shown.get(key) or remembered(
            shown, key, lambda: self.lists.show(self.prices.evidence(price, self.at)), _REMEMBERED
        )
