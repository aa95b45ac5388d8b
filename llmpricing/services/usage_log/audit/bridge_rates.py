"""The rates by which sellers turned USD into the currency of an invoice, beside those of the price book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.charges import WIDE
from llmpricing.services.usage_log.formats.record import UsageRecord

_SAME = Decimal("0.0001")  # the share by which two rates may differ that are rounded
_DIGITS = Context(prec=5)  # by which rates are told apart as they are collected


class SellerRate(NamedTuple):
    """So much of a currency for a USD by the seller's own word, at least and at most where rates are joined that differ
    by no more than rounding, and by the price book (None: it has none, so that the seller's is taken), on so many
    lines.
    """

    seller: str
    currency: str
    own: Decimal
    highest: Decimal
    book: Decimal | None
    lines: int

    def joined(self, other: SellerRate) -> SellerRate:
        """Both as one."""
        ends = (self.own, self.highest, other.own, other.highest)
        return self._replace(own=min(ends), highest=max(ends), lines=self.lines + other.lines)


@dataclass
class SellerRates:
    """Collects them from the lines of an invoice. Memory grows with rates that differ in their first digits, not with
    those that rounded amounts leave.
    """

    _known: dict[tuple[str, str, Decimal, Decimal | None], SellerRate] = field(default_factory=dict)

    def count(self, record: UsageRecord, seller: str, book: Decimal | None) -> None:
        """Add a line that states its rate."""
        if record.per_usd:
            own = record.per_usd.normalize()
            key = (seller, record.currency, _DIGITS.create_decimal(own), book)
            one = SellerRate(seller, record.currency, own, own, book, 1)
            self._known[key] = self._known[key].joined(one) if key in self._known else one

    @property
    def told(self) -> Sequence[SellerRate]:
        """The rates that were taken of sellers, and those that are not what the price book says."""
        found: list[SellerRate] = []
        for one in sorted(self._known.values(), key=lambda one: (one[:2], one.book or 0, one.own)):
            if one.book is not None and not (_is_apart(one.own, one.book) or _is_apart(one.highest, one.book)):
                continue
            last = found[-1] if found else None
            if last and _whose(last) == _whose(one) and not _is_apart(one.highest, last.own):
                found[-1] = last.joined(one)
            else:
                found.append(one)
        return sorted(found, key=lambda one: (one.seller, one.currency, one.own))


def _whose(one: SellerRate) -> tuple[str, str, Decimal | None]:
    return one.seller, one.currency, one.book


def _is_apart(own: Decimal, book: Decimal) -> bool:
    return abs(WIDE.subtract(own, book)) > _SAME * own
