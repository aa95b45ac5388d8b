"""Made invoices of clouds and of OpenAI's console: each line states what it counts, or an amount alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from llmpricing.domain.money import to_text
from tests.made_invoices import (
    _LINE_ITEMS,
    _OPENAI,
    DAY,
    MONDAY,
    Item,
    Items,
    Seller,
    Spot,
    _asked,
    _openai_usage,
    _table,
)

_METERS = {"input_tokens": "Inp", "cache_read_tokens": "cached Inp", "output_tokens": "Outp"}
_AZURE = {"gpt-4.1": "gpt 4.1", "gpt-4.1-mini": "gpt 4.1 mini"}
_NOVA = {"amazon.nova-lite-v1:0": "NovaLite", "amazon.nova-pro-v1:0": "NovaPro"}
_USAGE_TYPES = {
    "input_tokens": "input-tokens",
    "cache_read_tokens": "cache-read-input-token-count",
    "output_tokens": "output-tokens",
}
_SKUS = {"input_tokens": "Text Input - Predictions", "cache_read_tokens": "Input Text Caching"}
_SKUS |= {"output_tokens": "Text Output - Predictions"}
_GEMINI = {"gemini-2.5-flash": "Gemini 2.5 Flash GA", "gemini-2.5-flash-lite": "Gemini 2.5 Flash Lite GA"}
_KINDS = ("input_tokens", "cache_read_tokens", "output_tokens")


def _lines(items: Items) -> Iterator[tuple[Spot, Item, str, str, str]]:
    """What is charged, with its quantity in thousands and its first and last moment."""
    for spot, item, amount in _asked(items):
        at = MONDAY + spot.day * DAY
        yield spot, item, amount, f"{at:%Y-%m-%dT00:00:00Z}", f"{at + DAY:%Y-%m-%dT00:00:00Z}"


def _thousands(item: Item) -> str:
    return to_text(Decimal(item.quantity or 0) / 1000)


def _azure_costs(path: Path, items: Items) -> None:
    rows = [
        {
            "billingCurrency": "USD",
            "chargeType": "Usage",
            "costInBillingCurrency": amount,
            "date": f"{MONDAY + spot.day * DAY:%m/%d/%Y}",
            "meterCategory": "Foundry Models",
            "meterName": f"{_AZURE[spot.model]} {_METERS[spot.kind]} glbl Tokens",
            "meterSubCategory": "Azure OpenAI",
            "quantity": _thousands(item),
            "resourceGroupName": "rg-made",
            "resourceId": "/subscriptions/made/accounts/made",
            "resourceLocation": "swedencentral",
            "subscriptionName": "made",
            "unitOfMeasure": "1K",
        }
        for spot, item, amount, _, _ in _lines(items)
    ]
    _table(path, rows)


def _azure_focus(path: Path, items: Items) -> None:
    rows = [
        {
            "BilledCost": amount,
            "BillingCurrency": "USD",
            "ChargeCategory": "Usage",
            "ChargeClass": "",
            "ChargePeriodEnd": until,
            "ChargePeriodStart": since,
            "ConsumedQuantity": str(item.quantity),
            "ConsumedUnit": "Tokens",
            "PricingQuantity": _thousands(item),
            "PricingUnit": "Tokens",
            "RegionId": "swedencentral",
            "ResourceId": "/subscriptions/made/accounts/made",
            "ServiceName": "Azure OpenAI",
            "SubAccountName": "made",
            "x_PricingBlockSize": "1000",
            "x_PricingUnitDescription": "1K",
            "x_ResourceGroupName": "rg-made",
            "x_SkuMeterCategory": "Foundry Models",
            "x_SkuMeterName": f"{_AZURE[spot.model]} {_METERS[spot.kind]} glbl Tokens",
            "x_SkuMeterSubcategory": "Azure OpenAI",
        }
        for spot, item, amount, since, until in _lines(items)
    ]
    _table(path, rows)


def _aws_focus(path: Path, items: Items) -> None:
    rows = [
        {
            "BilledCost": amount,
            "BillingCurrency": "USD",
            "ChargeCategory": "Usage",
            "ChargeDescription": "tokens",
            "ChargePeriodStart": since,
            "ChargePeriodEnd": until,
            "PricingQuantity": _thousands(item),
            "PricingUnit": "1K tokens",
            "RegionId": "us-east-1",
            "ResourceId": f"arn:aws:bedrock:us-east-1:111122223333:foundation-model/{spot.model}",
            "ServiceName": "Amazon Bedrock",
            "SubAccountId": "111122223333",
            "x_ServiceCode": "AmazonBedrock",
            "x_UsageType": f"USE1-{_NOVA[spot.model]}-{_USAGE_TYPES[spot.kind]}",
        }
        for spot, item, amount, since, until in _lines(items)
    ]
    _table(path, rows)


def gcp_row(sku: str, day: int, cost: str, amount: int, **told: object) -> dict[str, object]:
    """A row of Google's billing export, of an hour of that day."""
    at = MONDAY + day * DAY + timedelta(hours=12)
    return {
        "billing_account_id": "0X0X0X",
        "service": {"id": "C7E2", "description": "Vertex AI"},
        "sku": {"id": "SKU", "description": sku},
        "usage_start_time": f"{at:%Y-%m-%d %H:%M:%S} UTC",
        "usage_end_time": f"{at + timedelta(hours=1):%Y-%m-%d %H:%M:%S} UTC",
        "project": {"id": "made", "name": "made"},
        "location": {"location": "us-central1", "region": "us-central1"},
        "cost": float(cost),
        "currency": "USD",
        "usage": {"amount": amount, "unit": "requests"},
        "credits": [],
        "cost_type": "regular",
        **told,
    }


def _gcp(path: Path, items: Items) -> None:
    rows = [
        gcp_row(f"{_GEMINI[spot.model]} {_SKUS[spot.kind]}", spot.day, amount, item.quantity or 0)
        for spot, item, amount in _asked(items)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _openai_table(path: Path, items: Items) -> None:
    rows = [
        {
            "start_time": str(int((MONDAY + spot.day * DAY).timestamp())),
            "end_time": str(int((MONDAY + (spot.day + 1) * DAY).timestamp())),
            "amount_value": amount,
            "amount_currency": "usd",
            "line_item": f"{_OPENAI[spot.model]}, {_LINE_ITEMS[spot.kind]}",
            "project_id": "proj_made",
            "organization_name": "made",
        }
        for spot, _, amount in _asked(items)
    ]
    _table(path, rows)


def _cloud(name: str, models: dict[str, str], write: object, provider: str) -> Seller:
    return Seller(name, models, _KINDS, ("",), write, None, has_quantities=True, provider=provider)  # type: ignore[arg-type]


AZURE = _cloud("azure.csv", _AZURE, _azure_costs, "azure")
AZURE_FOCUS = _cloud("azure-focus.csv", _AZURE, _azure_focus, "azure")
AWS_FOCUS = _cloud("aws-focus.csv", _NOVA, _aws_focus, "aws")
GCP = _cloud("gcp.ndjson", _GEMINI, _gcp, "google-vertex")
OPENAI_TABLE = Seller("openai.csv", _OPENAI, _KINDS, ("",), _openai_table, _openai_usage)
CLOUDS = (AZURE, AZURE_FOCUS, AWS_FOCUS, GCP, OPENAI_TABLE)
