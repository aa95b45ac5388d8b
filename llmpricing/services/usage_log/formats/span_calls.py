"""Calls of models within traces as numbers: which span each is, what it lies in, and what it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from llmpricing.domain.quotes.context import Context
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.record import BILLED, Outcome, UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordColumns
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import Nesting
from llmpricing.services.usage_log.formats.unread import Unread

AROUND = "parent"  # the label that names the span around a record's own
TRACE = "trace"
_TAKEN, _MADE = "input_tokens", "output_tokens"
_WITHIN_THE_OUTPUT = "output_reasoning_tokens"  # priced as what it lies in, and told by some instruments only


class SpanCall(NamedTuple):
    """A call as 64 bits each: its span with what it counts, the span around it with the same, what else decides its
    price, both spans alone (0: none around), its counts, its trace with these and alone (0: none is told), the sum of
    all that it counts, and its id.
    """

    own: int
    around_same: int
    facts: int
    span: int
    around: int
    taken: int
    made: int
    of_trace: int
    trace: int
    weight: int
    record: int


def span_number(trace: str, own: str) -> int:
    """The 64 bits of a span."""
    return hash((trace, own))


def links_of(nesting: Nesting, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """All spans of a file's rows, calls or not, each with the one around it."""
    for fields in rows:
        try:
            links = list(nesting.links(Row(fields, Unread())))
        except UsageError:
            continue  # told of where its row is read as a record
        for trace, own, around in links:
            if own and around:
                yield span_number(trace, own), span_number(trace, around)


def trace_number(trace: str | None) -> int:
    """The 64 bits of a trace; 0 where none is told."""
    return hash(trace) if trace else 0


def calls_of(columns: RecordColumns, nesting: Nesting, outcome: Outcome = BILLED) -> Iterator[tuple[int, SpanCall]]:
    """The calls of columns that are billed, each with its row, or what they count that have another ``outcome``."""
    is_call = [head.record.outcome == outcome and head.record.usage is not None for head in columns.heads]
    texts = [(head.record.model, head.record.provider, head.record.context) for head in columns.heads]
    counts = {name: cells.tolist() for name, cells in columns.counts.items()}
    meters = [head.meters for head in columns.heads]
    around, traces, repeated = columns.labels.get(AROUND), columns.labels.get(TRACE), columns.repeated.tolist()
    for row, head in enumerate(columns.which.tolist()):
        name = columns.ids[row]
        if name is None or repeated[row] or not is_call[head]:
            continue
        stated = ((meter, counts[meter][row]) for meter in meters[head])
        places = around[row] if around else None, traces[row] if traces else None
        yield row, _call(name, nesting, places, stated, texts[head])


def call_of(record: UsageRecord, nesting: Nesting, outcome: Outcome = BILLED) -> SpanCall | None:
    """The call that a record is; None where it is none, or names no span. So of what has another ``outcome``."""
    if record.record_id is None or record.usage is None or record.outcome != outcome:
        return None
    stated = ((meter, int(number)) for meter, number in record.usage.stated.items())
    facts = (record.model, record.provider, record.context)
    places = record.labels.get(AROUND), record.labels.get(TRACE)
    return _call(record.record_id, nesting, places, stated, facts)


def _call(
    name: str,
    nesting: Nesting,
    places: tuple[str | None, str | None],
    stated: Iterable[tuple[str, int]],
    facts: tuple[str, str | None, Context],
) -> SpanCall:
    """The call of this id; its places are the span around it and its trace, if any."""
    counted: Mapping[str, int] = {meter: number for meter, number in stated if number > 0}
    taken, made = counted.get(_TAKEN, 0), counted.get(_MADE, 0)
    trace, own = nesting.span_of(name)
    span, around = span_number(trace, own), span_number(trace, places[0]) if places[0] else 0
    parts = frozenset(pair for pair in counted.items() if pair[0] != _WITHIN_THE_OUTPUT)
    return SpanCall(
        hash((span, taken, made)),
        hash((around, taken, made)) if around else 0,
        hash((*facts, parts)),
        span,
        around,
        taken,
        made,
        hash((places[1], taken, made)) if places[1] else 0,
        trace_number(places[1]),
        sum(counted.values()),
        hash(name),
    )
