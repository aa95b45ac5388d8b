"""Usage as a caller sends it, in our own words or in a provider's, read so that nothing is billed twice."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from llmpricing.domain.meters import METERS
from llmpricing.domain.usage.answers import usage_object
from llmpricing.domain.usage.anthropic import ANTHROPIC
from llmpricing.domain.usage.clouds import BEDROCK, COHERE
from llmpricing.domain.usage.google import GOOGLE
from llmpricing.domain.usage.litellm import LITELLM
from llmpricing.domain.usage.openai import OPENAI
from llmpricing.domain.usage.openai_kin import DEEPSEEK, MISTRAL, PERPLEXITY, XAI
from llmpricing.domain.usage.quantities import LARGEST, Usage, UsageError, count, read_quantity
from llmpricing.domain.usage.reading import Format
from llmpricing.domain.usage.recognition import recognised, understands
from llmpricing.domain.usage.traces import CODEX, OTEL
from llmpricing.domain.usage.wording import Message, Parameter, Way

__all__ = ["FORMATS", "PROVIDER_FORMATS", "Usage", "UsageError", "UsageFormat", "read_usage", "reads"]

UsageFormat = Literal[
    "llmpricing",
    "openai",
    "anthropic",
    "google",
    "bedrock",
    "mistral",
    "deepseek",
    "xai",
    "cohere",
    "perplexity",
    "litellm",
    "otel",
    "codex",
    "auto",
]


def read_usage(raw: Mapping[str, Any], usage_format: UsageFormat = "llmpricing") -> Usage:
    """Usage from a mapping in our own words or in a provider's; raises UsageError naming the caller's field.

    In a provider's words a whole answer may stand for the usage inside it.
    """
    if usage_format == "llmpricing":
        return _read_own(raw)
    found = usage_object(raw)
    usage = FORMATS[usage_format].read(found)
    if usage.told and usage.told.remarks and usage_format != "auto":
        _refuse_for_another(found, usage_format, usage.told.remarks[0].field)
    return usage


def _refuse_for_another(raw: Mapping[str, Any], usage_format: str, field: str) -> None:
    """Raise UsageError where another format understands the whole object of which this one leaves ``field`` unread."""
    if knowing := [one.name for one in PROVIDER_FORMATS if understands(one, raw)]:
        way = Way(f": name {' or '.join(knowing)} as ", Parameter("usage_format"), ", or auto")
        raise UsageError(field, Message(f"is not of the usage format {usage_format}", way))


def reads(usage_format: UsageFormat, field: str) -> bool:
    """Whether usage of this format may hold the field (a dotted path), and it says something of the price."""
    return FORMATS[usage_format].reads(field)


def _read_own(raw: Mapping[str, Any]) -> Usage:
    if not raw:
        raise UsageError("usage", "is empty: state at least one quantity, such as input_tokens")
    quantities = {}
    for field, value in raw.items():
        if field not in METERS:
            near = get_close_matches(field, METERS, 1)
            raise UsageError(field, f"is not a meter{f'; did you mean {near[0]}?' if near else ''}")
        is_plain = type(value) is int and 0 <= value <= LARGEST  # nearly always, a thousand times a batch
        quantities[field] = value if is_plain else read_quantity(field, value, field)
    if quantities.get("requests") == 0:
        raise UsageError("requests", "must be at least 1")
    return count(quantities)


_OWN = Format("llmpricing", "our own meters", _read_own, METERS.__contains__)
PROVIDER_FORMATS: tuple[Format, ...] = (
    OPENAI,
    ANTHROPIC,
    GOOGLE,
    BEDROCK,
    MISTRAL,
    DEEPSEEK,
    XAI,
    COHERE,
    PERPLEXITY,
    LITELLM,
    OTEL,
    CODEX,
)


def _read_auto(raw: Mapping[str, Any]) -> Usage:
    return recognised(raw, (*PROVIDER_FORMATS, _OWN))


_AUTO = Format(
    "auto",
    "whichever of these has the object's keys",
    _read_auto,
    lambda field: any(one.reads(field) for one in (*PROVIDER_FORMATS, _OWN)),
)
FORMATS: Mapping[str, Format] = {one.name: one for one in (_OWN, *PROVIDER_FORMATS, _AUTO)}
