"""Names in files that say more than a model or a count: ccusage's fast mode, and caches by other conventions' names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmpricing.domain.quotes.context import UNSTATED, context
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord


def records(folder: Path, document: Any) -> list[UsageRecord]:
    path = folder / "file.json"
    path.write_text(json.dumps(document))
    return list(UsageFiles([usage_file(path)]).records())


@pytest.mark.parametrize(
    ("name", "model", "is_fast"),
    [
        ("claude-opus-4-8-fast", "claude-opus-4-8", True),
        ("claude-opus-4-8", "claude-opus-4-8", False),
        ("grok-code-fast", "grok-code-fast", False),
    ],
)
def test_ccusage_names_claude_by_its_fast_mode(name: str, model: str, is_fast: bool, tmp_path: Path) -> None:
    counts = {"inputTokens": 10, "outputTokens": 20, "cacheCreationTokens": 0, "cacheReadTokens": 0}
    split = [{"modelName": name, **counts, "cost": 0.1}]
    day = {"date": "2026-11-20", **counts, "totalTokens": 30, "totalCost": 0.1, "modelsUsed": [name]}
    start, end = "2026-11-20T10:00:00.000Z", "2026-11-20T15:00:00.000Z"
    block = {"id": start, "startTime": start, "endTime": end, "isGap": False, "costUSD": 0.1, "models": [name]}
    of_block = {"inputTokens": 10, "outputTokens": 20, "cacheCreationInputTokens": 0, "cacheReadInputTokens": 0}
    for document in ({"daily": [{**day, "modelBreakdowns": split}]}, {"blocks": [{**block, "tokenCounts": of_block}]}):
        (record,) = records(tmp_path, document)
        assert (record.model, record.context) == (model, context("fast") if is_fast else UNSTATED)


@pytest.mark.parametrize(
    ("name", "meter"),
    [
        ("cache_read_tokens", "cache_read_tokens"),
        ("input_cached_tokens", "cache_read_tokens"),
        ("cache_write_tokens", "cache_write_tokens"),
        ("cache_write_input_tokens", "cache_write_tokens"),
    ],
)
def test_spans_name_what_was_cached_in_many_ways(name: str, meter: str, tmp_path: Path) -> None:
    counts = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 10, f"gen_ai.usage.{name}": 600}
    span = {"gen_ai.request.model": "m", "gen_ai.operation.name": "chat", "timestamp": "2026-11-20T10:00:00Z", **counts}
    (record,) = records(tmp_path, [span])
    assert record.usage is not None, record.outcome
    assert (record.usage.stated["input_tokens"], record.usage.stated[meter]) == (1000, 600)


FRAMEWORKS = [
    *("langchain", "Langchain", "LangChain", "llamaindex", "llama_index", "crewai", "CrewAI", "pydantic-ai", "dspy"),
    *("strands-agents", "spring_ai", "haystack", "autogen", "AutoGen", "microsoft.agent_framework", "langgraph"),
]


@pytest.mark.parametrize("field", ["gen_ai.system", "gen_ai.provider.name"])
@pytest.mark.parametrize("name", [*FRAMEWORKS, "langchain_openai", "anthropic"])
def test_a_framework_in_the_place_of_the_seller_is_none(field: str, name: str, tmp_path: Path) -> None:
    span = {"gen_ai.request.model": "m", "gen_ai.operation.name": "chat", "timestamp": "2026-11-20T10:00:00Z"}
    counts = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 10}
    (record,) = records(tmp_path, [{**span, **counts, field: name}])
    assert record.provider == (None if name in FRAMEWORKS else name)
