"""LiteLLM's keys taken apart: which seller, which id the seller's API takes, which region, size or quality.

A key is the routing prefix of LiteLLM, then conditions (a region, an image's size), then the id. Bare keys belong to
their ``litellm_provider``. Cross-region ids of Bedrock (``us.anthropic.claude-...``) are ids of their own, as AWS and
genai-prices have them. Vertex, Azure AI Foundry and Bedrock Mantle sell beside Gemini, Azure OpenAI and Bedrock at
prices of their own: they stay providers of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from llmpricing.sources.reading.providers import canonical

_PREFIXES: Mapping[str, str] = MappingProxyType(
    {"amazon_nova": "amazon-nova", "azure_text": "azure", "bedrock_converse": "bedrock", "cohere_chat": "cohere"}
)
_CLOUD_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_AZURE_ZONES = frozenset({"apac", "eu", "global", "global-standard", "us", "us-gov"})
_CROSS_REGION = re.compile(r"(apac|au|eu|global|in|jp|us|us-gov)\.")
_SIZE = re.compile(r"(\d+)-x-(\d+)|max-x-max")
_QUALITIES = frozenset({"auto", "hd", "high", "low", "medium", "standard"})
_STEPS = re.compile(r"(\d+|max)-steps")
_COMMITMENT = re.compile(r"\d+-month-commitment")

# Some early maps leave the provider out. These ids were then sold bare by one seller only.
_BARE: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "ai21": re.compile(r"j2-"),
        "aleph_alpha": re.compile(r"luminous"),
        "anthropic": re.compile(r"claude-"),
        "bedrock": re.compile(r"(ai21|amazon|anthropic|cohere|meta|mistral|stability)\."),
        "cohere": re.compile(r"(command|embed|rerank)(-|$)"),
        "nlp_cloud": re.compile(r"(chat)?dolphin$"),
        "openai": re.compile(
            r"(ft:)?(gpt-|text-(embedding|davinci|curie|ada|babbage|moderation)|babbage-|davinci-|dall-e|tts-|whisper-)"
        ),
        "together_ai": re.compile(r"together-ai-"),
        "vertex_ai": re.compile(
            r"(chat-|code-|codechat-|text-)?(bison|gecko|unicorn)|gemini-|textembedding-|multimodalembedding"
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Name:
    """What a key names. ``region`` and ``extra`` are conditions of its prices; ``home`` is the region in the id."""

    provider: str
    api_id: str
    region: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    home: str | None = None

    @property
    def slug(self) -> str:
        return f"{self.provider}/{self.api_id}"

    @property
    def has_conditions(self) -> bool:
        return bool(self.region or self.extra)


def read_name(key: str, litellm_provider: str) -> Name:
    """The name behind a key of the map, with its ``litellm_provider``."""
    extra: dict[str, str] = {}
    parts = _without_image_parts(key.split("/"), extra)
    prefix = _PREFIXES.get(litellm_provider) or _family(litellm_provider)
    if len(parts) > 1 and parts[0] in (prefix, litellm_provider):
        parts = _without_image_parts(parts[1:], extra)
    provider = _provider(litellm_provider)
    region = ""
    if len(parts) > 1 and provider in ("aws", "bedrock-mantle") and _is_aws_region(parts[0]):
        region, parts = parts[0].replace("*", ""), parts[1:]
    elif len(parts) > 1 and provider == "azure" and parts[0] in _AZURE_ZONES:
        region, parts = parts[0], parts[1:]
    if len(parts) > 1 and provider == "aws" and _COMMITMENT.fullmatch(parts[0]):
        extra["commitment"], parts = parts[0].removesuffix("-commitment"), parts[1:]
    if len(parts) > 1 and provider == "aws" and parts[0] in ("invoke", "converse"):  # two ways to call one model
        parts = parts[1:]
    parts = _without_image_parts(parts, extra)
    api_id = "/".join(parts)
    home = _CROSS_REGION.match(api_id) if provider == "aws" else None
    return Name(provider, api_id, region, tuple(sorted(extra.items())), home[1] if home else None)


def provider_of(key: str) -> str | None:
    """The LiteLLM provider of an entry that does not name it: its routing prefix, or the one seller of a bare id."""
    parts = _without_image_parts(key.split("/"), {})
    if len(parts) > 1:
        return parts[0]
    return next((provider for provider, ids in _BARE.items() if ids.match(parts[0])), None)


def _family(litellm_provider: str) -> str:
    """``vertex_ai-llama_models`` is called by the prefix ``vertex_ai``."""
    return re.sub(r"-[a-z0-9-]+[_-]models$", "", litellm_provider)


def _provider(litellm_provider: str) -> str:
    """The price book's id of a seller, by the table that the resolver reads hints with."""
    found = canonical(litellm_provider)
    return found if found != litellm_provider else canonical(_family(litellm_provider)).replace("_", "-")


def _is_aws_region(part: str) -> bool:
    return part == "*" or _CLOUD_REGION.fullmatch(part) is not None


def _without_image_parts(parts: list[str], extra: dict[str, str]) -> list[str]:
    """The parts after leading words for an image's quality, size and steps, which go into ``extra``."""
    while len(parts) > 1:
        part = parts[0]
        size = _SIZE.fullmatch(part)
        if size:
            extra["size"] = f"{size[1]}x{size[2]}" if size[1] else "max"
        elif part in _QUALITIES:
            extra["quality"] = part
        elif _STEPS.fullmatch(part):
            extra["steps"] = part.removesuffix("-steps")
        else:
            break
        parts = parts[1:]
    return parts
