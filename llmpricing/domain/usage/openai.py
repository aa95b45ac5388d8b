"""Usage as OpenAI's interfaces report it, and the many sellers who copy them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.domain.usage.reading import MODALITIES, UsageReading, fields, refuse_counter

# What OpenAI's Chat Completions, Responses, Realtime, Images and Audio interfaces report, and those who copy them.
# https://platform.openai.com/docs/api-reference; "input" and "output" stand for the names of the detail objects.
_OPENAI = {
    "prompt_tokens": "input_tokens",
    "input_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens",
    "input.cached_tokens": "cache_read_tokens",
    "input.cache_write_tokens": "cache_write_tokens",
    "output.reasoning_tokens": "output_reasoning_tokens",
    "prompt_cache_hit_tokens": "cache_read_tokens",  # DeepSeek
    "cached_tokens": "cache_read_tokens",  # Moonshot, beside prompt_tokens
    "reasoning_tokens": "output_reasoning_tokens",  # Perplexity, beside completion_tokens
    "citation_tokens": "output_citation_tokens",  # Perplexity, beside completion_tokens
    "num_search_queries": "web_searches",  # Perplexity
    "prompt_audio_seconds": "input_audio_seconds",  # Mistral
    "seconds": "input_audio_seconds",
    **{f"input.{name}_tokens": f"input_{name}_tokens" for name in MODALITIES},
    **{f"output.{name}_tokens": f"output_{name}_tokens" for name in MODALITIES},
    **{f"input.cached.{name}_tokens": f"cache_{name}_read_tokens" for name in MODALITIES},
}
_OPENAI_PARTS = {
    "prompt_tokens_details": "input",
    "input_tokens_details": "input",
    "input_token_details": "input",
    "completion_tokens_details": "output",
    "output_tokens_details": "output",
    "output_token_details": "output",
    "cached_tokens_details": "cached",
}
_OPENAI_SUMS = frozenset(
    {
        "total_tokens",
        "prompt_cache_miss_tokens",
        "output.accepted_prediction_tokens",
        "output.rejected_prediction_tokens",
    }
)
_BESIDE_OUTPUT = ("reasoning_tokens", "citation_tokens")


def openai_reads(field: str) -> bool:
    """Whether the field, by its dotted path, says something of the price."""
    path = _path(field)
    return path in _OPENAI or path in _OPENAI_SUMS or field.rpartition(".")[2] in _OPENAI_PARTS


def read_openai(raw: Mapping[str, Any]) -> Usage:
    """Usage of a Chat Completions, Responses, Realtime, Images, Embeddings or Audio answer; raises UsageError."""
    reading = UsageReading()
    for field, value in fields(raw):
        path, name = _path(field), field.rpartition(".")[2]
        if meter := _OPENAI.get(path):
            reading.take(field, value, meter)
        elif name in _OPENAI_PARTS:
            raise UsageError(field, "must be an object")
        elif path not in _OPENAI_SUMS:
            refuse_counter(field, value)
    for field in _BESIDE_OUTPUT:
        if raw.get(field):
            reading.add("output_tokens", reading.get(_OPENAI[field]))
    reasoning = reading.get("output_reasoning_tokens")
    told = reading.get("input_tokens") + reading.get("output_tokens")
    if reasoning and raw.get("total_tokens") == told + reasoning:  # xAI counts reasoning beside completion_tokens
        reading.add("output_tokens", reasoning)
    if reading.get("cache_read_tokens") and "cache_text_read_tokens" not in reading.quantities:
        reading.drop("input_text_tokens")  # how much of the text was cached is not told: text is what the others leave
    if reasoning:
        reading.drop("output_text_tokens")
    return reading.usage()


def _path(field: str) -> str:
    """The dotted path with one name for each detail object."""
    *parts, name = field.split(".")
    return ".".join([*(_OPENAI_PARTS.get(part, part) for part in parts), name])
