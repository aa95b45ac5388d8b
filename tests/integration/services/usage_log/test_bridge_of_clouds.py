"""Bridges to the made bills of clouds, and to OpenAI's export of costs."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.made_cloud_invoices import AWS_FOCUS, AZURE_FOCUS, CLOUDS, GCP, gcp_row
from tests.made_invoices import Item, Seller, Spot, chance_of, made_log
from tests.planted_invoices import assert_named, bridge_of, files_of, found

SEEDS = range(3)


@pytest.mark.parametrize("seller", CLOUDS, ids=lambda one: one.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planted_in_a_cloud_s_bill_is_named_to_the_last_digit(
    book: Session, seller: Seller, seed: int, tmp_path: Path
) -> None:
    assert_named(book, seller, seed, tmp_path, with_usage=bool(seed % 2))


@pytest.mark.parametrize("seller", CLOUDS, ids=lambda one: one.name)
def test_a_cloud_s_right_bill_has_no_cause(book: Session, seller: Seller, tmp_path: Path) -> None:
    log, items = made_log(book, seller, chance_of(1))
    assert found(bridge_of(book, log, files_of(seller, tmp_path, items, with_usage=False))) == {}


def test_what_google_gives_back_within_a_row_is_a_credit_by_its_name(book: Session, tmp_path: Path) -> None:
    """A promotion gives 0.25 back of the first row, a discount 0.1 of the second; both charge what the log costs."""
    sku = "Gemini 2.5 Flash GA Text Input - Predictions"
    tokens = 1_000_000
    cost = GCP.cost(book, Spot(0, "gemini-2.5-flash", "", "input_tokens"), tokens)
    log = [GCP.call(Spot(day, "gemini-2.5-flash", "", ""), {"input_tokens": tokens}, 3) for day in range(2)]
    promotion = {"name": "Promotion", "amount": -0.25, "type": "PROMOTION"}
    committed = {"name": "Committed use", "amount": -0.1, "type": "COMMITTED_USAGE_DISCOUNT"}
    rows = [gcp_row(sku, day, str(cost), tokens, credits=[one]) for day, one in enumerate((promotion, committed))]
    path = tmp_path / "gcp.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (row,) = bridge_of(book, log, [path]).rows()
    assert (row.name, row.lines) == (
        "credit_or_discount",
        {"Promotion": Decimal("-0.25"), "Committed use": Decimal("-0.1")},
    )


@pytest.mark.parametrize("seller", [AWS_FOCUS, AZURE_FOCUS], ids=lambda one: one.name)
def test_a_month_by_focus_is_compared_over_all_of_it_and_its_other_lines_keep_their_names(
    book: Session, seller: Seller, tmp_path: Path
) -> None:
    """Each kind of a model is summed up over November; a tax stands beside."""
    log, items = made_log(book, seller, chance_of(30))
    summed: dict[Spot, Item] = {}
    for spot, item in items.items():
        there = summed.get(spot._replace(day=0), Item(0, Decimal(0)))
        more = ((there.quantity or 0) + (item.quantity or 0), (there.amount or 0) + (item.amount or Decimal(0)))
        summed[spot._replace(day=0)] = Item(*more)
    path = tmp_path / seller.name
    seller.write_costs(path, summed)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows.append({**rows[0], "ChargeCategory": "Tax", "BilledCost": "0.2", "ChargeDescription": "VAT"})
    month = {"ChargePeriodStart": "2026-11-01T00:00:00Z", "ChargePeriodEnd": "2026-12-01T00:00:00Z"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[-1]))
        writer.writeheader()
        writer.writerows({**row, **month} for row in rows)
    (row,) = bridge_of(book, log, [path]).rows()
    assert (row.name, row.money) == ("tax", Decimal("0.2"))
    assert [name for name in row.lines if name.startswith("Tax: ")] == list(row.lines)
    if seller is AWS_FOCUS:
        assert row.lines == {"Tax: VAT": Decimal("0.2")}
