"""Usage files as users of many tools have them, each with the total that its arithmetic gives: no reader made these."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from tests.usage_twins import lines, table

M = Decimal(1_000_000)
AT = "2026-11-20T10:00:00Z"
Row = dict[str, Any]


class World(NamedTuple):
    """Files, the total of those records that have a price, None without any, what all charge in USD, and how many
    records there are of each outcome: priced, not billed, repeated, without a price.
    """

    name: str
    files: Sequence[bytes]
    total: Decimal | None
    outcomes: tuple[int, int, int, int]
    charged: Decimal | None = None


def document(found: Any) -> bytes:
    return json.dumps(found, indent=1).encode()


def as_parquet(rows: list[Row]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


# gpt-4.1-mini: 0.4, cached 0.1, output 1.6; claude-haiku-4-5: 1, read 0.1, written 1.25, output 5 (USD a million).
MINI = (600 * Decimal("0.4") + 400 * Decimal("0.1") + 100 * Decimal("1.6")) / M
HAIKU = (10 + 1000 * Decimal("0.1") + 200 * Decimal("1.25") + 20 * 5) / M

OBSERVED: Row = {"id": "o-1", "trace_id": "t", "type": "GENERATION", "start_time": "2026-11-20 10:00:00.000000"}
OBSERVED |= {"provided_model_name": "gpt-4.1-mini", "level": "DEFAULT", "total_cost": 0.001, "tool_calls": []}
OBSERVED |= {"usage_details": {"input": 600, "input_cached_tokens": 400, "output": 100, "total": 1100}}
ASKED = {"input": 10, "input_cache_read": 1000, "input_cache_creation": 200, "output": 20, "total": 1230}
OTHER: Row = {**OBSERVED, "id": "o-2", "provided_model_name": "claude-haiku-4-5", "usage_details": ASKED}


def of_api(one: Row) -> Row:
    """An observation as Langfuse's API names its fields."""
    return {
        "id": one["id"],
        "traceId": one["trace_id"],
        "type": one["type"],
        "startTime": AT,
        "level": "DEFAULT",
        "model": one["provided_model_name"],
        "usageDetails": one["usage_details"],
    }


def flat(one: Row) -> Row:
    """A row as a table holds it."""
    return {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in one.items()}


TRACE = {"id": "t", "timestamp": AT, "totalCost": 1, "observations": [of_api(OBSERVED), of_api(OTHER)], "scores": []}
LANGFUSE = [
    World("observations within traces", [document({"data": [TRACE]})], MINI + HAIKU, (2, 0, 0, 0)),
    World("traces, one a line", [lines([TRACE])], MINI + HAIKU, (2, 0, 0, 0)),
    World("blob storage, an array", [document([OBSERVED, OTHER])], MINI + HAIKU, (2, 0, 0, 0), Decimal("0.002")),
    World(
        "blob storage, a table", [table([flat(OBSERVED), flat(OTHER)])], MINI + HAIKU, (2, 0, 0, 0), Decimal("0.002")
    ),
    World("an agent's sum", [lines([OBSERVED, {**OTHER, "type": "AGENT"}])], MINI, (1, 1, 0, 0), Decimal("0.001")),
    World("two parts, one line in both", [lines([OBSERVED]), lines([OBSERVED, OTHER])], MINI + HAIKU, (2, 0, 1, 0)),
]

RUN: Row = {"id": "r-2", "trace_id": "t", "run_type": "llm", "start_time": "2026-11-20T10:00:00", "status": "success"}
RUN |= {
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "total_tokens": 1100,
    "prompt_token_details": {"cache_read": 400},
}
RUN |= {"completion_token_details": {}, "total_cost": "0.5"}
RUN |= {"extra": {"metadata": {"ls_provider": "openai", "ls_model_name": "gpt-4.1-mini"}}}
CHAIN = {**without(RUN, "extra"), "id": "r-1", "run_type": "chain", "extra": {}}
NESTED = {**CHAIN, "child_runs": [{**CHAIN, "id": "r-3", "child_runs": [{**RUN, "child_runs": []}]}]}
LANGSMITH = [
    World("chains beside their calls", [lines([CHAIN, RUN])], MINI, (1, 1, 0, 0), Decimal("0.5")),
    World("calls within chains", [document([NESTED])], MINI, (1, 2, 0, 0), Decimal("0.5")),
]

CALLED: Row = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.1-mini",
}
CALLED |= {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100}
CALLED |= {"gen_ai.usage.cache_read.input_tokens": 400}


def span(number: str, parent: str = "", **more: Any) -> Row:
    """A span of OTLP: whole numbers are texts in its JSON."""
    attributes = [
        {"key": name, "value": {"stringValue": one} if isinstance(one, str) else {"intValue": str(one)}}
        for name, one in {**CALLED, **more}.items()
    ]
    inside = {"parentSpanId": parent} if parent else {}
    start = "1795168800000000000"
    return {
        "traceId": "t",
        "spanId": number,
        "startTimeUnixNano": start,
        "attributes": attributes,
        "status": {},
        **inside,
    }


def resources(*spans: Row) -> Row:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": [one]} for one in spans]}]}


# Caches lie within the input, and what the seller calls its input stands among the details, which leaves them out.
_DETAILS = {"cache_read_tokens": 1000, "cache_write_tokens": 200, "cache_read_input_tokens": 1000, "input_tokens": 10}
DETAILED: list[Row] = [
    {
        "trace_id": "t",
        "span_id": model,
        "start_time": AT,
        "gen_ai.operation.name": "chat",
        "gen_ai.response.model": model,
        "gen_ai.usage.input_tokens": taken,
        "gen_ai.usage.output_tokens": made,
        **{f"gen_ai.usage.details.{name}": number for name, number in details.items()},
    }
    for model, taken, made, details in (
        ("gpt-4.1-mini", 1000, 100, {"cache_read_tokens": 400, "reasoning_tokens": 50}),
        ("claude-haiku-4-5", 1210, 20, _DETAILS),
    )
]
_ASKED_OF_MINI = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1-mini"}
_TOLD_BY_MINI = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100}
_TOLD_BY_MINI |= {"gen_ai.usage.details.cache_read_tokens": 400}
LOGFIRE: list[Row] = [
    {"trace_id": "t", "span_id": number, "start_timestamp": AT, "kind": kind, "attributes": json.dumps(attributes)}
    for number, kind, attributes in (
        ("1", "pending_span", _ASKED_OF_MINI),
        ("2", "span", {**_ASKED_OF_MINI, **_TOLD_BY_MINI}),
    )
]
PRINTED = {
    "name": "chat",
    "start_time": AT,
    "attributes": CALLED,
    "parent_id": None,
    "status": {"status_code": "UNSET"},
}
PRINTED |= {"context": {"trace_id": "0xaa", "span_id": "0xbb", "trace_state": "[]"}}


def flat_spans(pairs: int) -> list[Row]:
    """Spans of one object each, every second one within the one before it."""
    return [
        {"timestamp": AT, "trace_id": f"t{place}", "span_id": own, "parent_span_id": around, **CALLED}
        for place in range(pairs)
        for own, around in (("a", "root"), ("b", "a"))
    ]


SPANS = [
    World(
        "a collector's lines", [lines([resources(span("1")), resources(span("2"), span("3"))])], MINI * 3, (3, 0, 0, 0)
    ),
    World(
        "files that overlap",
        [document(resources(span("1"))), document(resources(span("1"), span("2")))],
        MINI * 2,
        (2, 0, 1, 0),
    ),
    World("one call by two instruments", [document(resources(span("1"), span("2", "1")))], MINI, (1, 0, 1, 0)),
    World("the inner one first", [document(resources(span("2", "1"), span("1")))], MINI, (1, 0, 1, 0)),
    World(
        "each in a file of its own",
        [document(resources(span("1"))), document(resources(span("2", "1")))],
        MINI,
        (1, 0, 1, 0),
    ),
    World("three instruments", [document(resources(span("1"), span("2", "1"), span("3", "2")))], MINI, (1, 0, 2, 0)),
    World(
        "a call that makes others",
        [document(resources(span("1"), span("2", "1", **{"gen_ai.usage.output_tokens": 0})))],
        MINI * 2 - 100 * Decimal("1.6") / M,
        (2, 0, 0, 0),
    ),
    World(
        "two calls within one", [document(resources(span("2", "1"), span("1"), span("3", "1")))], MINI * 2, (2, 0, 1, 0)
    ),
    World("one call by two instruments, told of apart", [lines(flat_spans(40))], MINI * 40, (40, 0, 40, 0)),
    World("the same from the inside", [lines(flat_spans(40)[::-1])], MINI * 40, (40, 0, 40, 0)),
    World("Pydantic AI's details", [lines(DETAILED)], MINI + HAIKU, (2, 0, 0, 0)),
    World("Logfire's records", [as_parquet(LOGFIRE)], MINI, (1, 1, 0, 0)),
    World("printed by Python, over many lines", [document(PRINTED) + b"\n" + document(PRINTED)], MINI, (1, 0, 1, 0)),
]

# Nova Lite on Bedrock: 0.06; Nova Pro: 0.8. 988 thousand tokens and 98.8 thousand.
CUR: Row = {"identity_line_item_id": "li", "line_item_usage_start_date": "2026-11-20T10:00:00.000Z"}
CUR |= {"line_item_usage_end_date": "2026-11-20T11:00:00.000Z", "line_item_line_item_type": "Usage"}
CUR |= {"line_item_product_code": "AmazonBedrock", "line_item_usage_type": "USE1-NovaLite-input-tokens"}
CUR |= {"line_item_resource_id": "arn:aws:bedrock:us-east-1:1:foundation-model/amazon.nova-lite-v1:0"}
CUR |= {"line_item_line_item_description": "", "line_item_usage_amount": "988", "pricing_unit": "1K tokens"}
CUR |= {"line_item_usage_account_id": "1", "product_region_code": "us-east-1"}
CUR |= {"line_item_currency_code": "USD", "line_item_unblended_cost": "0.05928"}
LITE = Decimal("0.05928")
OLD = {
    "identity/LineItemId": "li",
    "lineItem/UsageStartDate": AT,
    "lineItem/UsageEndDate": "2026-11-20T11:00:00Z",
    "lineItem/LineItemType": "Usage",
    "lineItem/ProductCode": "AmazonBedrock",
    "lineItem/UsageAccountId": "1",
    "lineItem/UsageType": CUR["line_item_usage_type"],
    "lineItem/ResourceId": CUR["line_item_resource_id"],
    "lineItem/LineItemDescription": "",
    "lineItem/UsageAmount": "988",
    "pricing/unit": "1K tokens",
    "product/regionCode": "us-east-1",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedCost": "0.05928",
}
BACK = {**CUR, "identity_line_item_id": "lj", "line_item_usage_amount": "-88", "line_item_unblended_cost": "-0.00528"}
TYPED = {**CUR, "line_item_usage_amount": Decimal("988.0000000000"), "line_item_unblended_cost": 0.05928}
TYPED |= {
    "line_item_usage_start_date": datetime(2026, 11, 20, 10, tzinfo=UTC),
    "line_item_usage_end_date": datetime(2026, 11, 20, 11, tzinfo=UTC),
}
OF_BILL = ("Tax", "Credit", "Refund", "EdpDiscount", "SavingsPlanNegation")
FOCUS: Row = {"BilledCost": "0.07904", "BillingCurrency": "USD", "ChargeCategory": "Usage", "ChargePeriodStart": AT}
FOCUS |= {"ChargePeriodEnd": "2026-11-20T11:00:00Z", "PricingQuantity": "98.8", "PricingUnit": "1K tokens"}
FOCUS |= {"RegionId": "us-east-1", "ServiceName": "Amazon Bedrock", "x_UsageType": "USE1-NovaPro-input-tokens"}
FOCUS |= {"ResourceId": "arn:aws:bedrock:us-east-1:1:foundation-model/amazon.nova-pro-v1:0", "ChargeDescription": ""}
PRO = Decimal("0.07904")
NEWER = {"InvoiceId": "i", "Tags": "{}", "x_Discounts": "{}", "PricingCurrency": "USD", "SkuMeter": "tokens"}
AMAZON = [
    World("Parquet with types", [as_parquet([TYPED])], LITE, (1, 0, 0, 0), LITE),
    World("the report of old", [table([OLD])], LITE, (1, 0, 0, 0), LITE),
    World("a line that takes usage back", [table([CUR, BACK])], LITE, (1, 0, 0, 1), Decimal("0.054")),
    World(
        "taxes and credits",
        [
            table([CUR])
            + table([{**CUR, "identity_line_item_id": kind, "line_item_line_item_type": kind} for kind in OF_BILL])
        ],
        LITE,
        (1, 5, 0, 0),
        LITE * 6,
    ),
    World("decimal commas", [table([{**CUR, "line_item_unblended_cost": "0,05928"}], ";")], LITE, (1, 0, 0, 0), LITE),
    World("FOCUS in another order", [table([dict(reversed({**FOCUS, **NEWER}.items()))])], PRO, (1, 0, 0, 0), PRO),
    World(
        "FOCUS with a correction and a credit",
        [
            table(
                [
                    FOCUS,
                    {**FOCUS, "PricingQuantity": "-8.8", "BilledCost": "-0.00704"},
                    {**FOCUS, "ChargeCategory": "Credit", "PricingQuantity": "", "BilledCost": "-0.01"},
                ]
            )
        ],
        PRO,
        (1, 1, 0, 1),
        Decimal("0.062"),
    ),
    World("FOCUS in two currencies", [table([FOCUS, {**FOCUS, "BillingCurrency": "EUR"}])], PRO * 2, (2, 0, 0, 0), PRO),
]

# gpt-4o-mini on Azure: 0.15, a million tokens a line; Gemini 2.5 Flash: 0.3.
AZURE: Row = {"date": "11/20/2026", "chargeType": "Usage", "meterName": "gpt 4o mini Inp glbl Tokens"}
AZURE |= {
    "meterCategory": "Foundry Models",
    "quantity": "1000",
    "unitOfMeasure": "1K",
    "resourceLocation": "westeurope",
}
AZURE |= {"costInBillingCurrency": "0.15", "billingCurrency": "USD"}
A_LINE = Decimal("0.15")
COMMAS = {**AZURE, "date": "20.11.2026", "quantity": "1000,0", "costInBillingCurrency": "0,15"}
GOOGLE: Row = {
    "billing_account_id": "0",
    "service": {},
    "sku": {"description": "Gemini 2.5 Flash GA Text Input - Predictions"},
}
GOOGLE |= {"usage_start_time": "2026-11-20 09:00:00 UTC", "usage_end_time": "2026-11-20 10:00:00 UTC", "cost": "0.3"}
GOOGLE |= {"currency": "USD", "usage": {"amount": "1000000", "unit": "requests"}, "credits": [], "cost_type": "regular"}
FLASH = Decimal("0.3")
CLOUDS = [
    World(
        "days first in all",
        [table([{**AZURE, "date": one} for one in ("20/11/2026", "05/11/2026")])],
        A_LINE * 2,
        (2, 0, 0, 0),
        A_LINE * 2,
    ),
    World("a spreadsheet of decimal commas", [table([COMMAS], ";")], A_LINE, (1, 0, 0, 0), A_LINE),
    World(
        "usage taken back",
        [table([AZURE, {**AZURE, "quantity": "-100", "costInBillingCurrency": "-0.015"}])],
        A_LINE,
        (1, 0, 0, 1),
        Decimal("0.135"),
    ),
    World("euros", [table([{**AZURE, "billingCurrency": "EUR"}])], A_LINE, (1, 0, 0, 0)),
    World("BigQuery's texts", [lines([GOOGLE])], FLASH, (1, 0, 0, 0), FLASH),
    World(
        "BigQuery's times as numbers",
        [lines([{**GOOGLE, "usage_start_time": 1795168800000, "usage_end_time": 1795172400000}])],
        FLASH,
        (1, 0, 0, 0),
        FLASH,
    ),
    World(
        "an adjustment and usage taken back",
        [
            lines(
                [
                    GOOGLE,
                    {**GOOGLE, "cost_type": "adjustment", "cost": "-0.1"},
                    {**GOOGLE, "usage": {"amount": "-1000"}, "cost": "-0.0003"},
                ]
            )
        ],
        FLASH,
        (1, 1, 0, 1),
        Decimal("0.1997"),
    ),
]

DAY: Row = {"inputTokens": 10, "outputTokens": 20, "cacheCreationTokens": 200, "cacheReadTokens": 1000, "cost": 0.1}
SUM: Row = {
    "date": "2026-11-20",
    "totalCost": 0.1,
    "modelBreakdowns": [{"modelName": "claude-haiku-4-5-20251001", **DAY}],
}
USED = {"input_tokens": 10, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 1000, "output_tokens": 20}
USED |= {"cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 0}}


def message(number: str, session: str = "s") -> Row:
    """A line of Claude Code's session."""
    said = {"id": number, "role": "assistant", "model": "claude-haiku-4-5-20251001", "content": [], "usage": USED}
    ids = {"sessionId": session, "requestId": f"r-{number}", "uuid": f"{session}-{number}"}
    return {"type": "assistant", "timestamp": AT, "isSidechain": False, "message": said, **ids}


HEARD: Row = {
    "request_id": "h",
    "request_created_at": AT,
    "model": "gpt-4.1-mini",
    "provider": "OPENAI",
    "status": "200",
}
HEARD |= {"prompt_tokens": "600", "completion_tokens": "100", "total_tokens": "1100", "prompt_cache_read_tokens": "400"}
HEARD |= {"prompt_cache_write_tokens": "0", "cost": "0.5", "cache_reference_id": ""}
HALF = Decimal("0.5")
TIMES = ("1795168800", "1795168800000", "2026-11-20 10:01:00+02")
TOOLS = [
    World(
        "ccusage by project",
        [document({"projects": {"a": [SUM], "b": [SUM, {**SUM, "date": "2026-11-21"}]}, "totals": {}})],
        HAIKU * 3,
        (3, 0, 0, 0),
        Decimal("0.3"),
    ),
    World(
        "ccusage by month",
        [document({"monthly": [{**without(SUM, "date"), "month": "2026-11"}]})],
        HAIKU,
        (1, 0, 0, 0),
        Decimal("0.1"),
    ),
    World(
        "a resumed session",
        [lines([message("1"), message("2")]), lines([message("1", "z"), message("3", "z")])],
        HAIKU * 3,
        (3, 0, 1, 0),
    ),
    World(
        "times since 1970, and with a zone",
        [table([{**HEARD, "request_id": one, "request_created_at": one} for one in TIMES])],
        MINI * 3,
        (3, 0, 0, 0),
        HALF * 3,
    ),
    World(
        "thousands that are parted in quotes",
        [table([HEARD, {**HEARD, "request_id": "i", "prompt_tokens": "1,500", "total_tokens": "2,000"}])],
        MINI * 2 + 900 * Decimal("0.4") / M,
        (2, 0, 0, 0),
        Decimal(1),
    ),
    World("a header alone", [table([HEARD]).splitlines()[0] + b"\n"], None, (0, 0, 0, 0)),
    World(
        "a locale's days with times",
        [table([{**HEARD, "request_created_at": "20.11.2026 23:30:00"}], ";")],
        MINI,
        (1, 0, 0, 0),
        HALF,
    ),
]

WORLD: Sequence[World] = [*LANGFUSE, *LANGSMITH, *SPANS, *AMAZON, *CLOUDS, *TOOLS]
