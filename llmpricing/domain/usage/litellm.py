"""Usage as LiteLLM normalises it: OpenAI's object with a gross prompt, and Anthropic's names of caches beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmpricing.domain.usage.anthropic import ITERATIONS, TTL_FIELDS, of_iterations, split_writes
from llmpricing.domain.usage.openai import OpenAILike
from llmpricing.domain.usage.quantities import Usage
from llmpricing.domain.usage.reading import Format, listed

# https://docs.litellm.ai/docs/completion/usage
_CACHES = {
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "input.cache_creation_tokens": "cache_write_tokens",
    **{f"cache_creation.{name}": meter for name, meter in TTL_FIELDS.items()},
    **{f"input.cache_creation_token_details.{name}": meter for name, meter in TTL_FIELDS.items()},
}


def _is_handed_through(raw: Mapping[str, Any]) -> bool:
    """Whether it is Anthropic's own object, in which caches stand beside the input: LiteLLM's has a prompt."""
    return "prompt_tokens" not in raw and not _ANTHROPIC.isdisjoint(raw)


_ANTHROPIC = frozenset({"cache_read_input_tokens", "cache_creation_input_tokens"})
_LITELLM = OpenAILike(
    {**_CACHES, "input.web_search_requests": "web_searches"},
    ("server_tool_use.web_fetch_requests", "server_tool_use.tool_search_requests"),
    ("inference_geo", "speed"),
    caches_beside=_is_handed_through,
)


def read_litellm(raw: Mapping[str, Any]) -> Usage:
    """Usage of LiteLLM's object, in which input holds what was read from and written to caches; raises UsageError.

    Iterations are handed through in Anthropic's own words: https://github.com/BerriAI/litellm/pull/27065
    """
    steps = listed(ITERATIONS, raw.get(ITERATIONS))
    if steps:
        raw = {name: value for name, value in raw.items() if name != ITERATIONS}
    reading = _LITELLM.gathered(raw)
    hours = reading.get("cache_write_1h_tokens")
    split_writes(reading, "cache_creation_input_tokens")
    usage = _LITELLM.finished(raw, reading)
    if steps:
        usage = of_iterations(steps, reading, hours, usage.service_tier, usage.region)
    speed = raw.get("speed")
    return usage._replace(service_tier=speed) if isinstance(speed, str) and speed not in ("", "standard") else usage


LITELLM = Format(
    "litellm",
    "LiteLLM: a gross prompt_tokens with cache_read_input_tokens beside it",
    read_litellm,
    lambda field: field == ITERATIONS or _LITELLM.reads(field),
    frozenset(_CACHES),
)
