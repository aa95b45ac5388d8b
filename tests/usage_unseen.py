"""More files of the world (see usage_world): copies, sums, words and units that the samples do not have."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.usage_twins import lines, table
from tests.usage_world import AT, CUR, HAIKU, LITE, MINI, OBSERVED, M, Row, World, document, without

# gpt-5-mini: 0.25, cached 0.025, output 2 (USD a million).
FIRST = (600 * Decimal("0.25") + 400 * Decimal("0.025") + 100 * 2) / M
SECOND = (1000 * Decimal("0.25") + 1000 * Decimal("0.025") + 50 * 2) / M
THIRD = (1000 * Decimal("0.25") + 2000 * Decimal("0.025") + 70 * 2) / M


def of_codex(kind: str, payload: Row, at: str = "2026-11-20T11:00:00Z") -> Row:
    return {"timestamp": at, "type": kind, "payload": payload}


def session(name: str, **more: Any) -> Row:
    return of_codex("session_meta", {"id": name, "cwd": "/shop", **more})


def counted(taken: int, cached: int, made: int) -> Row:
    found = {"input_tokens": taken, "cached_input_tokens": cached, "output_tokens": made}
    return {**found, "reasoning_output_tokens": 0, "total_tokens": taken + made}


def event(last: Row, total: Row) -> Row:
    info = {"total_token_usage": total, "last_token_usage": last}
    return of_codex("event_msg", {"type": "token_count", "info": info})


def later(line: Row) -> Row:
    """The line as a fork copies it, stamped anew."""
    return {**line, "timestamp": "2026-11-20T12:00:00Z"}


TURN = of_codex("turn_context", {"model": "gpt-5-mini"})
ONE = event(counted(1000, 400, 100), counted(1000, 400, 100))
TWO = event(counted(2000, 1000, 50), counted(3000, 1400, 150))
THREE = later(event(counted(3000, 2000, 70), counted(6000, 3400, 220)))
OLDEST = session("s1")
FORK = session("s2", forked_from_id="s1")
FORK_OF_FORK = session("s3", forked_from_id="s2")
SPAWNED = session("s4", source={"subagent": {"thread_spawn": {"parent_thread_id": "s1", "depth": 1}}})
COPIED = [later(one) for one in (OLDEST, TURN, ONE, TWO)]
PARENT = lines([OLDEST, TURN, ONE, TWO])
ALL_THREE = FIRST + SECOND + THIRD
CODEX = [
    World("a fork of a session", [PARENT, lines([FORK, *COPIED, THREE])], ALL_THREE, (3, 0, 2, 0)),
    World("a subagent's copy of its parent", [PARENT, lines([SPAWNED, *COPIED[1:], THREE])], ALL_THREE, (3, 0, 2, 0)),
    World(
        "a session resumed into a new one", [PARENT, lines([session("s9"), *COPIED, THREE])], ALL_THREE, (3, 0, 2, 0)
    ),
    World(
        "forks of a session that is gone",
        [lines([FORK, *COPIED]), lines([session("s5", forked_from_id="s1"), *COPIED, THREE])],
        ALL_THREE,
        (3, 0, 2, 0),
    ),
    World(
        "a fork of a fork",
        [PARENT, lines([FORK, *COPIED]), lines([FORK_OF_FORK, later(FORK), *COPIED, THREE])],
        ALL_THREE,
        (3, 0, 4, 0),
    ),
    World(
        "two sessions that count the same",
        [lines([OLDEST, TURN, ONE]), lines([session("s6"), TURN, later(ONE)])],
        FIRST * 2,
        (2, 0, 0, 0),
    ),
    World(
        "two sessions in one file",
        [lines([OLDEST, TURN, TWO, session("s7"), TURN, ONE])],
        FIRST + SECOND,
        (2, 0, 0, 0),
    ),
    World("a model of one's own", [lines([session("s8", model_provider="ollama"), TURN, ONE])], None, (0, 1, 0, 0)),
]

USED = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400}}
SPENT: Row = {"request_id": "a", "call_type": "aretrieve_batch", "spend": 0.5, "startTime": AT, "status": "success"}
SPENT |= {"model": "gpt-4.1-mini", "custom_llm_provider": "openai", "cache_hit": "False"}
SPENT |= {"prompt_tokens": 1000, "completion_tokens": 100, "metadata": {"usage_object": USED}}

USAGE_DAY: Row = {"usage_date_utc": "2026-11-20", "model_version": "claude-haiku-4-5-20251001", "api_key": "k"}
USAGE_DAY |= {"usage_type": "standard", "context_window": "≤ 200k", "usage_input_tokens_no_cache": 10}
USAGE_DAY |= {"usage_input_tokens_cache_write_5m": 200, "usage_input_tokens_cache_write_1h": 0}
USAGE_DAY |= {"usage_input_tokens_cache_read": 1000, "usage_output_tokens": 20, "web_search_count": 0}
USAGE_DAY |= {"inference_geo": "global", "speed": ""}
# Sonnet over 200,000 tokens, as of February: 6, read 0.6, output 22.5.
LONG: Row = {**USAGE_DAY, "usage_date_utc": "2026-02-20", "model_version": "claude-sonnet-4-6"}
LONG |= {"usage_input_tokens_no_cache": 250000, "usage_input_tokens_cache_read": 180000}
LONG |= {"usage_input_tokens_cache_write_5m": 0, "usage_output_tokens": 2000}
OVER = (250000 * 6 + 180000 * Decimal("0.6") + 2000 * Decimal("22.5")) / M
WINDOWS = [
    World(f"a window called {word}", [table([{**LONG, "context_window": word}])], OVER, (1, 0, 0, 0))
    for word in ("over 200k", "&gt; 200k", "200k_1m", "＞ 200,000", "≥200K")
]
BELOW = [
    World(f"a window called {word}", [table([{**USAGE_DAY, "context_window": word}])], HAIKU, (1, 0, 0, 0))
    for word in ("<= 200k", "â‰¤ 200k", "? 200k", "0-200k", "up to 200k", "")
]

MARKET: Row = {**CUR, "line_item_product_code": "x", "line_item_resource_id": "", "pricing_unit": "Units"}
MARKET |= {"line_item_line_item_description": "AWS Marketplace software usage|us-east-1|Million Input Tokens"}
MARKET |= {"product_product_name": "Claude Haiku 4.5 (Amazon Bedrock Edition)", "line_item_usage_amount": "0.5"}
MARKET |= {"line_item_usage_type": "USE1-MP:USE1_InputTokenCount_Global-Units", "line_item_unblended_cost": "0.5"}
NEXT_HOUR = {"line_item_usage_start_date": "2026-11-20T11:00:00.000Z"}
UNKNOWN_KIND = "USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units"

INVOKED: Row = {"schemaType": "ModelInvocationLog", "timestamp": AT, "region": "us-east-1", "requestId": "r"}
INVOKED |= {"modelId": "global.anthropic.claude-haiku-4-5-20251001-v1:0", "operation": "Converse"}
INVOKED |= {"input": {"inputTokenCount": 10, "cacheReadInputTokenCount": 1000, "cacheWriteInputTokenCount": 200}}
INVOKED |= {"output": {"outputTokenCount": 20, "outputBodyJson": {"serviceTier": {"type": "flex"}}}}
SERVED_USUALLY = {**INVOKED, "output": {"outputTokenCount": 20, "outputBodyJson": {"serviceTier": {"type": "default"}}}}

HEARD_OF: Row = {"request_id": "h", "request_created_at": AT, "model": "claude-haiku-4-5", "provider": "ANTHROPIC"}
HEARD_OF |= {"status": 200, "prompt_tokens": 10, "completion_tokens": 20, "prompt_cache_read_tokens": 1000, "cost": 1}
HEARD_OF |= {"prompt_cache_write_tokens": 200, "prompt_cache_write_5m": 150, "prompt_cache_write_1h": 50}
HEARD_OF |= {"cache_reference_id": ""}
LIVED = (10 + 1000 * Decimal("0.1") + 150 * Decimal("1.25") + 50 * 2 + 20 * 5) / M

UNSEEN = [
    *CODEX,
    *WINDOWS,
    *BELOW,
    World("a window that nobody knows", [table([{**LONG, "context_window": "wide"}])], None, (0, 0, 0, 1)),
    World("what a batch used, by LiteLLM", [lines([SPENT])], MINI / 2, (1, 0, 0, 0), Decimal("0.5")),
    World("Langfuse's characters", [document([{**OBSERVED, "unit": "CHARACTERS"}])], None, (0, 0, 0, 1)),
    World("Langfuse's tokens", [document([{**OBSERVED, "usage": {"unit": "TOKENS"}}])], MINI, (1, 0, 0, 0)),
    World("Helicone's lives of writes", [table([HEARD_OF])], LIVED, (1, 0, 0, 0)),
    World("a line of two hours by one id", [table([CUR, {**CUR, **NEXT_HOUR}])], LITE * 2, (2, 0, 0, 0), LITE * 2),
    World("Claude by the product's name", [table([MARKET])], Decimal("0.5"), (1, 0, 0, 0), Decimal("0.5")),
    World(
        "a kind of tokens that nobody knows",
        [table([{**without(MARKET, "product_product_name"), "line_item_usage_type": UNKNOWN_KIND}])],
        None,
        (0, 0, 0, 1),
        Decimal("0.5"),
    ),
    World("Bedrock's usual tier", [lines([SERVED_USUALLY])], HAIKU, (1, 0, 0, 0)),
    World("a tier that Bedrock's answer tells", [lines([INVOKED])], None, (0, 0, 0, 1)),
]
