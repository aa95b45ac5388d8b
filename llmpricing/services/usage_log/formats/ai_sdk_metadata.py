"""What a seller's own words say of a call of Vercel's AI SDK: its caches, which versions 4 and 5 tell nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from llmpricing.domain.usage.quantities import Quantity
from llmpricing.services.usage_log.formats.counts import BESIDE, INSIDE, Stated, plus
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.told_usage import tier_of

_METADATA = "ai.response.providerMetadata"
_DETAILS = "ai.usage.inputTokenDetails."
# The names of one count each, by the seller's key in the metadata; dotted names lie within its usage object.
_INSIDE = {
    "openai": {"cache_read_tokens": "cachedPromptTokens", "output_reasoning_tokens": "reasoningTokens"},
    "azure": {"cache_read_tokens": "cachedPromptTokens", "output_reasoning_tokens": "reasoningTokens"},
    "deepseek": {"cache_read_tokens": "promptCacheHitTokens"},
    "google": {"cache_read_tokens": "usageMetadata.cachedContentTokenCount"},
    "vertex": {"cache_read_tokens": "usageMetadata.cachedContentTokenCount"},
}
_BESIDE: dict[str, dict[str, tuple[str, ...]]] = {
    "anthropic": {
        "input_tokens": ("usage.input_tokens",),
        "cache_read_tokens": ("usage.cache_read_input_tokens", "cacheReadInputTokens"),
        "cache_write_tokens": ("usage.cache_creation_input_tokens", "cacheCreationInputTokens"),
        "cache_write_5m_tokens": ("usage.cache_creation.ephemeral_5m_input_tokens",),
        "cache_write_1h_tokens": ("usage.cache_creation.ephemeral_1h_input_tokens",),
        "web_searches": ("usage.server_tool_use.web_search_requests",),
    },
    "bedrock": {
        "cache_read_tokens": ("usage.cacheReadInputTokens",),
        "cache_write_tokens": ("usage.cacheWriteInputTokens",),
    },
}


class ToldBySeller(NamedTuple):
    """The counts of a call with those of its metadata, where its caches lie, and the tier that served it."""

    counts: Stated
    caches: str = INSIDE
    tier: str | None = None


def with_metadata(row: Row, counts: Stated) -> ToldBySeller:
    """The counts that the attributes of a call tell, with what only its seller's metadata do; raises UsageError.

    https://github.com/vercel/ai/issues/8795: versions 4 and 5 name no cache writes among the attributes, and their
    input is Claude's own, which leaves caches out; version 6 counts them within it and tells each part of it.
    """
    metadata = row.inner(_METADATA)
    for seller, names in _INSIDE.items():
        found = metadata.inner(seller)
        more = {meter: _count(found, name) for meter, name in names.items()}
        counts = {**counts, **{meter: told for meter, told in more.items() if counts.get(meter) is None and told}}
    for seller, several in _BESIDE.items():
        found = metadata.inner(seller)
        if found.raw:
            told = {meter: _first(found, names) for meter, names in several.items()}
            tier = tier_of(found.inner("usage").text("service_tier") or None)
            return _beside(row, counts, told, tier)
    return ToldBySeller(counts)


def _beside(row: Row, counts: Stated, told: Mapping[str, Quantity | None], tier: str | None) -> ToldBySeller:
    taken, own = counts.get("input_tokens"), told.get("input_tokens")
    more = {meter: found for meter, found in told.items() if meter != "input_tokens" and found}
    counts = {**counts, **more}
    apart = plus(counts.get("cache_read_tokens"), counts.get("cache_write_tokens")) or 0
    is_parted = any(row.value(_DETAILS + name) is not None for name in ("noCacheTokens", "cacheWriteTokens"))
    is_inside = taken == own + apart if own is not None and taken != own else is_parted
    return ToldBySeller(counts, INSIDE if is_inside and apart else BESIDE, tier)


def _first(found: Row, names: tuple[str, ...]) -> Quantity | None:
    return next((told for name in names if (told := _count(found, name)) is not None), None)


def _count(found: Row, name: str) -> Quantity | None:
    *above, last = name.split(".")
    for one in above:
        found = found.inner(one)
    return found.count(last)
