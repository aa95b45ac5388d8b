"""What multiplies all token prices of a LiteLLM entry: fast mode and data residency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.meters import METERS
from llmpricing.domain.money import multiply
from llmpricing.sources.reading.fields import as_factor
from llmpricing.sources.reading.timelines import ListRates

_UPLIFTS = {
    "regional_processing_uplift_multiplier_us": "us",
    "regional_processing_uplift_multiplier_eu": "eu",
    "regional_endpoint_uplift_multiplier": "regional",
}


def multiply_tokens(found: ListRates, entry: Mapping[str, Any], unknown: Counter[str]) -> None:
    """Add to ``found`` the prices in fast mode and in each region, also those of fast mode in a region; multipliers
    that are not known are counted. Raises EntryError.
    """
    specific = entry.get("provider_specific_entry")
    specific = specific if isinstance(specific, dict) else {}
    if "fast" in specific:
        _scale(found, as_factor(specific["fast"], "fast"), service_tier="fast")
    regions = {_UPLIFTS[key]: entry[key] for key in _UPLIFTS if entry.get(key) is not None}
    if "us" in specific:
        regions["us"] = specific["us"]
    for region, factor in regions.items():
        _scale(found, as_factor(factor, "multiplier"), region=region)
    for key, value in specific.items():
        if key not in ("us", "fast") and not isinstance(value, str | dict):
            unknown[f"provider_specific_entry.{key}"] += 1


def _scale(found: ListRates, factor: Decimal, service_tier: str | None = None, region: str = "") -> None:
    for (meter, when), rate in list(found.items()):
        applies = when.service_tier == STANDARD if service_tier else not when.region
        if not applies or rate.amount is None or METERS[meter].family != "tokens":
            continue
        own = replace(when, service_tier=service_tier or when.service_tier, region=region or when.region)
        scaled = replace(rate, amount=multiply(rate.amount, factor), raw=f"{rate.raw} * {factor}")
        found.setdefault((meter, own), scaled)
