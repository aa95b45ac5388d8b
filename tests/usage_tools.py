"""More files of the world (see usage_world): opencode, ccusage of Codex, Cloudflare's gateway, Azure by FOCUS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.usage_twins import lines, table
from tests.usage_world import (
    AT,
    CALLED,
    CHAIN,
    HAIKU,
    HEARD,
    MINI,
    OBSERVED,
    RUN,
    SUM,
    M,
    Row,
    World,
    as_parquet,
    document,
    message,
    without,
)
from tests.usage_world import AZURE as METER

WHEN = 1795168800000
# gpt-5-mini: 0.25, cached 0.025, output 2.
THOUGHT = (1000 * Decimal("0.25") + 3000 * Decimal("0.025") + 1000 * 2) / M


def tokens(*counts: int, total: int | None = None) -> Row:
    """Input, output, reasoning, cache read and written, as opencode keeps them."""
    taken, made, thought, read, written = counts
    found: Row = {"input": taken, "output": made, "reasoning": thought, "cache": {"read": read, "write": written}}
    return found if total is None else {"total": total, **found}


def answer(number: int, model: str, seller: str, counts: Row, **more: Any) -> Row:
    """An assistant's message of opencode."""
    ids = {"id": f"msg_{number}", "sessionID": "ses", "role": "assistant", "time": {"created": WHEN + number}}
    return {**ids, "modelID": model, "providerID": seller, "cost": 0, "tokens": counts, "mode": "build", **more}


def grown(made: int, **more: Any) -> Row:
    """The first line of a session as far as it had come, at 9 whole."""
    found = message("1")
    usage = {**found["message"]["usage"], **more}
    return {**found, "message": {**found["message"], "usage": usage if made == 9 else {**usage, "output_tokens": made}}}


def stored(one: Row) -> Row:
    """The message as a row of opencode's database, which keeps ids apart."""
    data = json.dumps(without(one, "id", "sessionID"))
    return {"id": one["id"], "session_id": "ses", "time_created": WHEN, "time_updated": WHEN, "data": data}


ASKED = answer(1, "claude-haiku-4-5", "anthropic", tokens(10, 20, 0, 1000, 200))
BESIDE = answer(2, "gpt-5-mini", "openai", tokens(1000, 700, 300, 3000, 0, total=5000))
INSIDE = answer(3, "gpt-5-mini", "openai", tokens(1000, 1000, 300, 3000, 0, total=5000))
UNTOLD = answer(4, "gpt-5-mini", "openai", tokens(1000, 1000, 300, 3000, 0))
FAILED = answer(5, "gpt-5-mini", "openai", tokens(0, 0, 0, 0, 0), error={"name": "APIError", "data": {}})
ABORTED = answer(6, "gpt-5-mini", "openai", tokens(0, 0, 0, 0, 0), error={"name": "MessageAbortedError", "data": {}})
USER = {"id": "msg_0", "sessionID": "ses", "role": "user", "time": {"created": WHEN}, "agent": "build"}
PART = {"id": "prt", "messageID": "msg_1", "sessionID": "ses", "type": "step-finish", "tokens": tokens(9, 9, 9, 9, 9)}
SESSION = {"id": "ses", "projectID": "p", "directory": "/p", "title": "t", "time": {"created": WHEN}}
OPENCODE = [
    World("opencode's folder", [document(one) for one in (SESSION, USER, ASKED, PART)], HAIKU, (1, 0, 0, 0)),
    World(
        "opencode's database",
        [lines([stored(USER), stored(ASKED), stored(BESIDE), stored(FAILED)])],
        HAIKU + THOUGHT,
        (2, 1, 0, 0),
    ),
    World("opencode's database as a table", [table([stored(ASKED), stored(BESIDE)])], HAIKU + THOUGHT, (2, 0, 0, 0)),
    World("reasoning inside and beside", [document([BESIDE, INSIDE, UNTOLD])], THOUGHT * 3, (3, 0, 0, 0)),
    World("answers that were broken off", [lines([ASKED, FAILED, ABORTED])], HAIKU, (1, 1, 0, 1)),
]

SUMMED: Row = {"inputTokens": 4000, "cachedInputTokens": 3000, "outputTokens": 1000, "reasoningOutputTokens": 300}
SUMMED["totalTokens"] = 5000
OF_DAY: Row = {
    **SUMMED,
    "date": "2026-11-20",
    "costUSD": 0.002,
    "models": {"gpt-5-mini": {**SUMMED, "isFallback": False}},
}
OF_SESSION: Row = {
    **without(OF_DAY, "date"),
    "sessionId": "2026/11/20/rollout",
    "lastActivity": AT,
    "directory": "2026/11",
}
CODEX = [
    World(
        "ccusage of Codex by month, day and session",
        [
            document({"monthly": [{**without(OF_DAY, "date"), "month": "Oct 2026"}], "totals": SUMMED}),
            document({"daily": [{**OF_DAY, "date": "Nov 05, 2026"}], "totals": SUMMED}),
            document({"sessions": [OF_SESSION], "totals": SUMMED}),
        ],
        THOUGHT * 3,
        (3, 0, 0, 0),
        Decimal("0.006"),
    ),
    World(
        "a month of Codex and its only day",
        [
            document({"monthly": [{**without(OF_DAY, "date"), "month": "Nov 2026"}], "totals": SUMMED}),
            document({"daily": [{**OF_DAY, "date": "Nov 05, 2026"}], "totals": SUMMED}),
        ],
        THOUGHT,
        (1, 0, 1, 0),
        Decimal("0.002"),
    ),
    World("a day in another language", [document({"daily": [{**OF_DAY, "date": "20 nov. 2026"}]})], None, (0, 0, 0, 1)),
]

LOGGED: Row = {"id": "01J", "created_at": AT, "provider": "openai", "model": "gpt-4.1-mini", "cached": False}
LOGGED |= {"success": True, "status_code": 200, "tokens_in": 1000, "tokens_out": 100, "cost": 0.5}
PLAIN = (1000 * Decimal("0.4") + 100 * Decimal("1.6")) / M
CLOUDFLARE = [
    World(
        "the gateway's pages",
        [document({"result": [LOGGED], "success": True}), document({"result": [{**LOGGED, "id": "02J"}]})],
        PLAIN * 2,
        (2, 0, 0, 0),
        Decimal(1),
    ),
    World(
        "the gateway's log as a table",
        [table([LOGGED, {**LOGGED, "id": "b", "cached": "TRUE"}, {**LOGGED, "id": "c", "success": "False"}])],
        PLAIN,
        (1, 2, 0, 0),
    ),
    World(
        "sellers by the gateway's names",
        [
            lines(
                [
                    {**LOGGED, "id": "a", "provider": "google-ai-studio", "model": "gemini-2.5-flash"},
                    {**LOGGED, "id": "b", "provider": "azure-openai", "model": "gpt-4o-mini"},
                ]
            )
        ],
        (1000 * Decimal("0.3") + 100 * Decimal("2.5") + 1000 * Decimal("0.15") + 100 * Decimal("0.6")) / M,
        (2, 0, 0, 0),
        Decimal(1),
    ),
]

# gpt-4o-mini on Azure: 0.15, a million tokens a line.
FOCUS: Row = {
    "ChargeCategory": "Usage",
    "ChargeClass": "",
    "ChargePeriodStart": "2026-11-20T00:00Z",
    "BilledCost": "0.15",
}
FOCUS |= {
    "BillingCurrency": "USD",
    "PricingQuantity": "1000",
    "ConsumedQuantity": "1000000",
    "x_PricingBlockSize": "1000",
}
FOCUS |= {"x_PricingUnitDescription": "1K", "x_SkuMeterName": "gpt 4o mini Inp glbl Tokens", "RegionId": "westeurope"}
FOCUS |= {"x_SkuMeterCategory": "Foundry Models", "ServiceName": "Azure OpenAI"}
A_LINE = Decimal("0.15")
NEWER = {**without(FOCUS, "x_SkuMeterName"), "SkuMeter": FOCUS["x_SkuMeterName"]}
AZURE = [
    World("FOCUS of Azure, with the newer names", [table([NEWER])], A_LINE, (1, 0, 0, 0), A_LINE),
    World("FOCUS of Azure as Parquet", [as_parquet([FOCUS])], A_LINE, (1, 0, 0, 0), A_LINE),
    World(
        "FOCUS of Azure without a block",
        [table([without(FOCUS, "x_PricingBlockSize", "ConsumedQuantity")])],
        A_LINE,
        (1, 0, 0, 0),
        A_LINE,
    ),
    World(
        "quantities that do not agree, and a unit that says nothing",
        [
            table([FOCUS, {**FOCUS, "ConsumedQuantity": "1000"}])
            + table([{**FOCUS, "x_PricingBlockSize": "", "x_PricingUnitDescription": "Units"}])
        ],
        A_LINE,
        (1, 0, 0, 2),
        A_LINE * 3,
    ),
    World(
        "reservations, corrections and usage taken back",
        [
            table(
                [
                    FOCUS,
                    {**FOCUS, "ChargeClass": "Correction", "BilledCost": "-0.1"},
                    {**FOCUS, "PricingQuantity": "-10", "ConsumedQuantity": "-10000", "BilledCost": "-0.0015"},
                    {**FOCUS, "x_SkuMeterName": "Provisioned Managed Global", "BilledCost": "7"},
                ]
            )
        ],
        A_LINE,
        (1, 1, 0, 2),
        Decimal("7.0485"),
    ),
]

SPAN: Row = {"timestamp": AT, "trace_id": "t", "span_id": "s", **CALLED}
TWICE = {"metadata": json.dumps(json.dumps({"usage_object": {"prompt_tokens": 1000, "completion_tokens": 100}}))}
SPENT: Row = {"request_id": "q", "call_type": "acompletion", "spend": 0.1, "startTime": AT, "model": "gpt-4.1-mini"}
SPENT |= {"custom_llm_provider": "openai", "status": "success", "cache_hit": "False", **TWICE}
ROLLOUT = [
    {"timestamp": AT, "type": "session_meta", "payload": {"id": "s", "cwd": "/p"}},
    {"timestamp": AT, "type": "turn_context", "payload": {"model": "gpt-5-mini"}},
]
COUNTED = {"input_tokens": 4000, "cached_input_tokens": 3000, "output_tokens": 1000, "reasoning_output_tokens": 300}


def event(total: int) -> Row:
    """A count of Codex, when so many tokens have been used."""
    info = {"total_token_usage": {"total_tokens": total}, "last_token_usage": COUNTED}
    return {"timestamp": AT, "type": "event_msg", "payload": {"type": "token_count", "info": info}}


VARIANTS = [
    World("an operation in capitals", [lines([{**SPAN, "gen_ai.operation.name": "CHAT"}])], MINI, (1, 0, 0, 0)),
    World(
        "an operation of a newer kind", [lines([{**SPAN, "gen_ai.operation.name": "responses"}])], MINI, (1, 0, 0, 0)
    ),
    World(
        "an agent's sum without its calls", [lines([{**SPAN, "gen_ai.operation.name": "agent"}])], None, (0, 0, 0, 1)
    ),
    World(
        "an agent's sum and a call of it in another file",
        [lines([{**SPAN, "gen_ai.operation.name": "agent"}]), lines([{**SPAN, "span_id": "u", "parent_span_id": "s"}])],
        MINI,
        (1, 1, 0, 0),
    ),
    World("a run in capitals", [lines([{**RUN, "run_type": "LLM"}])], MINI, (1, 0, 0, 0)),
    World("a chain without its calls", [lines([CHAIN])], None, (0, 0, 0, 1)),
    World("JSON within a text of JSON", [lines([SPENT])], PLAIN, (1, 0, 0, 0)),
    World(
        "a blank before the offset",
        [table([{**HEARD, "request_created_at": "2026-11-20 12:00:00 +0200"}])],
        MINI,
        (1, 0, 0, 0),
        Decimal("0.5"),
    ),
    World("hours of a meter of tokens", [table([{**METER, "unitOfMeasure": "1 Hour"}])], None, (0, 0, 0, 1), A_LINE),
    World(
        "a meter of single tokens",
        [table([{**METER, "unitOfMeasure": "1M Tokens", "quantity": "1"}])],
        A_LINE,
        (1, 0, 0, 0),
    ),
    World(
        "a total in the last row", [table([HEARD, {**dict.fromkeys(HEARD, ""), "model": "Total"}])], MINI, (1, 0, 0, 1)
    ),
    World("a cut download", [lines([message("1"), message("2")])[:-40]], HAIKU, (1, 0, 0, 1)),
    World("an error page at the end", [lines([message("1")]) + b"<html>502</html>\n"], HAIKU, (1, 0, 0, 1)),
    World(
        "a comma behind each line",
        [b",\n".join([document(message("1")), document(message("2")), b""])],
        HAIKU * 2,
        (2, 0, 0, 0),
    ),
    World(
        "a session that grows in another file", [lines([grown(9)]), lines([grown(1), grown(5)])], HAIKU, (1, 0, 2, 0)
    ),
    World("batch by Claude Code's word", [lines([grown(9, service_tier="batch")])], HAIKU / 2, (1, 0, 0, 0)),
    World(
        "a rollout that another one resumes",
        [lines([*ROLLOUT, event(5000)]), lines([*ROLLOUT, event(5000), event(9999)])],
        THOUGHT * 2,
        (2, 0, 1, 0),
    ),
    World("a rollout without a turn", [lines([ROLLOUT[0], event(5000)])], None, (0, 0, 0, 1)),
    World(
        "a total that says caches lie inside",
        [
            lines(
                [
                    {
                        **OBSERVED,
                        "usage_details": {"input": 1000, "input_cached_tokens": 400, "output": 100, "total": 1100},
                    }
                ]
            )
        ],
        MINI,
        (1, 0, 0, 0),
    ),
    World(
        "a generation within a span within a generation",
        [
            document(
                [
                    {**OBSERVED, "id": "a", "parent_observation_id": None},
                    {**OBSERVED, "id": "s", "type": "SPAN", "usage_details": {}, "parent_observation_id": "a"},
                    {**OBSERVED, "id": "b", "parent_observation_id": "s"},
                ]
            )
        ],
        MINI,
        (1, 0, 1, 0),
    ),
    World(
        "several shapes together",
        [lines([*ROLLOUT, event(5000)]), table([HEARD]), lines([ASKED]), document({"daily": [SUM]}), lines([LOGGED])],
        THOUGHT + MINI + HAIKU * 2 + PLAIN,
        (5, 0, 0, 0),
    ),
]

TOOLS: Sequence[World] = [*OPENCODE, *CODEX, *CLOUDFLARE, *AZURE, *VARIANTS]
DOUBTED = [
    ("OPERATION_UNKNOWN", [{**SPAN, "gen_ai.operation.name": "responses"}], [{**SPAN, "trace_id": "u"}]),
    ("TIER_ASSUMED", [{**SPAN, "openai.request.service_tier": "flex"}], [{**SPAN, "trace_id": "u"}]),
    ("REASONING_UNTOLD", [UNTOLD], [BESIDE, INSIDE, ASKED]),
    ("MODEL_ASSUMED", [{**OF_DAY, "models": {"gpt-5": {**SUMMED, "isFallback": True}}}], [OF_DAY]),
    ("CACHES_UNTOLD", [LOGGED], []),
]
