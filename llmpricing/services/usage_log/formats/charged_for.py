"""Which meter a line of an invoice is about, by its words, whether or not it states how much."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from llmpricing.domain.meters import METERS

# Fees of tools, which stand in lines of their own: words that all occur in such a line, and what it counts.
_FEES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"web", "search"}), "web_searches"),
    (frozenset({"file", "search"}), "storage_searches"),
    (frozenset({"maps", "grounding"}), "maps_groundings"),
    (frozenset({"code", "execution"}), "code_executions"),
    (frozenset({"code", "interpreter"}), "code_sessions"),
    (frozenset({"session", "usage"}), "session_hours"),
)
_KEPT = frozenset({"storage", "stored", "gb", "gib"})  # what is kept by the day is no call of a tool
# Not before a noun, which it would be a tax of no kind with: a "tax research assistant" is a name.
_NO_NOUN = (
    r"(?!\s+(?!(?:for|on|of|at|in|amount|charges?|collected|due|rate|line|item|credit|refund|adjustment)\b)[a-z])"
)
# What invoices ask for beside usage, by the words of the line or of its kind.
_BESIDE_USAGE = (
    ("tax", re.compile(rf"\b(tax{_NO_NOUN}|vat|gst|tva|iva|mwst|mehrwertsteuer|umsatzsteuer|ust)\b", re.I)),
    ("credit", re.compile(r"credit(?!\W*card)|refund|discount|promotion|rebate|adjustment|gutschrift", re.I)),
    ("commitment", re.compile(r"commitment|savings|reserv|fee|surcharge|purchase|provisioned", re.I)),
)
_WORD = re.compile(r"[a-z]+")
# https://platform.claude.com/docs/en/api/admin/cost_report/retrieve, and the words of the console's export.
ANTHROPIC_TOKENS: Mapping[str, str] = {
    "uncached_input_tokens": "input_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m_tokens",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h_tokens",
    "output_tokens": "output_tokens",
    "input_no_cache": "input_tokens",
    "input_cache_read": "cache_read_tokens",
    "input_cache_write_5m": "cache_write_5m_tokens",
    "input_cache_write_1h": "cache_write_1h_tokens",
    "output": "output_tokens",
}

_OPENAI_KINDS: Mapping[str, str] = {
    "input": "input_tokens",
    "cached input": "cache_read_tokens",
    "output": "output_tokens",
    "cache write": "cache_write_tokens",
    "cache writes": "cache_write_tokens",
    "audio input": "input_audio_tokens",
    "cached audio input": "cache_audio_read_tokens",
    "audio output": "output_audio_tokens",
    "image input": "input_image_tokens",
    "cached image input": "cache_image_read_tokens",
    "image output": "output_image_tokens",
}
_OPENAI_TIERS = frozenset({"batch", "flex", "priority"})
_OF_USAGE = re.compile(r"input|output|cache|token")  # a kind that is not known yet is one of the model's all the same


def fee_of(text: str) -> str:
    """The meter of a fee for tools, such as "Web Search Usage" or "file search tool calls"; empty for other lines."""
    words = frozenset(_WORD.findall(text.lower()))
    if words & _KEPT:
        return ""
    return next((meter for needed, meter in _FEES if needed <= words), "")


def beside_usage(text: str) -> str:
    """What a line is for that is no usage: "tax", "credit" or "commitment"; empty where its words tell none of them."""
    return next((name for name, pattern in _BESIDE_USAGE if pattern.search(text)), "")


def is_fee(meter: str) -> bool:
    """Whether a meter is of tools, which invoices charge whoever called them."""
    return bool(meter) and METERS[meter].family in ("tool_calls", "sessions")


class CostLine(NamedTuple):
    """What a line of costs is about: a model with, where it is known, the kind of its usage and the tier, or the line
    itself where it is no usage of one, such as "gpt-4.1, training".
    """

    model: str
    meter: str | None
    tier: str | None


def openai_line(text: str) -> CostLine:
    """What a line of OpenAI's costs is about, such as "gpt-4.1, cached input" and "gpt-5, output, batch"."""
    model, *words = [word.strip() for word in text.split(",")]
    kinds = [word.lower() for word in words if word.lower() not in _OPENAI_TIERS]
    tiers = [word.lower() for word in words if word.lower() in _OPENAI_TIERS]
    is_usage = len(kinds) == 1 and len(tiers) <= 1 and _OF_USAGE.search(kinds[0])
    if not is_usage:
        return CostLine(text, None, None)
    return CostLine(model, _OPENAI_KINDS.get(kinds[0]), tiers[0] if tiers else None)
