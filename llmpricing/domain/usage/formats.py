"""Usage as a caller sends it, in our own words or in a provider's, read so that nothing is billed twice."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from llmpricing.domain.meters import METERS
from llmpricing.domain.usage.anthropic import anthropic_reads, read_anthropic
from llmpricing.domain.usage.google import google_reads, read_google
from llmpricing.domain.usage.openai import openai_reads, read_openai
from llmpricing.domain.usage.quantities import Usage, UsageError, count, read_quantity

__all__ = ["Usage", "UsageError", "UsageFormat", "read_usage", "reads"]

UsageFormat = Literal["llmpricing", "openai", "anthropic", "google"]


def read_usage(raw: Mapping[str, Any], usage_format: UsageFormat = "llmpricing") -> Usage:
    """Usage from a mapping in our own words or in a provider's; raises UsageError naming the caller's field."""
    return _READERS[usage_format](raw)


def reads(usage_format: UsageFormat, field: str) -> bool:
    """Whether usage of this format may hold the field (a dotted path), and it says something of the price."""
    return _FIELDS[usage_format](field)


def _read_own(raw: Mapping[str, Any]) -> Usage:
    if not raw:
        raise UsageError("usage", "is empty: state at least one quantity, such as input_tokens")
    quantities = {}
    for field, value in raw.items():
        if field not in METERS:
            near = get_close_matches(field, METERS, 1)
            raise UsageError(field, f"is not a meter{f'; did you mean {near[0]}?' if near else ''}")
        quantities[field] = read_quantity(field, value, field)
    if quantities.get("requests") == 0:
        raise UsageError("requests", "must be at least 1")
    return count(quantities)


_READERS = {
    "llmpricing": _read_own,
    "openai": read_openai,
    "anthropic": read_anthropic,
    "google": read_google,
}
_FIELDS = {
    "llmpricing": METERS.__contains__,
    "openai": openai_reads,
    "anthropic": anthropic_reads,
    "google": google_reads,
}
