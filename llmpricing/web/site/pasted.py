"""Usage objects as people paste them, and the month of requests like one as the list's workload."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from llmpricing.domain.money import to_text
from llmpricing.domain.usage.formats import PROVIDER_FORMATS, Usage, UsageError, UsageFormat, read_usage
from llmpricing.domain.usage.quantities import Quantity
from llmpricing.services.quotes.workloads import IMAGES, Workload
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.json_body import json_value
from llmpricing.web.quote_refusals import Place, bad_usage
from llmpricing.web.workloads import PRESETS

LONGEST_USAGE = 4000  # characters of a pasted object; an address holds it
AUTO = "auto"
FORMATS_OF_OBJECTS = (AUTO, *(one.name for one in PROVIDER_FORMATS))


def _pasted(name: str, raw: str) -> str:
    if len(raw) > LONGEST_USAGE:
        raise invalid(name, f"{name} takes at most {LONGEST_USAGE} characters.")
    return raw


PASTED: Mapping[str, p.Reader] = {
    "usage": p.Reader(_pasted, {"type": "string", "maxLength": LONGEST_USAGE}),
    "usage_format": p.one_of(*FORMATS_OF_OBJECTS),
}


def read_pasted(text: str, usage_format: UsageFormat) -> tuple[str | None, Usage]:
    """The model that a pasted answer names, if any, and the usage; raises UsageError."""
    try:
        found, twice = json_value(text.encode())
    except ValueError as error:
        raise UsageError("usage", f"{error}: paste the object between its braces") from None
    if twice is not None:
        raise UsageError(twice, "is stated twice: state it once")
    if not isinstance(found, dict):
        raise UsageError("usage", "takes an object: paste it with its braces")
    model = found.get("model")
    return model if isinstance(model, str) and model.isprintable() else None, read_usage(found, usage_format)


def month_of(usage: Usage, requests: int) -> dict[str, Any]:
    """The workload of a month of such requests, as addresses state it; nothing where no token is counted."""
    inputs, outputs = _tokens(usage)
    if not inputs + outputs:
        return {}
    return {"tokens": (inputs + outputs) * requests, "requests": requests, **_shares(usage)}


def workload_like(usage: Usage, requests: int, batch_share: Decimal) -> Workload | None:
    """The month of such requests, to the token; None where no token is counted."""
    inputs, outputs = _tokens(usage)
    if not (each := inputs + outputs):
        return None
    cached = Fraction(int(usage.stated.get("cache_read_tokens", 0)), inputs or 1)
    reasoning = Fraction(int(usage.stated.get("output_reasoning_tokens", 0)), outputs or 1)
    images = int(usage.stated.get(IMAGES, 0)) * requests
    return Workload(each * requests, requests, Fraction(inputs, each), cached, batch_share, reasoning, images)


def month_like(text: str, usage_format: UsageFormat, stated: Mapping[str, Any]) -> dict[str, Any]:
    """The workload whose requests are like the pasted one: so many as are ``stated``, else as make up the stated
    tokens. Raises the 400 that says what is wrong with the text.
    """
    try:
        _, usage = read_pasted(_pasted("usage", text), usage_format)
    except UsageError as error:
        raise bad_usage(error, Place(usage="usage.")) from None
    if not (each := sum(_tokens(usage))):
        raise invalid("usage", "usage counts no tokens: paste the usage of a request that was answered.")
    if "requests" in stated:
        return month_of(usage, stated["requests"])
    tokens = stated.get("tokens", PRESETS[stated.get("preset", "small")][0])
    return {"tokens": tokens, "requests": max(tokens // each, 1), **_shares(usage)}


def _tokens(usage: Usage) -> tuple[int, int]:
    return int(usage.stated.get("input_tokens", 0)), int(usage.stated.get("output_tokens", 0))


def _shares(usage: Usage) -> dict[str, str]:
    inputs, outputs = _tokens(usage)
    shares = {
        "input_share": (inputs, inputs + outputs),
        "cached_share": (usage.stated.get("cache_read_tokens", 0), inputs),
    }
    return {name: _share(part, whole) for name, (part, whole) in shares.items() if whole and part}


def _share(part: Quantity, whole: int) -> str:
    return to_text(min(round(Decimal(part) / whole, 4), Decimal(1)))
