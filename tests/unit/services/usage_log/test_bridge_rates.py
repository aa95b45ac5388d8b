"""Sellers' own exchange rates beside those of the price book."""

from __future__ import annotations

from decimal import Decimal

from llmpricing.services.usage_log.audit.bridge_rates import SellerRate, SellerRates
from llmpricing.services.usage_log.formats.record import UsageRecord

BOOK = Decimal("0.9259259259")


def test_rates_that_are_taken_of_the_seller_or_differ_by_more_than_rounding_are_told() -> None:
    rates = SellerRates()
    for own, book in (("0.9259", BOOK), ("0.931", BOOK), ("0.931", BOOK), ("0.94", None)):
        rates.count(UsageRecord(currency="EUR", per_usd=Decimal(own)), "azure", book)
    rates.count(UsageRecord(currency="EUR"), "azure", BOOK)
    assert rates.told == [
        SellerRate("azure", "EUR", Decimal("0.931"), Decimal("0.931"), BOOK, 2),
        SellerRate("azure", "EUR", Decimal("0.94"), Decimal("0.94"), None, 1),
    ]


def test_rates_that_rounded_amounts_leave_are_told_as_one() -> None:
    rates = SellerRates()
    for cents in range(1000, 1300):
        rates.count(UsageRecord(currency="EUR", per_usd=Decimal("0.9013") + Decimal(cents) / 10**8), "azure", None)
    assert rates.told == [SellerRate("azure", "EUR", Decimal("0.90131"), Decimal("0.90131299"), None, 300)]
