"""Usage as Anthropic's Messages interface reports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.domain.usage.reading import UsageReading, fields, refuse_counter

# https://docs.claude.com/en/api/messages: input_tokens leaves out what was read from and written to the cache, and a
# write without a stated time-to-live lives five minutes.
_ANTHROPIC = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m_tokens",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h_tokens",
    "server_tool_use.web_search_requests": "web_searches",
    "server_tool_use.code_execution_requests": "code_executions",
    "output_tokens_details.thinking_tokens": "output_reasoning_tokens",
}
_ANTHROPIC_FREE = frozenset({"server_tool_use.web_fetch_requests", "server_tool_use.tool_search_requests"})
_ANTHROPIC_FIELDS = frozenset(
    {*_ANTHROPIC, *_ANTHROPIC_FREE, "service_tier", "speed", "inference_geo"}
    | {field.partition(".")[0] for field in {*_ANTHROPIC, *_ANTHROPIC_FREE}}
)


def anthropic_reads(field: str) -> bool:
    """Whether the field, by its dotted path, says something of the price."""
    return field in _ANTHROPIC_FIELDS


def read_anthropic(raw: Mapping[str, Any]) -> Usage:
    """Usage of a Messages answer, with the service tier and place that it names; raises UsageError."""
    reading = UsageReading()
    for field, value in fields(raw):
        if meter := _ANTHROPIC.get(field):
            reading.take(field, value, meter)
        elif field not in _ANTHROPIC_FREE:
            refuse_counter(field, value)
    written = reading.get("cache_write_tokens")
    by_life = reading.get("cache_write_5m_tokens") + reading.get("cache_write_1h_tokens")
    if "cache_write_tokens" in reading.quantities and by_life > written:
        raise UsageError("cache_creation", f"counts {by_life}, more than cache_creation_input_tokens ({written})")
    if written or by_life:
        reading.add("cache_write_5m_tokens", max(written - by_life, 0))
        reading.quantities["cache_write_tokens"] = max(written, by_life)
    if "input_tokens" in reading.quantities:
        reading.add("input_tokens", reading.get("cache_write_tokens") + reading.get("cache_read_tokens"))
    speed, tier, place = raw.get("speed"), raw.get("service_tier"), raw.get("inference_geo")
    if isinstance(speed, str) and speed not in (
        "",
        STANDARD,
    ):  # a price list calls the fast mode a tier; service_tier then says "standard"
        tier = speed
    return reading.usage(
        tier if isinstance(tier, str) else None,
        place if isinstance(place, str) and place else None,
    )
