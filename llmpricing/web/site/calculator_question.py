"""What the address of the calculator asks: a model, its usage by hand or as a provider told it, when and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.domain.quotes.context import Context, context
from llmpricing.domain.usage.formats import PROVIDER_FORMATS, Usage, UsageError, UsageFormat, read_usage
from llmpricing.domain.usage.quantities import Quantity
from llmpricing.services.clocks import Clocks
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.json_body import json_value
from llmpricing.web.quote_refusals import Place, bad_usage
from llmpricing.web.site.workload import count

LONGEST_USAGE = 4000  # characters of a pasted object; an address holds it
MOST_REQUESTS = 10**9
COUNTED = (  # what is stated by hand
    ("input_tokens", "Input tokens", "12K, cached ones included"),
    ("cache_read_tokens", "of them from a cache", "0"),
    ("cache_write_tokens", "of them written to it", "0"),
    ("output_tokens", "Output tokens", "800"),
)
AUTO = "auto"
FORMATS_OF_OBJECTS = (AUTO, *(one.name for one in PROVIDER_FORMATS))
_BY_HAND = tuple(name for name, _, _ in COUNTED)


def _pasted(name: str, raw: str) -> str:
    if len(raw) > LONGEST_USAGE:
        raise invalid(name, f"{name} takes at most {LONGEST_USAGE} characters.")
    return raw


_READERS: Mapping[str, p.Reader] = {
    "model": p.text,
    "usage_format": p.one_of(*FORMATS_OF_OBJECTS),
    "usage": p.Reader(_pasted, {"type": "string", "maxLength": LONGEST_USAGE}),
    **{name: count(0, 10**12) for name in _BY_HAND},
    "requests": count(1, MOST_REQUESTS),
    "service_tier": p.text,
    "region": p.text,
    "as_of": p.use,
    "known_at": p.time,
}
_CLOCKS = ("as_of", "known_at")


@dataclass(frozen=True, slots=True)
class CalculatorQuestion:
    """The question, read and checked; ``usage`` is that of one request, ``kept`` the parameters but for the clocks."""

    model: str | None
    usage: Usage | None
    context: Context
    clocks: Clocks
    requests: int
    kept: list[tuple[str, str]]

    def as_workload(self) -> str:
        """The query by which the list of models shows what the month costs at each of them."""
        stated = self.usage.stated if self.usage else {}
        inputs, outputs = (int(stated.get(name, 0)) for name in ("input_tokens", "output_tokens"))
        if not (tokens := (inputs + outputs) * self.requests):
            return ""
        shares = {
            "input_share": (inputs, inputs + outputs),
            "cached_share": (stated.get("cache_read_tokens", 0), inputs),
        }
        asked = {name: _share(part, whole) for name, (part, whole) in shares.items() if whole and part}
        return urlencode({"tokens": tokens, "requests": self.requests, **asked, "sort": "month"})


def _share(part: Quantity, whole: int) -> str:
    return str(min(round(Decimal(part) / whole, 4), Decimal(1)))


def read_calculator_question(request: Request) -> CalculatorQuestion:
    """The question of this address; raises the 400 that names the offending field."""
    values = p.read_parameters(request, _READERS)
    at, is_exact = values.get("as_of", (request.period.start, True))
    name, usage = _usage(values)
    return CalculatorQuestion(
        values.get("model", name),
        usage,
        context(values.get("service_tier"), values.get("region"), time_known=is_exact),
        request.book.clocks(at, values.get("known_at")),
        values.get("requests", 1),
        [pair for pair in request.GET.items() if pair[0] not in _CLOCKS and pair[1].strip()],
    )


def _usage(values: Mapping[str, Any]) -> tuple[str | None, Usage | None]:
    """The model that a pasted answer names, if any, and the usage."""
    by_hand = {name: values[name] for name in _BY_HAND if name in values}
    try:
        if "usage" not in values:
            return None, read_usage(by_hand) if by_hand else None
        if by_hand:
            raise UsageError("usage", "stands beside numbers by hand: give one of both")
        return _read(values["usage"], values.get("usage_format", AUTO))
    except UsageError as error:
        raise bad_usage(error, Place(usage="usage.")) from None


def _read(text: str, usage_format: UsageFormat) -> tuple[str | None, Usage]:
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
