"""Usage as Amazon's Bedrock and Cohere report it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmpricing.domain.usage.anthropic import split_writes
from llmpricing.domain.usage.quantities import Usage, read_quantity
from llmpricing.domain.usage.reading import REQUESTS, Format, UsageReading, fields, listed, plain_path, tier_of

# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html: inputTokens leaves out what was
# read from and written to the cache. Names in ...Count are those of its invocation logs.
_BEDROCK = {
    **REQUESTS,
    "inputTokens": "input_tokens",
    "inputTokenCount": "input_tokens",
    "outputTokens": "output_tokens",
    "outputTokenCount": "output_tokens",
    "cacheReadInputTokens": "cache_read_tokens",
    "cacheReadInputTokenCount": "cache_read_tokens",
    "cacheWriteInputTokens": "cache_write_tokens",
    "cacheWriteInputTokenCount": "cache_write_tokens",
}
_LIVES = {"5m": "cache_write_5m_tokens", "1h": "cache_write_1h_tokens"}
_WRITES = "cacheDetails"
_BEDROCK_TEXTS = frozenset({"totalTokens", "totalTokenCount", "serviceTier", _WRITES})


def read_bedrock(raw: Mapping[str, Any]) -> Usage:
    """Usage of a Converse answer; raises UsageError."""
    reading = UsageReading()
    for number, detail in enumerate(listed(_WRITES, raw.get(_WRITES))):
        field, tokens, life = f"{_WRITES}[{number}]", detail.get("inputTokens") or 0, detail.get("ttl", "5m")
        if isinstance(life, str) and (meter := _LIVES.get(life)):
            reading.add(meter, read_quantity(f"{field}.inputTokens", tokens, meter))
        elif tokens:
            reading.remark(field, f"lives {str(life)[:20]}, which", "cache_write_tokens")
    for field, value in fields({name: value for name, value in raw.items() if name != _WRITES}):
        if meter := _BEDROCK.get(field):
            reading.take(field, value, meter)
        elif field.partition(".")[0] not in _BEDROCK_TEXTS:
            reading.unknown(field, value)
    split_writes(reading, "cacheWriteInputTokens")
    if "input_tokens" in reading.quantities:
        reading.add("input_tokens", reading.get("cache_write_tokens") + reading.get("cache_read_tokens"))
    tier = raw.get("serviceTier")
    return reading.usage(tier_of(tier.get("type") if isinstance(tier, Mapping) else tier))


BEDROCK = Format(
    "bedrock",
    "Bedrock's Converse: camelCase, caches beside inputTokens",
    read_bedrock,
    lambda field: field in _BEDROCK or field in _BEDROCK_TEXTS,
    frozenset({*_BEDROCK} - {*REQUESTS}),
)

# https://docs.cohere.com/reference/chat: billed_units is what is billed; tokens counts the templates around it too.
_COHERE = {
    **REQUESTS,
    "billed_units.input_tokens": "input_tokens",
    "billed_units.output_tokens": "output_tokens",
    "billed_units.search_units": "rerank_searches",
    "billed_units.image_tokens": "input_image_tokens",
    "search_units": "rerank_searches",
}
_UNITS = ("tokens.", "billed_units.images")
_NOT_BILLED = ("tokens.", "cached_tokens", "api_version.", "billed_units.images", "warnings")


def _cohere_path(field: str) -> str:
    path = plain_path(field).replace("billedUnits.", "billed_units.")
    return path[path.find("billed_units.") :] if "billed_units." in path else path.removeprefix("meta.")


def read_cohere(raw: Mapping[str, Any]) -> Usage:
    """Usage of Cohere's billed units, in the answer's meta or usage or by themselves; raises UsageError."""
    reading = UsageReading()
    images: Any = None
    for field, value in fields(raw):
        path = _cohere_path(field)
        images = value if path == "billed_units.images" else images
        if meter := _COHERE.get(path):
            reading.take(field, value, meter)
        elif not path.startswith(_NOT_BILLED):
            reading.unknown(field, value)
    if images and "input_image_tokens" not in reading.quantities:
        reading.take("billed_units.images", images, "input_images")
    if reading.get("input_image_tokens"):
        reading.add("input_tokens", reading.get("input_image_tokens"))
    return reading.usage()


COHERE = Format(
    "cohere",
    "Cohere's billed_units",
    read_cohere,
    lambda field: _cohere_path(field) in _COHERE or _cohere_path(field).startswith(_UNITS),
    frozenset({*_COHERE} - {*REQUESTS}),
)
