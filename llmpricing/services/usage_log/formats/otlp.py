"""OpenTelemetry's spans, events and metrics in one file, as a Collector that writes all it gets makes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from llmpricing.services.usage_log.formats import agent_events
from llmpricing.services.usage_log.formats.agent_events import CHARGE, event_record, events_of
from llmpricing.services.usage_log.formats.file_remarks import overlapping
from llmpricing.services.usage_log.formats.lacking import telling_lacks
from llmpricing.services.usage_log.formats.record import (
    RETOLD,
    OutcomeKind,
    UsageRecord,
    not_billed,
    unpriced,
)
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RECORD_ID, RecordReader, Shape, each, signs
from llmpricing.services.usage_log.formats.span_fields import attributes_of, flat, hex_id
from llmpricing.services.usage_log.formats.span_names import SPAN_ID, TRACE
from llmpricing.services.usage_log.formats.span_shapes import OTLP, spans_of
from llmpricing.services.usage_log.formats.spans import CHARGE as OF_SPANS
from llmpricing.services.usage_log.formats.spans import span_record
from llmpricing.services.usage_log.formats.told_usage import labels
from llmpricing.services.usage_log.formats.unread import Unread

_IDS = ("request_id", "gen_ai.response.id")  # of a request, in its span and in its event
_OF_USAGE = re.compile(r"token|cost", re.IGNORECASE)
_SERVICE = "service.name"
_SUMMED = not_billed("a metric, whose sums its events or spans tell")
_ALONE = unpriced("a metric, whose sums tell no requests: export the events or spans of its service too")


class _SignalsTold(NamedTuple):
    """What a file's spans and events tell, by 64 bits each: ``spans`` that call a model, ``calls`` of an id or a span
    with what they count; and of which ``services`` any calls are told.
    """

    spans: set[int]
    calls: set[int]
    services: set[str]


def _looked_through(rows: Iterable[Mapping[str, Any]]) -> _SignalsTold:
    told = _SignalsTold(set(), set(), set())
    for fields in rows:
        row = Row(fields, Unread())
        service = _service_of(row)
        for span in spans_of(row):
            for record in each([span], span_record):
                if record.usage is not None and record.outcome.kind is OutcomeKind.BILLED:
                    found = flat(span.raw)
                    told.spans.add(_span_number(found))
                    told.calls.update(_calls(found, record))
                    told.services.add(service)
        if service not in told.services and any(one.usage for one in each(events_of(row), event_record)):
            told.services.add(service)
    return told


def _reader(told: _SignalsTold | None) -> RecordReader:
    def events(row: Row) -> Iterator[UsageRecord]:
        for event in events_of(row):
            for record in each([event], event_record, CHARGE):
                yield _told_once(event.raw, record, told) if told else record

    def spans(row: Row) -> Iterator[UsageRecord]:
        yield from each(spans_of(row), partial(span_record, label=labels(service=_service_of(row))), OF_SPANS)

    of_spans, of_events = telling_lacks(_OF_SPANS, spans), telling_lacks(_OF_EVENTS, events)

    def read(row: Row) -> Iterator[UsageRecord]:
        yield from of_spans(row)
        yield from of_events(row)
        service = _service_of(row)
        for metric in _metrics_of(row):
            outcome = _SUMMED if told is None or service in told.services else _ALONE
            yield UsageRecord(labels=labels(service=service, metric=metric.text("name")), outcome=outcome)

    return read


def _told_once(event: Mapping[str, Any], record: UsageRecord, told: _SignalsTold) -> UsageRecord:
    """The record of an event: repeated where a span tells the same call with the same counts, or the call that it
    names and does not count; else it says that spans may tell of the same.
    """
    is_known = _span_number(event) in told.spans if record.usage is None else told.calls & {*_calls(event, record)}
    if is_known and record.outcome.kind in (OutcomeKind.BILLED, OutcomeKind.UNPRICED):
        return replace(record, outcome=RETOLD)
    return overlapping("spans", "events", record) if told.spans else record


def _calls(found: Mapping[str, Any], record: UsageRecord) -> Iterator[int]:
    stated = record.usage.stated if record.usage else {}
    counts = (int(stated.get("input_tokens", 0)), int(stated.get("output_tokens", 0)))
    names = [str(found[name]) for name in _IDS if found.get(name)]
    for name in (*names, *filter(None, [_span_number(found)])):
        yield hash((name, counts))


def _span_number(found: Mapping[str, Any]) -> int:
    """The 64 bits of the span that a span or an event is of; 0 where it tells none."""
    row = Row(found, Unread())
    trace, span = hex_id(row.text(*TRACE)), hex_id(row.text(*SPAN_ID))
    return hash((trace, span)) if trace and span else 0


def _service_of(row: Row) -> str:
    return str(attributes_of(row.inner("resource").value("attributes")).get(_SERVICE, ""))


def _metrics_of(row: Row) -> Iterator[Row]:
    """The metrics of one resource that are of usage."""
    for scope in row.rows("scopeMetrics"):
        yield from (one for one in scope.rows("metrics") if _OF_USAGE.search(one.text("name")))


def holds_requests(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any of these rows holds spans or events: metrics alone tell no requests."""
    return any(not _REQUESTS.isdisjoint(row) for row in rows)


def _of_its_own(shape: Shape) -> Shape:
    """The shape with what else it always tells than the combined one."""
    return replace(shape, always={name: fields for name, fields in shape.always.items() if name not in _OF_BOTH})


_OF_BOTH = (RECORD_ID, "input_tokens", "output_tokens")
_EVENTS = agent_events.SHAPES[0]
_OF_SPANS, _OF_EVENTS = _of_its_own(OTLP), _of_its_own(_EVENTS)
_REQUESTS = frozenset({"scopeSpans", "instrumentationLibrarySpans", "scopeLogs", "instrumentationLibraryLogs"})
SHAPES = (
    replace(
        OTLP,
        name="otlp",
        title="OpenTelemetry's spans, events and metrics in one file as OTLP JSON",
        counts="one span that called a model, and one event that no span tells",
        signs=(*OTLP.signs, *_EVENTS.signs, *signs("resource scopeMetrics", "scopeMetrics")),
        scan=_looked_through,
        scans_all=True,
        reader=_reader,
        always={name: (*OTLP.always[name], *_EVENTS.always[name]) for name in _OF_BOTH},
        sometimes={meter: (*fields, *_EVENTS.always[meter]) for meter, fields in OTLP.sometimes.items()},
        of=_EVENTS.of,
        ids_within=True,
    ),
)
