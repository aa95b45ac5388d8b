"""Usage as programs write it down: OpenTelemetry's attributes and Codex's sessions. Caches lie inside the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmpricing.domain.usage.quantities import Usage, UsageError
from llmpricing.domain.usage.reading import REQUESTS, Format, UsageReading, fields, plain_path
from llmpricing.domain.usage.wording import Message, Parameter, Way

# https://opentelemetry.io/docs/specs/semconv/gen-ai: input counts cache reads and writes, output counts reasoning.
# Older names stand beside newer ones and count the same.
_PREFIX = "gen_ai.usage."
_OTEL = {
    "input_tokens": "input_tokens",
    "prompt_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "completion_tokens": "output_tokens",
    "cache_read.input_tokens": "cache_read_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cached_input_tokens": "cache_read_tokens",
    "cache_creation.input_tokens": "cache_write_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "reasoning.output_tokens": "output_reasoning_tokens",
    "reasoning_tokens": "output_reasoning_tokens",
    "reasoning_output_tokens": "output_reasoning_tokens",
}
_OTEL_SUMS = frozenset({"total_tokens"})


def _otel_path(field: str) -> str | None:
    """The name after ``gen_ai.usage.``, wherever the attributes stand; None for any other attribute."""
    before, found, name = plain_path(field).partition(_PREFIX)
    return name if found and before in ("", "attributes.") else None


def read_otel(raw: Mapping[str, Any]) -> Usage:
    """Usage of a span's gen_ai attributes; its other attributes are not about usage. Raises UsageError."""
    reading = UsageReading()
    for field, value in fields(raw):
        name = _otel_path(field)
        if meter := _OTEL.get(name or "") or REQUESTS.get(field):
            reading.take(field, value, meter)
        elif name is not None and name not in _OTEL_SUMS:
            reading.unknown(field, value)
    if reading.quantities.keys() <= {*REQUESTS.values()}:
        way = Way(": name another as ", Parameter("usage_format"))
        raise UsageError("usage", Message(f"has no attribute that begins with {_PREFIX}", way))
    return reading.usage()


OTEL = Format(
    "otel",
    "OpenTelemetry's gen_ai.usage attributes",
    read_otel,
    lambda field: _otel_path(field) in {*_OTEL, *_OTEL_SUMS} or field in REQUESTS,
    frozenset({_PREFIX + name for name in _OTEL}),
)

# Codex's token counts: https://github.com/openai/codex
_CODEX = {
    **REQUESTS,
    "input_tokens": "input_tokens",
    "cached_input_tokens": "cache_read_tokens",
    "cache_write_input_tokens": "cache_write_tokens",
    "output_tokens": "output_tokens",
    "reasoning_output_tokens": "output_reasoning_tokens",
}


def read_codex(raw: Mapping[str, Any]) -> Usage:
    """Usage of one token count of a Codex session; raises UsageError."""
    reading = UsageReading()
    for field, value in fields(raw):
        if meter := _CODEX.get(field):
            reading.take(field, value, meter)
        elif field != "total_tokens":
            reading.unknown(field, value)
    return reading.usage()


CODEX = Format(
    "codex",
    "Codex's token counts: cached_input_tokens inside input_tokens",
    read_codex,
    lambda field: field in _CODEX or field == "total_tokens",
    frozenset({"cached_input_tokens", "cache_write_input_tokens", "reasoning_output_tokens"}),
)
