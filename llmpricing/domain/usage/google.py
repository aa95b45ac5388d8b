"""Usage as Google's Gemini interfaces report it (usageMetadata)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmpricing.domain.usage.quantities import Usage, UsageError, read_quantity
from llmpricing.domain.usage.reading import MODALITIES, UsageReading, refuse_counter

# https://ai.google.dev/api/generate-content#UsageMetadata: the prompt counts cached tokens, not those of tool use;
# thoughts come beside the candidates.
_GOOGLE = {
    "promptTokenCount": "input_tokens",
    "toolUsePromptTokenCount": "input_tool_tokens",
    "cachedContentTokenCount": "cache_read_tokens",
    "candidatesTokenCount": "output_tokens",
    "responseTokenCount": "output_tokens",  # Live
    "thoughtsTokenCount": "output_reasoning_tokens",
}
_GOOGLE_DETAILS = {
    "promptTokensDetails": "input_{}_tokens",
    "toolUsePromptTokensDetails": "input_{}_tool_tokens",
    "cacheTokensDetails": "cache_{}_read_tokens",
    "candidatesTokensDetails": "output_{}_tokens",
    "responseTokensDetails": "output_{}_tokens",
}
_GOOGLE_TIERS = {"ON_DEMAND_PRIORITY": "priority", "ON_DEMAND_FLEX": "flex"}


def google_reads(field: str) -> bool:
    """Whether the field, in camel or snake case, says something of the price."""
    name = _camel(field)
    return name in _GOOGLE or name in _GOOGLE_DETAILS or name in ("totalTokenCount", "trafficType")


def read_google(raw: Mapping[str, Any]) -> Usage:
    """Usage of a usageMetadata object, in camel or snake case, with its traffic type; raises UsageError."""
    reading = UsageReading()
    for name, value in raw.items():
        field = _camel(name)
        if meter := _GOOGLE.get(field):
            if value is not None:
                reading.take(name, value, meter)
        elif pattern := _GOOGLE_DETAILS.get(field):
            _take_modalities(reading, name, value, pattern)
        elif field != "totalTokenCount":
            refuse_counter(name, value)
    if "input_tokens" in reading.quantities:
        reading.add("input_tokens", reading.get("input_tool_tokens"))
    if "output_reasoning_tokens" in reading.quantities:
        reading.add("output_tokens", reading.get("output_reasoning_tokens"))
    if reading.get("cache_read_tokens") and "cache_text_read_tokens" not in reading.quantities:
        reading.drop("input_text_tokens")
    traffic = raw.get("trafficType", raw.get("traffic_type"))
    return reading.usage(_GOOGLE_TIERS.get(traffic) if isinstance(traffic, str) else None)


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda letter: letter[1].upper(), name)  # the Python library writes snake_case


def _take_modalities(reading: UsageReading, name: str, details: object, pattern: str) -> None:
    """Counts by modality; documents are pages seen as images and stay in their total."""
    if not isinstance(details, list | tuple):
        return
    for detail in details:
        if not isinstance(detail, Mapping):
            raise UsageError(name, "must be a list of objects with modality and tokenCount")
        modality = str(detail.get("modality", "")).lower()
        tokens = detail.get("tokenCount", detail.get("token_count")) or 0
        if modality in MODALITIES:
            meter = pattern.format(modality)
            reading.add(meter, read_quantity(f"{name}.{modality.upper()}", tokens, meter))
            reading.names[meter] = f"{name}.{modality.upper()}"
