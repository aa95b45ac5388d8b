"""Caches of calls of Vercel's AI SDK, which its versions tell in three ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmpricing.domain.quotes.context import context
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord

CLAUDE_USAGE = {"input_tokens": 12, "output_tokens": 1, "cache_creation_input_tokens": 1500}
CLAUDE = {"usage": {**CLAUDE_USAGE, "cache_read_input_tokens": 3000}, "cacheCreationInputTokens": 1500}
BEDROCK = {"usage": {"cacheReadInputTokens": 3000, "cacheWriteInputTokens": 1500}}
CACHED = {"input_tokens": 4512, "output_tokens": 100, "cache_read_tokens": 3000}
BY_LIFE = {"cache_write_tokens": 1500, "cache_write_5m_tokens": 1500}
PARTS = {"inputTokenDetails.noCacheTokens": 12, "inputTokenDetails.cacheReadTokens": 3000}
V4 = {"promptTokens": 12, "completionTokens": 100}
V5 = {"inputTokens": 12, "outputTokens": 100, "totalTokens": 112}
V6 = {
    "inputTokens": 4512,
    "outputTokens": 100,
    "totalTokens": 4612,
    **PARTS,
    "inputTokenDetails.cacheWriteTokens": 1500,
}


def only(folder: Path, provider: str, told: dict[str, int], metadata: Any) -> UsageRecord:
    span = {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.id": "m",
        "ai.model.provider": provider,
        "timestamp": "2026-11-20T10:00:00Z",
        "ai.response.providerMetadata": json.dumps(metadata),
        **{f"ai.usage.{name}": number for name, number in told.items()},
    }
    path = folder / "spans.ndjson"
    path.write_text(json.dumps(span) + "\n")
    (record,) = UsageFiles([usage_file(path)]).records()
    return record


def counted(record: UsageRecord) -> dict[str, Any]:
    assert record.usage is not None, record.outcome
    return {name: number for name, number in record.usage.stated.items() if number}


@pytest.mark.parametrize(
    ("told", "metadata"),
    [
        (V4, {"anthropic": {"cacheCreationInputTokens": 1500, "cacheReadInputTokens": 3000}}),
        (V5, {"anthropic": CLAUDE}),
        ({**V5, "cachedInputTokens": 3000}, {"anthropic": CLAUDE}),
        (V6, {"anthropic": CLAUDE}),
        (V4, {"bedrock": BEDROCK}),
        ({**V5, "cachedInputTokens": 3000}, {"bedrock": BEDROCK}),
        (V6, {"bedrock": BEDROCK}),
    ],
)
def test_caches_of_claude_are_told_by_its_own_words(
    told: dict[str, int], metadata: dict[str, Any], tmp_path: Path
) -> None:
    assert counted(only(tmp_path, "anthropic.messages", told, metadata)) == {**CACHED, **BY_LIFE}


def test_more_cached_than_written_anew_does_not_decide_where_they_lie(tmp_path: Path) -> None:
    told = {"inputTokens": 5000, "outputTokens": 100, "totalTokens": 5100, "cachedInputTokens": 3000}
    usage = {**CLAUDE_USAGE, "cache_read_input_tokens": 3000, "input_tokens": 5000}
    assert counted(only(tmp_path, "anthropic.messages", told, {"anthropic": {"usage": usage}}))["input_tokens"] == 9500


def test_lives_tier_and_searches_are_told_there_too(tmp_path: Path) -> None:
    lives = {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1000}
    usage = {**CLAUDE_USAGE, "cache_creation": lives, "service_tier": "priority"}
    searched = {**usage, "server_tool_use": {"web_search_requests": 2}}
    record = only(tmp_path, "anthropic.messages", V5, {"anthropic": {"usage": searched}})
    found = counted(record)
    assert (found["cache_write_5m_tokens"], found["cache_write_1h_tokens"], found["web_searches"]) == (500, 1000, 2)
    assert record.context == context("priority")


@pytest.mark.parametrize(
    "metadata",
    [
        {"openai": {"cachedPromptTokens": 1024, "reasoningTokens": 0}},
        {"deepseek": {"promptCacheHitTokens": 1024, "promptCacheMissTokens": 976}},
        {"google": {"usageMetadata": {"cachedContentTokenCount": 1024}}},
    ],
)
def test_what_others_cached_lies_within_the_input(metadata: dict[str, Any], tmp_path: Path) -> None:
    found = counted(only(tmp_path, "openai.chat", {"promptTokens": 2000, "completionTokens": 100}, metadata))
    assert found == {"input_tokens": 2000, "output_tokens": 100, "cache_read_tokens": 1024}
