"""The rates by which sellers turned USD into the currency of an invoice, beside those of the price book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.services.usage_log.formats.record import UsageRecord

_SAME = Decimal("0.0001")  # the share by which two rates may differ that are rounded


class SellerRate(NamedTuple):
    """So much of a currency for a USD by the seller's own word, and by the price book (None: it has none, so that the
    seller's is taken), on so many lines.
    """

    seller: str
    currency: str
    own: Decimal
    book: Decimal | None
    lines: int


@dataclass
class SellerRates:
    """Collects them from the lines of an invoice."""

    _lines: Counter[tuple[str, str, Decimal, Decimal | None]] = field(default_factory=Counter)

    def count(self, record: UsageRecord, seller: str, book: Decimal | None) -> None:
        """Add a line that states its rate."""
        if record.per_usd:
            self._lines[seller, record.currency, record.per_usd.normalize(), book] += 1

    @property
    def told(self) -> Sequence[SellerRate]:
        """The rates that were taken of sellers, and those that are not what the price book says."""
        found = [SellerRate(*told, lines) for told, lines in self._lines.items()]
        kept = [one for one in found if one.book is None or _is_apart(one.own, one.book)]
        return sorted(kept, key=lambda one: (one.seller, one.currency, one.own))


def _is_apart(own: Decimal, book: Decimal) -> bool:
    return abs(WIDE.subtract(own, book)) > _SAME * own
