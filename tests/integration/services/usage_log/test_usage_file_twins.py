"""Records of known shapes as the samples do not have them, each with its arithmetic written out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.servers import StoreUrls
from tests.usage_bills import bill_of, book_with_entries

M = Decimal(1_000_000)


@pytest.fixture(scope="module")
def session(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    """A session on the bundled lists and the few entries of LiteLLM's map."""
    with book_with_entries(store_urls, full_book) as found:
        yield found


def page(result: dict[str, Any]) -> dict[str, Any]:
    bucket = {"object": "bucket", "start_time": "1795132800", "end_time": 1795219200, "results": [result]}
    return {"object": "page", "data": [bucket]}


def report(**result: Any) -> dict[str, Any]:
    ends = {"starting_at": "2026-11-20T00:00:00Z", "ending_at": "2026-11-21T00:00:00Z"}
    return {"data": [{**ends, "results": [result]}]}


RECORDS: list[tuple[str, Any, Decimal]] = [
    (
        "writes to OpenAI's caches lie inside the input",
        page(
            {
                "object": "organization.usage.completions.result",
                "input_tokens": "12000",
                "output_tokens": 640,
                "input_cached_tokens": 8000,
                "input_cache_write_tokens": 2000,
                "num_model_requests": 1,
                "model": "gpt-5.6-terra",
                "batch": False,
                "service_tier": None,
            }
        ),
        (2000 * 2 + 8000 * Decimal(".2") + 2000 * Decimal("2.5") + 640 * 12) / M,
    ),
    (
        "flex counts as texts",
        page(
            {
                "object": "organization.usage.completions.result",
                "input_tokens": 300000,
                "output_tokens": 60000,
                "input_cached_tokens": 100000,
                "num_model_requests": 9,
                "model": "gpt-5-mini-2025-08-07",
                "batch": "False",
                "service_tier": "flex",
            }
        ),
        Decimal("0.08625"),
    ),
    (
        "searches cost the same everywhere",
        {
            "data": [
                {
                    "starting_at": "2026-11-20T00:00:00Z",
                    "ending_at": "2026-11-21T00:00:00Z",
                    "results": [
                        {
                            "uncached_input_tokens": 10000,
                            "cache_creation": None,
                            "cache_read_input_tokens": 80000,
                            "output_tokens": 4000,
                            "server_tool_use": {"web_search_requests": 5},
                            "model": "claude-opus-4-8",
                            "service_tier": "standard",
                            "context_window": "0-200k",
                            "inference_geo": "us",
                        }
                    ],
                }
            ]
        },
        Decimal("0.209") + Decimal("0.05"),
    ),
    (
        "batch in the United States",
        {
            "data": [
                {
                    "starting_at": "2026-11-20T00:00:00Z",
                    "ending_at": "2026-11-21T00:00:00Z",
                    "results": [
                        {
                            "uncached_input_tokens": 10000,
                            "cache_creation": {},
                            "cache_read_input_tokens": 0,
                            "output_tokens": 4000,
                            "server_tool_use": None,
                            "model": "claude-opus-4-8",
                            "service_tier": "batch",
                            "context_window": None,
                            "inference_geo": "us",
                        }
                    ],
                }
            ]
        },
        (10000 * Decimal("2.5") + 4000 * Decimal("12.5")) * Decimal("1.1") / M,
    ),
    (
        "Langfuse writes by their life",
        {
            "id": "a",
            "type": "GENERATION",
            "startTime": "2026-11-20T10:01:00.000Z",
            "model": "claude-haiku-4-5",
            "usageDetails": {
                "input": 10,
                "input_cache_read": 1000,
                "input_cache_creation_5m": 100,
                "input_cache_creation_1h": 200,
                "output": 50,
                "total": 1360,
            },
            "calculatedTotalCost": None,
            "level": "DEFAULT",
        },
        (10 + 100 + 125 + 400 + 250) / M,
    ),
    (
        "Langfuse audio beside text",
        {
            "id": "a",
            "type": "GENERATION",
            "startTime": "2026-11-20T10:01:00.000Z",
            "model": "gpt-audio-2025-08-28",
            "usageDetails": {"input": 100, "input_audio_tokens": 900, "output": 40, "output_audio_tokens": 20},
            "level": "DEFAULT",
        },
        (100 * Decimal("2.5") + 900 * 32 + 40 * 10 + 20 * 64) / M,
    ),
    (
        "a total that proves caches beside the input",
        [
            {
                "id": "r",
                "run_type": "llm",
                "start_time": "2026-11-20T10:01:00",
                "status": "success",
                "prompt_tokens": 10,
                "completion_tokens": 100,
                "total_tokens": 91110,
                "prompt_token_details": {"cache_read": 91000},
                "extra": {"metadata": {"ls_provider": "anthropic", "ls_model_name": "claude-haiku-4-5-20251001"}},
            }
        ],
        (10 + 9100 + 500) / M,
    ),
    (
        "more cached than input",
        {
            "timestamp": "2026-11-20T09:01:00Z",
            "trace_id": "a",
            "span_id": "b",
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": "claude-haiku-4-5-20251001",
            "gen_ai.usage.input_tokens": 5,
            "gen_ai.usage.output_tokens": 400,
            "gen_ai.usage.cache_read.input_tokens": 128955,
            "gen_ai.usage.cache_creation.input_tokens": 1253,
        },
        Decimal("0.01646675"),
    ),
    (
        "nested attributes, over a step",
        {
            "name": "chat",
            "startTimeUnixNano": 1795168860000000000,
            "traceId": "a",
            "spanId": "b",
            "attributes": {
                "gen_ai": {
                    "operation": {"name": "chat"},
                    "provider": {"name": "gcp.gemini"},
                    "request": {"model": "gemini-2.5-pro"},
                    "usage": {"input_tokens": "210000", "output_tokens": "1000"},
                }
            },
        },
        Decimal("0.54"),
    ),
    (
        "Phoenix's column names",
        {
            "context.trace_id": "a",
            "context.span_id": "b",
            "start_time": "2026-11-20T07:02:00+00:00",
            "attributes.openinference.span.kind": "LLM",
            "attributes.llm.model_name": "gpt-4.1-2025-04-14",
            "attributes.llm.token_count.prompt": 8000,
            "attributes.llm.token_count.completion": 400,
            "attributes.llm.token_count.prompt_details.cache_read": 6000,
        },
        Decimal("0.0102"),
    ),
    (
        "Bedrock's lives in the answer, in Europe",
        {
            "schemaType": "ModelInvocationLog",
            "timestamp": 1795168860,
            "region": "eu-west-1",
            "requestId": "x",
            "operation": "InvokeModel",
            "modelId": "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
            "input": {"inputTokenCount": 20, "cacheReadInputTokenCount": 0, "cacheWriteInputTokenCount": 3000},
            "output": {
                "outputTokenCount": 500,
                "outputBodyJson": {
                    "usage": {"cache_creation": {"ephemeral_1h_input_tokens": 2000, "ephemeral_5m_input_tokens": 1000}}
                },
            },
        },
        (20 + 1000 * Decimal("1.25") + 2000 * 2 + 500 * 5) * Decimal("1.1") / M,
    ),
    (
        "LiteLLM without a usage object",
        {
            "request_id": "q",
            "call_type": "acompletion",
            "spend": "0.1",
            "startTime": "1795168860",
            "model": "claude-haiku-4-5",
            "custom_llm_provider": "anthropic",
            "prompt_tokens": 1100,
            "completion_tokens": 10,
            "metadata": {
                "additional_usage_values": {"cache_read_input_tokens": 1000, "cache_creation_input_tokens": 0}
            },
            "cache_hit": None,
            "status": None,
        },
        (100 + 100 + 50) / M,
    ),
    (
        "Portkey with Anthropic's own object",
        {
            "id": "p",
            "created_at": "2026-11-20T10:01:00.000Z",
            "ai_org": "anthropic",
            "ai_model": "claude-haiku-4-5",
            "is_success": True,
            "response": {
                "body": {
                    "usage": {
                        "input_tokens": 10,
                        "output_tokens": 20,
                        "cache_read_input_tokens": 1000,
                        "cache_creation_input_tokens": 100,
                    }
                }
            },
            "cost": 1,
        },
        (10 + 100 + 125 + 100) / M,
    ),
    (
        "Google's long context",
        {
            "billing_account_id": "x",
            "service": {"description": "Vertex AI"},
            "sku": {"description": "Gemini 2.5 Pro GA Text Input - Predictions (Long)"},
            "usage_start_time": "2026-11-20 09:00:00 UTC",
            "cost": "2.5",
            "currency": "USD",
            "usage": {"amount": "1000000"},
            "credits": None,
            "cost_type": "regular",
        },
        Decimal("2.5"),
    ),
    (
        "nulls, texts, and a split larger than the sum",
        {
            "type": "assistant",
            "sessionId": "s",
            "timestamp": "2026-11-20T10:01:00Z",
            "requestId": None,
            "message": {
                "id": "m",
                "model": "claude-opus-4-8",
                "usage": {
                    "input_tokens": "6",
                    "cache_creation_input_tokens": 100,
                    "cache_read_input_tokens": None,
                    "output_tokens": "10",
                    "cache_creation": {"ephemeral_1h_input_tokens": 200},
                    "server_tool_use": None,
                    "service_tier": None,
                    "speed": None,
                    "iterations": None,
                    "inference_geo": "",
                },
            },
        },
        (6 * 5 + 200 * 10 + 10 * 25) / M,
    ),
    (
        "a gateway's sums as texts",
        {
            "results": [
                {
                    "day": "2026-11-20",
                    "model": "anthropic/claude-haiku-4.5",
                    "credential_type": "system",
                    "total_cost": "0.4475",
                    "input_tokens": "1000000",
                    "output_tokens": "40000",
                    "cached_input_tokens": "850000",
                    "cache_creation_input_tokens": "50000",
                    "request_count": "60",
                }
            ]
        },
        Decimal("0.4475"),
    ),
    (
        "a cost line as texts",
        page(
            {
                "object": "organization.costs.result",
                "amount": {"value": "0.2", "currency": "usd"},
                "line_item": "gpt-4o-2024-08-06, cached input",
                "quantity": "1000000",
            }
        ),
        Decimal("1.25"),
    ),
]


@pytest.mark.parametrize(("document", "expected"), [one[1:] for one in RECORDS], ids=[one[0] for one in RECORDS])
def test_a_record_costs_what_its_arithmetic_says(
    session: Session, tmp_path: Path, document: Any, expected: Decimal
) -> None:
    path = tmp_path / "upload"
    path.write_text(json.dumps(document))
    bill = bill_of(session, path)
    assert bill.unpriced == {}
    assert bill.totals["USD"] == expected


CUR = (
    "identity_line_item_id,line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type,"
    "line_item_product_code,line_item_usage_type,line_item_resource_id,line_item_line_item_description,"
    "line_item_usage_amount,pricing_unit,line_item_currency_code,line_item_unblended_cost,product_region_code\n"
)
HOUR = "2026-11-20T10:00:00.000Z,2026-11-20T11:00:00.000Z"
HAIKU = "Claude Haiku 4.5 (Amazon Bedrock Edition)"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"a,{HOUR},Usage,AmazonBedrock,USW2-NovaPro-input-tokens,,,100,1K tokens,USD,0.08,us-west-2", "0.08"),
        (f"a,{HOUR},Usage,x,USE1-MP:USE1_InputTokenCount-Units,,{HAIKU},0.5,,USD,0.55,us-east-1", "0.55"),
        (f"a,{HOUR},Usage,x,EUC1-MP:EUC1_OutputTokenCount_Global-Units,,{HAIKU},2,,USD,10,eu-central-1", "10"),
        (f"a,{HOUR},Usage,x,EUC1-MP:EUC1_CacheReadInputTokenCount-Units,,{HAIKU},10,,USD,1.1,eu-central-1", "1.1"),
    ],
    ids=["native", "regional", "global", "cached in Europe"],
)
def test_a_line_of_awss_bill_names_its_model_without_a_resource(
    session: Session, tmp_path: Path, line: str, expected: str
) -> None:
    path = tmp_path / "bill"
    path.write_text(CUR + line + "\n")
    bill = bill_of(session, path)
    assert (bill.unpriced, bill.totals["USD"]) == ({}, Decimal(expected))


def test_what_bedrock_charges_and_nobody_understands_has_no_price_and_is_not_dropped(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "bill"
    path.write_text(CUR + f"a,{HOUR},Usage,AmazonBedrock,USE1-Guardrail-Units,,x,7,Units,USD,3,us-east-1\n")
    bill = bill_of(session, path)
    assert bill.unpriced == {"the usage type is not understood": 1}
    assert bill.charged == {"USD": Decimal(3)}


AZURE = (
    "date,chargeType,meterName,meterCategory,meterSubCategory,quantity,unitOfMeasure,costInBillingCurrency,"
    "billingCurrency\n"
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("11/20/2026,Usage,gpt 4.1 mini cached Inp glbl Tokens,Foundry Models,Azure OpenAI,3000,1K,0.3,EUR", "0.3"),
        ("2026-11-20,Usage,gpt 4o mini 0718 Outp glbl Tokens,Foundry Models,Azure OpenAI,2,1M,1.2,EUR", "1.2"),
    ],
)
def test_azures_meters_name_model_kind_and_unit_and_charge_in_their_currency(
    session: Session, tmp_path: Path, line: str, expected: str
) -> None:
    path = tmp_path / "bill"
    path.write_text(AZURE + line + "\n")
    bill = bill_of(session, path)
    assert (bill.unpriced, bill.totals["USD"]) == ({}, Decimal(expected))
    assert bill.charged == {"EUR": Decimal(expected)}


def test_an_azure_meter_that_nobody_understands_is_not_dropped(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "bill"
    path.write_text(AZURE + "11/20/2026,Usage,Computer Use Sessions,Foundry Models,Azure OpenAI,1,1,5,USD\n")
    assert bill_of(session, path).unpriced == {"the meter's name is not understood": 1}
