"""Spans as Jaeger and Zipkin give them: the attributes of OpenTelemetry lie in tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RecordReader, each, signs
from llmpricing.services.usage_log.formats.span_shapes import OTLP
from llmpricing.services.usage_log.formats.spans import CHARGE, span_record

_STATUS = "otel.status_code"  # as OpenTelemetry's exporters write it
_FAILED = "ERROR"


def _jaeger_spans(row: Row) -> Iterator[Row]:
    """The spans of a trace: https://www.jaegertracing.io/docs/latest/architecture/apis/"""
    processes = row.inner("processes")
    for span in row.rows("spans"):
        tags = {tag.text("key"): tag.value("value") for tag in span.rows("tags")}
        around = next((one.text("spanID") for one in span.rows("references") if one.text("spanID")), "")
        of_trace = {"traceId": span.text("traceID"), "spanId": span.text("spanID"), "parentSpanId": around}
        process = processes.inner(span.text("processID")) if span.text("processID") else processes
        found = {**of_trace, "startTime": span.value("startTime"), "service.name": process.text("serviceName")}
        yield Row({**found, **_with_status(tags)}, row.unread)


def _zipkin_spans(row: Row) -> Iterator[Row]:
    """One span: https://zipkin.io/zipkin-api/#/default/get_traces"""
    of_trace = {"traceId": row.text("traceId"), "spanId": row.text("id"), "parentSpanId": row.text("parentId")}
    service = row.inner("localEndpoint").text("serviceName")
    found = {**of_trace, "timestamp": row.value("timestamp"), "service.name": service}
    yield Row({**found, **_with_status(row.inner("tags").raw)}, row.unread)


def _with_status(tags: Mapping[str, Any]) -> Mapping[str, Any]:
    has_failed = tags.get(_STATUS) == _FAILED or str(tags.get("error", "")).lower() not in ("", "false")
    return {**tags, "status.code": _FAILED} if has_failed else tags


def _reader(spans: Callable[[Row], Iterable[Row]]) -> Callable[[Any], RecordReader]:
    return lambda _found: lambda row: each(spans(row), span_record, CHARGE)


def _links(spans: Callable[[Row], Iterable[Row]]) -> Callable[[Row], Iterator[tuple[str, str, str]]]:
    def found(row: Row) -> Iterator[tuple[str, str, str]]:
        for span in spans(row):
            yield span.text("traceId"), span.text("spanId"), span.text("parentSpanId")

    return found


def _has_tags(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("tags"), Mapping)


assert OTLP.nesting is not None  # noqa: S101 - spans lie within one another
SHAPES = (
    replace(
        OTLP,
        name="jaeger",
        title="traces of Jaeger (/api/traces, or the page's Download)",
        signs=signs("traceID spans processes"),
        reader=_reader(_jaeger_spans),
        nesting=replace(OTLP.nesting, fields=("references",), links=_links(_jaeger_spans)),
    ),
    replace(
        OTLP,
        name="zipkin",
        title="spans of Zipkin (/api/v2/traces)",
        signs=signs("traceId id tags localEndpoint", "traceId id tags timestamp"),
        is_like=_has_tags,
        reader=_reader(_zipkin_spans),
        nesting=replace(OTLP.nesting, fields=("parentId",), links=_links(_zipkin_spans)),
    ),
)
