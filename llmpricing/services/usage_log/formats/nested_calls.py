"""Calls that several instruments of one process write down, a framework's and a seller's: one span within the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from llmpricing.domain.quotes.context import Context
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.record import REPEATED, OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordColumns

AROUND = "parent"  # the label that names the span around a record's own
_TAKEN, _MADE = "input_tokens", "output_tokens"
_WITHIN_THE_OUTPUT = "output_reasoning_tokens"  # priced as what it lies in, and told by some instruments only
_DIFFERENT = (
    "spans around this call tell it with another model, seller, tier, place or cache: the innermost is billed, "
    "the one that stands next to what was asked of the seller"
)
_NOTHING: Numbers = np.empty(0, np.int64)


class _Call(NamedTuple):
    """A call as 64 bits each: its span and what it counts, the same of the span around it (0: none), and what else
    decides its price.
    """

    own: int
    around: int
    facts: int


class NestedCalls:
    """Of calls that lie within one another and count the same input and output the innermost are billed, the others are
    the same calls again. A call that holds others of other counts alone is one by itself.

    All calls have to be added and settled before any is marked: what comes first decides nothing.
    """

    def __init__(self) -> None:
        self._added: list[Numbers] = []
        self._outer: set[int] = set()
        self._unsure: set[int] = set()  # innermost ones whose tree tells several prices

    def add(self, batch: ReadBatch) -> None:
        """Note the calls of some records."""
        calls = [call for _, call in _calls_of(batch.columns)] if batch.columns else []
        calls += [call for _, record in batch.others if (call := _call_of(record))]
        if calls:
            self._added.append(np.array(calls, np.int64))

    def settle(self) -> None:
        """Find out which of the calls that were added are told by one within them."""
        own, around, facts = np.concatenate(self._added).T if self._added else (_NOTHING,) * 3
        self._added = []
        is_within = (around != own) & np.isin(around, own)
        nodes = np.unique(np.concatenate([own[is_within], around[is_within]]))
        inner, outer = np.searchsorted(nodes, own[is_within]), np.searchsorted(nodes, around[is_within])
        holds = np.zeros(len(nodes), np.bool_)
        holds[outer] = True
        tree = _trees(len(nodes), inner, outer)
        has_innermost = np.zeros(len(nodes), np.bool_)  # spans that hold one another in a ring are none within another
        has_innermost[tree[~holds]] = True
        is_node = np.isin(own, nodes)
        least, most = np.full(len(nodes), np.iinfo(np.int64).max), np.full(len(nodes), np.iinfo(np.int64).min)
        of_call = tree[np.searchsorted(nodes, own[is_node])]
        np.minimum.at(least, of_call, facts[is_node])
        np.maximum.at(most, of_call, facts[is_node])
        self._outer = set(nodes[holds & has_innermost[tree]].tolist())
        self._unsure = set(nodes[~holds & (least != most)[tree]].tolist())

    def marked(self, batch: ReadBatch) -> ReadBatch:
        """The records, of which those that one within them tells are told before."""
        if not self._outer:
            return batch
        others = [(place, self._marked(record)) for place, record in batch.others]
        return ReadBatch(self._marked_columns(batch.columns) if batch.columns else None, others)

    def _marked(self, record: UsageRecord) -> UsageRecord:
        call = _call_of(record)
        if call is None:
            return record
        if call.own in self._outer:
            return replace(record, outcome=REPEATED)
        return _doubted(record) if call.own in self._unsure else record

    def _marked_columns(self, columns: RecordColumns) -> RecordColumns:
        repeated, unsure = columns.repeated.copy(), np.zeros(len(columns), np.bool_)
        for row, call in _calls_of(columns):
            if call.own in self._outer:
                repeated[row] = True
            elif call.own in self._unsure:
                unsure[row] = True
        return _with_doubts(columns.having(repeated), unsure)


def _doubted(record: UsageRecord) -> UsageRecord:
    return record.with_remark("NESTED_CALLS_DIFFER", _DIFFERENT)


def _with_doubts(columns: RecordColumns, unsure: Mask) -> RecordColumns:
    """The same, the unsure ones with heads that say so."""
    if not unsure.any():
        return columns
    heads = [*columns.heads]
    which = columns.which.copy()
    for head in np.unique(which[unsure]).tolist():
        which[unsure & (columns.which == head)] = len(heads)
        heads.append(replace(heads[head], record=_doubted(heads[head].record)))
    return replace(columns, heads=heads, which=which)


def _trees(size: int, inner: Numbers, outer: Numbers) -> Numbers:
    """By node the least of those that it hangs together with."""
    found: Numbers = np.arange(size)
    while True:
        least = np.minimum(found[inner], found[outer])
        before = found.copy()
        for some in (before[inner], before[outer], inner, outer):
            np.minimum.at(found, some, least)
        found = found[found]
        if np.array_equal(found, before):
            return found


def _calls_of(columns: RecordColumns) -> Iterator[tuple[int, _Call]]:
    """The calls of columns that are billed, each with its row."""
    is_call = [
        head.record.outcome.kind is OutcomeKind.BILLED and head.record.usage is not None for head in columns.heads
    ]
    texts = [(head.record.model, head.record.provider, head.record.context) for head in columns.heads]
    counts = {name: cells.tolist() for name, cells in columns.counts.items()}
    meters = [head.meters for head in columns.heads]
    around, repeated = columns.labels.get(AROUND), columns.repeated.tolist()
    for row, head in enumerate(columns.which.tolist()):
        name = columns.ids[row]
        if name is None or repeated[row] or not is_call[head]:
            continue
        stated = ((meter, counts[meter][row]) for meter in meters[head])
        yield row, _call(name, around[row] if around else None, stated, texts[head])


def _call_of(record: UsageRecord) -> _Call | None:
    if record.record_id is None or record.usage is None or record.outcome.kind is not OutcomeKind.BILLED:
        return None
    stated = ((meter, int(number)) for meter, number in record.usage.stated.items())
    facts = (record.model, record.provider, record.context)
    return _call(record.record_id, record.labels.get(AROUND), stated, facts)


def _call(
    name: str, around: str | None, stated: Iterable[tuple[str, int]], facts: tuple[str, str | None, Context]
) -> _Call:
    """The call of an id that begins with its trace and span."""
    counted: Mapping[str, int] = {meter: number for meter, number in stated if number > 0}
    trace, _, rest = name.partition(":")
    sums = trace, counted.get(_TAKEN, 0), counted.get(_MADE, 0)
    parts = frozenset(pair for pair in counted.items() if pair[0] != _WITHIN_THE_OUTPUT)
    return _Call(hash((sums, rest.partition(":")[0])), hash((sums, around)) if around else 0, hash((*facts, parts)))
