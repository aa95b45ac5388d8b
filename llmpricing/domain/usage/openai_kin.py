"""Sellers and tools that took OpenAI's usage object and added words of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmpricing.domain.usage.openai import OpenAILike
from llmpricing.domain.usage.quantities import Usage, read_quantity
from llmpricing.domain.usage.reading import Format, UsageReading

# https://api-docs.deepseek.com/guides/kv_cache: hits and misses are all of the prompt.
_DEEPSEEK = OpenAILike()
DEEPSEEK = Format(
    "deepseek",
    "DeepSeek: prompt_cache_hit_tokens and prompt_cache_miss_tokens",
    _DEEPSEEK.read,
    _DEEPSEEK.reads,
    frozenset({"prompt_cache_hit_tokens", "prompt_cache_miss_tokens"}),
)

# https://docs.mistral.ai/api: chat, agents, transcription and document reading.
_MISTRAL_TOOLS = {
    "connectors.web_search": "web_searches",
    "connectors.code_interpreter": "code_executions",
    "pages_processed": "input_document_pages",
    "pages_processed_annotation": "input_annotated_document_pages",
}
_MISTRAL = OpenAILike(
    {"num_cached_tokens": "cache_read_tokens", "connector_tokens": "input_tool_tokens", **_MISTRAL_TOOLS},
    ("doc_size_bytes",),
)


def read_mistral(raw: Mapping[str, Any]) -> Usage:
    """Usage of a Mistral answer; tokens of connectors come beside the prompt. Raises UsageError."""
    reading = _MISTRAL.gathered(raw)
    if reading.get("input_tool_tokens"):
        reading.add("input_tokens", reading.get("input_tool_tokens"))
    return _MISTRAL.finished(raw, reading)


MISTRAL = Format(
    "mistral",
    "Mistral: num_cached_tokens, connectors, pages_processed",
    read_mistral,
    _MISTRAL.reads,
    frozenset({"num_cached_tokens", "connector_tokens", "prompt_audio_seconds", *_MISTRAL_TOOLS}),
)

# https://docs.x.ai/docs/api-reference: reasoning lies beside completion_tokens; tools are billed by the call, live
# search (num_sources_used) by the source.
_XAI_TOOLS = "server_side_tool_usage_details"
_XAI_CALLS = {
    f"{_XAI_TOOLS}.web_search_calls": "web_searches",
    f"{_XAI_TOOLS}.x_search_calls": "social_searches",
    f"{_XAI_TOOLS}.code_interpreter_calls": "code_executions",
    f"{_XAI_TOOLS}.file_search_calls": "storage_searches",
}
_XAI_OF_TOOLS = ("num_sources_used", "num_server_side_tools_used")
_XAI = OpenAILike(
    _XAI_CALLS,
    ("context_details.", "cost_in_usd_ticks", "cost_in_nano_usd", f"{_XAI_TOOLS}.mcp_calls", *_XAI_OF_TOOLS),
    reasoning_beside=True,
    without=("prompt_cache_hit_tokens", "citation_tokens", "num_search_queries"),
)


def read_xai(raw: Mapping[str, Any]) -> Usage:
    """Usage of an xAI answer; raises UsageError."""
    reading = _XAI.gathered(raw)
    if not any(reading.get(meter) for meter in _XAI_CALLS.values()):
        _read_live_search(raw, reading)
    return _XAI.finished(raw, reading)


def _read_live_search(raw: Mapping[str, Any], reading: UsageReading) -> None:
    """Sources of a live search, and calls of tools of which no details are told."""
    sources, tools = raw.get("num_sources_used"), raw.get("num_server_side_tools_used")
    if sources is not None and (quantity := read_quantity("num_sources_used", sources, "web_searches")):
        reading.take("num_sources_used", quantity, "web_searches")
    if tools and not isinstance(raw.get(_XAI_TOOLS), Mapping):
        reading.unknown("num_server_side_tools_used.calls", tools)


XAI = Format(
    "xai",
    "xAI: reasoning beside the completion, num_sources_used, server_side_tool_usage_details",
    read_xai,
    lambda field: _XAI.reads(field) or field in _XAI_OF_TOOLS,
    frozenset({*_XAI_OF_TOOLS, *_XAI_CALLS, "cost_in_usd_ticks", "cost_in_nano_usd"}),
)

# https://docs.perplexity.ai/api-reference: reasoning and citations come beside the completion; only some models bill
# their searches beside the fee of the request.
_PERPLEXITY = OpenAILike()
PERPLEXITY = Format(
    "perplexity",
    "Perplexity: search_context_size, num_search_queries, citation_tokens",
    _PERPLEXITY.read,
    _PERPLEXITY.reads,
    frozenset({"search_context_size", "num_search_queries", "citation_tokens"}),
)
