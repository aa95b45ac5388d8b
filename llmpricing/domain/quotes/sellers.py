"""What sellers document of all their prices, and price lists do not say: where they charge more, what they assume."""

from __future__ import annotations

import re
from collections.abc import Mapping

from llmpricing.domain.names.identities import GOVERNMENT
from llmpricing.domain.quotes.places import zones_of

# In AWS's government clouds everything costs more (AWS's price list, and all of them in LiteLLM's map).
# LiteLLM's map prices Claude from 4.5 on apart by place on Bedrock and Vertex. Anthropic itself takes a place from Opus
# 4.6 on: https://platform.claude.com/docs/en/build-with-claude/data-residency (read 2026-11-26).
_PLACED_CLAUDE = re.compile(r"(?:anthropic\.)?claude-(?:[a-z]+-4-[5-9]|[a-z]+-[5-9](?:-|@|$))")
# https://developers.openai.com/api/docs/models/gpt-5.4-pro (read 2026-11-26): 10 % more for regional processing from
# GPT-5.4 on. Azure's data zones and regional deployments are keys of their own in LiteLLM's map.
_CHARGED_APART: Mapping[str, re.Pattern[str]] = {
    "anthropic": _PLACED_CLAUDE,
    "aws": _PLACED_CLAUDE,
    "azure": re.compile(""),
    "google-vertex": _PLACED_CLAUDE,
    "openai": re.compile(r"gpt-(?:5\.[4-9]|[6-9])"),
}
# Read 2026-11-26: https://docs.perplexity.ai/guides/search-context-size-guide says low, OpenAI's API specification
# (2.3.0, WebSearchContextSize) medium, which Azure serves too.
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "azure": {"search_context_size": "medium"},
    "openai": {"search_context_size": "medium"},
    "perplexity": {"search_context_size": "low"},
}


def charges_apart(offering: str, place: str = "") -> bool:
    """Whether this offering (``provider/api-id``) is known to cost more in a place of its own, or in this one."""
    provider, _, api_id = offering.partition("/")
    if provider == "aws" and GOVERNMENT in (zones_of(place) or ()):
        return True
    known = _CHARGED_APART.get(provider)
    return bool(known and known.match(api_id))


def has_default_place(offering: str) -> bool:
    """Whether a request that says no place runs, at the seller, in a known one. On Bedrock each request names one."""
    return not (offering.startswith("aws/") and charges_apart(offering))


def default_facts(offering: str) -> Mapping[str, str]:
    """The value that the seller takes where a request leaves a fact out, by the fact's name."""
    return _DEFAULTS.get(offering.partition("/")[0], {})


# https://www.alibabacloud.com/help/en/model-studio/context-cache (read 2026-11-26): 125 % of input to create a cache.
# Of Claude, whoever sells it, and of MiniMax the lists price writes above input wherever they price them.
_CHARGES_FOR_WRITES = re.compile(r"(?:minimax|alibaba)/|.*\bclaude-")
_MAKES_ONLY = (
    ("audio", re.compile(r".*\b(?:tts|speech)\b")),
    ("image", re.compile(r".*/(?:gpt-image|chatgpt-image|dall-e|imagen)")),
)


def charges_for_writes(offering: str) -> bool:
    """Whether writing to the cache costs more than input there, whether or not a list says so of this offering."""
    return bool(_CHARGES_FOR_WRITES.match(offering))


def makes_only(offering: str) -> str | None:
    """The modality of all output of a model that makes nothing else: its output price is that modality's."""
    return next((modality for modality, ids in _MAKES_ONLY if ids.match(offering)), None)
