"""Usage as Google's Gemini interfaces report it (usageMetadata)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.usage.openai import split_cached
from llmpricing.domain.usage.quantities import Told, Usage, UsageError, read_quantity
from llmpricing.domain.usage.reading import MODALITIES, REQUESTS, Format, UsageReading, fields, tier_of

# https://ai.google.dev/api/generate-content#UsageMetadata: the prompt counts cached tokens, not those of tool use;
# thoughts come beside the candidates.
_COUNTS = {
    **REQUESTS,
    "promptTokenCount": "input_tokens",
    "toolUsePromptTokenCount": "input_tool_tokens",
    "cachedContentTokenCount": "cache_read_tokens",
    "candidatesTokenCount": "output_tokens",
    "responseTokenCount": "output_tokens",  # Live
    "thoughtsTokenCount": "output_reasoning_tokens",
    "webSearchQueries": "web_searches",  # not of usageMetadata: counted in the answer around it
}
_DETAILS = {
    "promptTokensDetails": "input_{}_tokens",
    "toolUsePromptTokensDetails": "input_{}_tool_tokens",
    "cacheTokensDetails": "cache_{}_read_tokens",
    "candidatesTokensDetails": "output_{}_tokens",
    "responseTokensDetails": "output_{}_tokens",
}
_TEXTS = frozenset({"totalTokenCount", "trafficType", "serviceTier"})
# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/TrafficType
_TIERS = {"ON_DEMAND": STANDARD, "ON_DEMAND_PRIORITY": "priority", "ON_DEMAND_FLEX": "flex"}
_PROVISIONED = "PROVISIONED_THROUGHPUT"
_UNTOLD = frozenset({"", "TRAFFIC_TYPE_UNSPECIFIED"})
_IN_TOTALS = frozenset({"document", "modality_unspecified", ""})  # documents are pages seen as images


def google_reads(field: str) -> bool:
    """Whether the field, in camel or snake case, says something of the price."""
    name = _camel(field)
    return name in _COUNTS or name in _DETAILS or name in _TEXTS


def read_google(raw: Mapping[str, Any]) -> Usage:
    """Usage of a usageMetadata object, in camel or snake case, with its traffic type; raises UsageError."""
    reading = UsageReading()
    for name, value in raw.items():
        field = _camel(name)
        if meter := _COUNTS.get(field):
            if value is not None:
                reading.take(name, value, meter)
        elif pattern := _DETAILS.get(field):
            _take_modalities(reading, name, value, pattern)
        elif field not in _TEXTS:
            for path, found in fields({name: value}):
                reading.unknown(path, found)
    _add_what_lies_beside(reading)
    split_cached(reading)
    traffic = raw.get("trafficType", raw.get("traffic_type"))
    tier = None
    if isinstance(traffic, str):
        try:
            tier, _ = tier_of_traffic(traffic)
        except UsageError:
            reading.remark("trafficType", f"is {traffic[:40]}, which is not known; it")
    stated = tier_of(raw.get("serviceTier", raw.get("service_tier")))
    told = Told(by_subscription=True) if traffic == _PROVISIONED else None
    tier = None if tier == STANDARD else tier  # which a quote takes where none is named
    return reading.usage(tier or (stated.lower() if stated else None), None, told)


def tier_of_traffic(traffic: str) -> tuple[str | None, bool]:
    """The tier that a traffic type names, None where it names none, and whether it was paid for in advance; raises
    UsageError where it is not known.
    """
    if traffic not in _UNTOLD and traffic not in _TIERS and traffic != _PROVISIONED:
        raise UsageError("trafficType", f"is {traffic[:40]}, of which it is not known how it is billed")
    return _TIERS.get(traffic), traffic == _PROVISIONED


def _add_what_lies_beside(reading: UsageReading) -> None:
    """Tool use joins the input, of its modalities too where those of the prompt are told; thoughts join the output."""
    if "input_tokens" in reading.quantities or reading.get("input_tool_tokens"):
        reading.add("input_tokens", reading.get("input_tool_tokens"))
    for modality in MODALITIES:
        meter, tool = f"input_{modality}_tokens", reading.get(f"input_{modality}_tool_tokens")
        if tool and any(f"input_{one}_tokens" in reading.quantities for one in MODALITIES):
            reading.add(meter, tool)
    if "output_reasoning_tokens" in reading.quantities:
        reading.add("output_tokens", reading.get("output_reasoning_tokens"))


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda letter: letter[1].upper(), name)  # the Python library writes snake_case


def _take_modalities(reading: UsageReading, name: str, details: object, pattern: str) -> None:
    """Counts by modality; documents stay in their total."""
    if not isinstance(details, list | tuple):
        return
    for detail in details:
        if not isinstance(detail, Mapping):
            raise UsageError(name, "must be a list of objects with modality and tokenCount")
        modality = str(detail.get("modality") or "").lower()
        tokens = detail.get("tokenCount", detail.get("token_count")) or 0
        if modality in MODALITIES:
            meter = pattern.format(modality)
            reading.add(meter, read_quantity(f"{name}.{modality.upper()}", tokens, meter))
            reading.names[meter] = f"{name}.{modality.upper()}"
        elif modality not in _IN_TOTALS:
            reading.unknown(f"{name}.{modality[:40]}_tokens", tokens)


GOOGLE = Format(
    "google",
    "Google's usageMetadata: thoughts and tool use beside the counts",
    read_google,
    google_reads,
    frozenset({*_COUNTS, *_DETAILS} - {*REQUESTS}),
)
