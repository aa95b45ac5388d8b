"""Bridges to the made bills of clouds, and to OpenAI's export of costs."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.made_cloud_invoices import CLOUDS, GCP, gcp_row
from tests.made_invoices import Seller, Spot, chance_of, made_log
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
