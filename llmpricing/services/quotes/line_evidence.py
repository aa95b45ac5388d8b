"""What the lines of quotes rest on, as it is shown: how a price is known, since when and until when, and who agrees."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import msgspec

from llmpricing.domain.evidence import SourceLists
from llmpricing.domain.money import to_text
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.line_evidence import PriceStanding
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.unit_rates import remembered

_REMEMBERED = 16_384  # by each version of the lists; the largest price books have as many prices today


class DifferenceDocument(msgspec.Struct, frozen=True, gc=False):
    """What another list asks per as many units as the line's price is for; null where it has none by the unit."""

    source: str
    amount: str | None


class EvidenceDocument(msgspec.Struct, frozen=True, gc=False):
    """``basis`` is stated, seen or carried; the days are those of the source's first and last list that said so.
    ``via`` is the offering whose price it is where that is another one.
    """

    basis: str
    first_seen: date | None
    last_seen: date | None
    agrees: tuple[str, ...]
    differs: tuple[DifferenceDocument, ...]
    via: str | None


class ReadLists:
    """The lists that were read by one recorded time, and what is shown by them."""

    def __init__(self, lists: SourceLists) -> None:
        self._lists = lists
        # By offering, as others may stand on the same price, the time since when, and the price.
        self.shown: dict[tuple[str, datetime | None, int], EvidenceDocument] = {}

    def show(self, standing: PriceStanding) -> EvidenceDocument:
        """What is known of a price, as it is shown."""
        price = standing.price
        last = None
        if price.observed_at is not None:
            last = self._lists.last_seen(price.source, price.observed_at, price.superseded_at).date()
        return EvidenceDocument(
            standing.standing.value,
            price.first_seen.date() if price.first_seen else None,
            last,
            standing.agrees,
            tuple(DifferenceDocument(s, None if a is None else to_text(a)) for s, a in standing.differs),
            price.via,
        )


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
