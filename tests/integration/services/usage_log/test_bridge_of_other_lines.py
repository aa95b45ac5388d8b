"""Bridges to invoices with lines that are of no usage: taxes, credits, commitments."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from tests.made_invoices import (
    API,
    CUR,
    OPENAI,
    chance_of,
    cur_with_other_lines,
    made_log,
)
from tests.planted_invoices import Invoice, bridge_of, files_of, found


def test_taxes_credits_and_commitments_stand_beside_what_is_planted(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, CUR, chance_of(3))
    invoice = Invoice(book, CUR, items, chance_of(3), knows_quantities=True)
    invoice.other_price()
    invoice.other_quantity()
    others = cur_with_other_lines(tmp_path / "cur.csv", items)
    assert found(bridge_of(book, log, [tmp_path / "cur.csv"])) == {**invoice.expected, **others}


def test_credits_taxes_and_commitments_of_every_seller_are_told_by_their_names(book: Session, tmp_path: Path) -> None:
    log, items = made_log(book, OPENAI, chance_of(3))
    (costs,) = files_of(OPENAI, tmp_path, items, with_usage=False)
    page = json.loads(costs.read_text("utf-8"))
    asked = {"credit grant": "-5", "Discount": "-0.5", "VAT": "2.1", "commitment": "7", "Refund": "-1"}
    page["data"][0]["results"] += [
        {
            "object": "organization.costs.result",
            "amount": {"value": amount, "currency": "usd"},
            "line_item": name,
        }
        for name, amount in asked.items()
    ]
    costs.write_text(json.dumps(page), "utf-8")
    expected = {"credit_or_discount": Decimal("-6.5"), "tax": Decimal("2.1"), "commitment": Decimal(7)}
    assert found(bridge_of(book, log, [costs])) == expected
    tuned = {"object": "organization.costs.result", "amount": {"value": "3", "currency": "usd"}}
    page["data"][0]["results"].append({**tuned, "line_item": "ft:gpt-4.1:acme:tax-bot:id, training"})
    costs.write_text(json.dumps(page), "utf-8")
    assert found(bridge_of(book, log, [costs])) == {**expected, "charged_not_in_log": Decimal(3)}
    page["data"][0]["results"].append(
        {**tuned, "line_item": f"{next(iter(items)).model}, training"}
    )  # which is no usage of it
    costs.write_text(json.dumps(page), "utf-8")
    assert found(bridge_of(book, log, [costs])) == {**expected, "charged_not_in_log": Decimal(6)}
    log, items = made_log(book, API, chance_of(3))
    (costs,) = files_of(API, tmp_path, items, with_usage=False)
    page = json.loads(costs.read_text("utf-8"))
    line = {**page["data"][0]["results"][0], "model": None, "token_type": None, "description": None}
    kinds = {"credit": "-650", "tax": "210", "commitment": "700"}
    page["data"][0]["results"] += [{**line, "cost_type": kind, "amount": cents} for kind, cents in kinds.items()]
    costs.write_text(json.dumps(page), "utf-8")
    assert found(bridge_of(book, log, [costs])) == expected
