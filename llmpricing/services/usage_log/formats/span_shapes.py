"""Which shapes spans come in, and how they lie within one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import (
    CACHE_READ,
    CACHE_WRITE,
    RECORD_ID,
    TELEMETRY,
    Nesting,
    RecordReader,
    Shape,
    Varying,
    by_row,
    each,
    signs,
)
from llmpricing.services.usage_log.formats.span_fields import attributes_of, flat, hex_id
from llmpricing.services.usage_log.formats.span_names import (
    AI_SDK,
    AI_SDK_NAMES,
    CALLS,
    CLAUDE_CODE,
    COST,
    OPENINFERENCE,
    OTEL,
    PARENT,
    SESSION,
    SPAN_ID,
    STARTED,
    TRACE,
)
from llmpricing.services.usage_log.formats.spans import CHARGE, span_record
from llmpricing.services.usage_log.formats.told_usage import labels

_VARYING = Varying(
    STARTED, COST, labels={"trace": TRACE, "parent": PARENT, "session": SESSION}, id_parts=(TRACE, SPAN_ID)
)


def _resource(row: Row) -> Iterator[UsageRecord]:
    """The spans of one resource, as OTLP's JSON nests them."""
    named = attributes_of(row.inner("resource").value("attributes"))
    label = labels(service=named.get("service.name", ""))
    yield from each(spans_of(row), partial(span_record, label=label), CHARGE)


def spans_of(row: Row) -> Iterator[Row]:
    """The spans of one resource."""
    for scope in row.rows("scopeSpans", "instrumentationLibrarySpans"):
        yield from scope.rows("spans")


def _resources(_found: object) -> RecordReader:
    return _resource


def _span_of(record_id: str) -> tuple[str, str]:
    trace, _, rest = record_id.partition(":")
    return trace, rest.partition(":")[0]


def _links(row: Row) -> Iterator[tuple[str, str, str]]:
    """The span of a row and the one around it."""
    row = row.flattened(flat)
    yield hex_id(row.text(*TRACE)), hex_id(row.text(*SPAN_ID)), hex_id(row.text(*PARENT))


def _scoped_links(row: Row) -> Iterator[tuple[str, str, str]]:
    for span in spans_of(row):
        yield from _links(span)


_NESTING = Nesting(_span_of, PARENT, _links)
_IDS = "gen_ai.operation.name"
# Which spans sum up others: without it an agent's sum is billed beside what it sums up.
_KIND = "name of the operation"
_OF_CLAUDE_CODE = (
    "llm_request.context"  # its spans have counts of names that others end with: their reader asks for them
)
_KINDS = (
    *("gen_ai.operation.name", "llm.request.type", "openinference.span.kind", "ai.operationId"),
    _OF_CLAUDE_CODE,
)
_SUMS = ("input_tokens", "output_tokens")
_AI_SDK_ALWAYS = {meter: AI_SDK_NAMES[meter] for meter in _SUMS}
# A file of spans may hold those of several families.
_ALWAYS = {meter: (*_AI_SDK_ALWAYS[meter], CALLS + OPENINFERENCE[meter], _OF_CLAUDE_CODE) for meter in _SUMS}
_SOMETIMES = {
    meter: (*OTEL[meter], OPENINFERENCE[meter], *AI_SDK[meter], CLAUDE_CODE[meter])
    for meter in (CACHE_READ, CACHE_WRITE)
}
OTLP = Shape(
    "otlp-json",
    "OpenTelemetry spans as OTLP JSON",
    "one span, by the family of its attributes",
    signs("resource scopeSpans", "scopeSpans", "resource instrumentationLibrarySpans"),
    _resources,
    always={**_ALWAYS, _KIND: _KINDS, RECORD_ID: ()},
    sometimes=_SOMETIMES,
    leaves_out=True,
    nesting=replace(_NESTING, links=_scoped_links),
    grows=True,
    of=(TELEMETRY,),
)
SHAPES = (
    OTLP,
    Shape(
        "vercel-ai-sdk",
        "spans of Vercel's AI SDK",
        "one call of a provider (doGenerate, doStream, doEmbed), cached inside inputTokens",
        signs("ai.operationId ai.model.id", "ai.operationId"),
        by_row(span_record, CHARGE),
        varying=_VARYING,
        always={**_AI_SDK_ALWAYS, RECORD_ID: ()},
        sometimes=_SOMETIMES,
        leaves_out=True,
        nesting=_NESTING,
        grows=True,
        of=(TELEMETRY,),
    ),
    Shape(
        "openinference",
        "spans by OpenInference (Phoenix, Arize)",
        "one LLM or EMBEDDING span, caches and audio inside the prompt",
        signs("openinference.span.kind", "openinference.span.kind llm.token_count.prompt"),
        by_row(span_record, CHARGE),
        varying=_VARYING,
        always={**_ALWAYS, RECORD_ID: ()},
        sometimes=_SOMETIMES,
        leaves_out=True,
        nesting=_NESTING,
        grows=True,
        of=(TELEMETRY,),
    ),
    Shape(
        "otel-spans",
        "OpenTelemetry spans, one object each",
        "one call, caches inside input_tokens",
        signs(
            "gen_ai.request.model gen_ai.usage.input_tokens",
            "gen_ai.request.model gen_ai.usage.prompt_tokens",
            "gen_ai.response.model gen_ai.usage.input_tokens",
            "gen_ai.request.model",
            _IDS,
        ),
        by_row(span_record, CHARGE),
        varying=_VARYING,
        always={**_ALWAYS, _KIND: _KINDS, RECORD_ID: ()},
        sometimes=_SOMETIMES,
        leaves_out=True,
        nesting=_NESTING,
        grows=True,
        of=(TELEMETRY,),
    ),
)
