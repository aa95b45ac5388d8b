"""Bridges to invoices with fees of tools, in lines with and without a model."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from tests.made_invoices import (
    API,
    CONSOLE,
    MONDAY,
    chance_of,
    made_log,
)
from tests.planted_invoices import Invoice, bridge_of, files_of


def test_searches_that_the_log_does_not_count_are_charged_and_not_in_it_and_the_other_way_round(
    book: Session, tmp_path: Path
) -> None:
    """Of the console each key's searches stand in a line of their own, of its model."""
    log, items = made_log(book, CONSOLE, chance_of(5))
    invoice = Invoice(book, CONSOLE, items, chance_of(5), knows_quantities=False)
    model = next(iter(CONSOLE.models))
    invoice._free = [(model, "web_searches")]
    without = invoice.not_logged(log)
    charged = files_of(CONSOLE, tmp_path, items, with_usage=False)
    (row,) = bridge_of(book, without, charged).rows()
    assert (row.name, row.kinds) == ("charged_not_in_log", {"web_searches": invoice.expected["charged_not_in_log"]})
    left = {spot: item for spot, item in items.items() if (spot.model, spot.kind) != (model, "web_searches")}
    (row,) = bridge_of(book, log, files_of(CONSOLE, tmp_path, left, with_usage=False)).rows()
    assert (row.name, set(row.kinds)) == ("in_log_not_charged", {"web_searches"})


def test_searches_in_lines_without_a_model_are_compared_with_those_of_all_models(book: Session, tmp_path: Path) -> None:
    """None in the log: charged, and not in it; none charged: in the log, and not charged."""
    log, items = made_log(book, API, chance_of(5))
    fees = sum((one.amount or Decimal(0) for spot, one in items.items() if spot.kind == "web_searches"), Decimal(0))
    invoice = Invoice(book, API, items, chance_of(5), knows_quantities=False)
    without = log
    for model in API.models:
        invoice._free = [(model, "web_searches")]
        without = invoice.not_logged(without)
    charged = files_of(API, tmp_path, items, with_usage=False)
    (row,) = bridge_of(book, without, charged).rows()
    assert (row.name, row.money, row.kinds) == ("charged_not_in_log", fees, {"web_searches": fees})
    assert row.example is not None
    assert row.example.model == "web search"
    left = {spot: item for spot, item in items.items() if spot.kind != "web_searches"}
    (row,) = bridge_of(book, log, files_of(API, tmp_path, left, with_usage=False)).rows()
    assert (row.name, row.money, set(row.kinds)) == ("in_log_not_charged", -fees, {"web_searches"})


def test_fees_without_a_model_are_compared_by_seller(book: Session, tmp_path: Path) -> None:
    """Anthropic counts and charges its searches as the log has them; OpenAI charges some that nobody counts."""
    log, items = made_log(book, API, chance_of(5))
    files = files_of(API, tmp_path, items, with_usage=True)
    bucket = {
        "object": "bucket",
        "start_time": int(MONDAY.timestamp()),
        "end_time": int(MONDAY.timestamp()) + 86_400,
        "results": [
            {
                "object": "organization.costs.result",
                "amount": {"value": "1.25", "currency": "usd"},
                "line_item": "web search tool calls",
            }
        ],
    }
    other = tmp_path / "openai-costs.json"
    other.write_text(json.dumps({"object": "page", "data": [bucket]}), "utf-8")
    (row,) = bridge_of(book, log, [*files, other]).rows()
    assert (row.name, row.money, row.kinds) == (
        "charged_not_in_log",
        Decimal("1.25"),
        {"web_searches": Decimal("1.25")},
    )
