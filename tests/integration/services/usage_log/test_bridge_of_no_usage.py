"""Bridges to lines of a model that are no usage of its tokens, of every seller: they stand for themselves."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.made_cloud_invoices import AZURE, AZURE_FOCUS, GCP, gcp_row
from tests.made_invoices import API, CONSOLE, CUR, OPENAI, Seller, chance_of, cur_line, made_log
from tests.planted_invoices import bridge_of, found

AMOUNT = Decimal("4.75")


def console(cost_type: str) -> dict[str, str]:
    return {"token_type": "", "cost_type": cost_type, "cost_usd": str(AMOUNT), "list_price_usd": str(AMOUNT)}


def api(cost_type: str, description: str) -> dict[str, Any]:
    return {"token_type": None, "cost_type": cost_type, "description": description, "amount": str(AMOUNT * 100)}


def openai(line_item: str) -> dict[str, Any]:
    return {"line_item": line_item, "amount": {"value": str(AMOUNT), "currency": "usd"}}


def azure(meter: str, name: str = "meterName") -> dict[str, str]:
    return {name: meter, "costInBillingCurrency": str(AMOUNT), "BilledCost": str(AMOUNT)}


def cur(usage_type: str) -> dict[str, str]:
    line = cur_line(9_999, 0, line_item_usage_type=usage_type, line_item_unblended_cost=str(AMOUNT))
    return {**line, "line_item_usage_amount": "24", "pricing_unit": "hours"}


def google(sku: str) -> dict[str, Any]:
    return {**gcp_row(sku, 0, str(AMOUNT), 24), "cost": float(AMOUNT)}


LINES: list[tuple[Seller, dict[str, Any]]] = [
    (CONSOLE, console("fine_tuning")),
    (CONSOLE, console("storage")),
    (API, api("fine_tuning", "Claude Haiku 4.5 Training")),
    (API, api("storage", "Files API storage")),
    (OPENAI, openai("gpt-4.1-mini-2025-04-14, training")),
    (OPENAI, openai("file search storage")),
    (OPENAI, openai("gpt-4.1-mini-2025-04-14, hosting")),
    (AZURE, azure("gpt-4.1-mini FT Trng glbl Unit")),
    (AZURE, azure("gpt 4.1 Hosting Unit")),
    (AZURE, azure("Provisioned Managed Global Unit")),
    (AZURE_FOCUS, azure("gpt-4.1-mini FT Hosting Unit", "x_SkuMeterName")),
    (CUR, cur("USE1-NovaLite-Customization-Training")),
    (CUR, cur("USE1-NovaLite-Customization-Storage")),
    (CUR, cur("USE1-NovaPro-ProvisionedThroughput-NoCommit-ModelUnits")),
    (CUR, cur("USE1-Guardrail-ContentPolicyUnitsConsumed")),
    (CUR, cur("USE1-MP:USE1_reserved_1month_tpm_input_tokens_standard-Units")),
    (GCP, google("Gemini 2.5 Flash Input Text Caching Storage")),
    (GCP, google("Gemini 2.5 Flash Text Tuning")),
    (GCP, google("Gemini 2.5 Flash Provisioned Throughput - Text Input")),
    (GCP, google("Grounding with Google Search for Gemini 2.5")),
]


def added(path: Path, line: dict[str, Any]) -> None:
    """The invoice with one line more, as its first one but for what it says."""
    if path.suffix == ".json":
        page = json.loads(path.read_text("utf-8"))
        results = page["data"][0]["results"]
        results.append({**results[0], **line})
        path.write_text(json.dumps(page), "utf-8")
    elif path.suffix == ".ndjson":
        path.write_text(path.read_text("utf-8") + json.dumps(line) + "\n", "utf-8")
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        rows.append({name: line.get(name, text) for name, text in rows[0].items()})
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


@pytest.mark.parametrize(("seller", "line"), LINES)
def test_a_line_of_no_tokens_stands_for_itself_and_is_compared_with_no_model(
    book: Session, seller: Seller, line: dict[str, Any], tmp_path: Path
) -> None:
    """On the first day one model is not charged: a line of no model would be taken for it."""
    log, items = made_log(book, seller, chance_of(31))
    model = next(iter(seller.models))
    left = {spot: item for spot, item in items.items() if (spot.day, spot.model) != (0, model)}
    path = tmp_path / seller.name
    seller.write_costs(path, left)
    before = found(bridge_of(book, log, [path]))
    added(path, line)
    bridge = bridge_of(book, log, [path])
    assert found(bridge) == {**before, "charged_not_in_log": AMOUNT}
    (row,) = [one for one in bridge.rows() if one.name == "charged_not_in_log"]
    assert len(row.models) == 1
    assert not {*row.models} & {*seller.models, *(f"{seller.provider}/{one}" for one in seller.models)}
