"""Bridges to invoices in another currency that tell the seller's own exchange rate."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from llmpricing.services.usage_log.audit.uses import NoExchangeRate
from tests.made_cloud_invoices import AZURE, AZURE_FOCUS, GCP
from tests.made_invoices import Item, Items, Seller, chance_of, made_log
from tests.planted_invoices import bridge_of, found

RATE = Decimal("1.25")  # of the currency for a USD


def in_currency(items: Items, times: Decimal = RATE) -> Items:
    return {spot: Item(item.quantity, (item.amount or Decimal(0)) * times) for spot, item in items.items()}


def stated(seller: Seller, path: Path, told: dict[str, str]) -> None:
    """The invoice in Swiss francs, of which the price book has no rate, with what each line tells of its rate."""
    if path.suffix == ".ndjson":
        rows = [json.loads(line) | {"currency": "CHF"} | told for line in path.read_text("utf-8").splitlines()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return
    name = "billingCurrency" if seller is AZURE else "BillingCurrency"
    with path.open(encoding="utf-8", newline="") as file:
        lines = [row | {name: "CHF"} | told for row in csv.DictReader(file)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


@pytest.mark.parametrize(
    ("seller", "told"),
    [
        (GCP, {"currency_conversion_rate": "1.25"}),
        (AZURE, {"exchangeRatePricingToBilling": "1.25", "pricingCurrency": "USD"}),
        (AZURE_FOCUS, {"x_BillingExchangeRate": "1.25", "x_PricingCurrency": "USD"}),
    ],
    ids=lambda one: one.name if isinstance(one, Seller) else "",
)
def test_the_seller_s_own_rate_is_taken_where_the_price_book_has_none_and_said(
    book: Session, seller: Seller, told: dict[str, str], tmp_path: Path
) -> None:
    log, items = made_log(book, seller, chance_of(41))
    path = tmp_path / seller.name
    seller.write_costs(path, in_currency(items))
    stated(seller, path, told)
    bridge = bridge_of(book, log, [path])
    assert {name for name, money in found(bridge).items() if abs(money) > Decimal("1e-9")} == set()
    (rate,) = bridge.rates
    assert (rate.currency, rate.own, rate.book, rate.lines) == ("CHF", RATE, None, len(items))


def test_without_any_rate_it_is_refused_with_the_line_that_mends_it(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, GCP, chance_of(41))
    path = tmp_path / GCP.name
    GCP.write_costs(path, items)
    stated(GCP, path, {})
    with pytest.raises(NoExchangeRate, match="exchange add CHF"):
        bridge_of(book, log, [path])
