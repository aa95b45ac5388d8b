"""Calls that several instruments of one process write down, a framework's and a seller's: one span within the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from operator import itemgetter

import numpy as np

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.call_columns import (
    CallColumns,
    as_billed,
    is_told_by_some,
    joined,
    trees,
)
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.lacking import COLUMN_MISSING
from llmpricing.services.usage_log.formats.record import REPEAT_UNTOLD, REPEATED, SUMMED, UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordColumns
from llmpricing.services.usage_log.formats.shape import Nesting
from llmpricing.services.usage_log.formats.span_calls import SpanCall, call_of, calls_of
from llmpricing.services.usage_log.formats.span_sums import Links, ToldSpans, rests, with_rest

_DIFFER = "NESTED_CALLS_DIFFER"
_MOST_LOOKED_AT = 2_000  # calls that hold others of other counts, whose parts are looked at


class _NestingDoubt(Enum):
    """What makes the cost of a call unsure: the code, and what is said."""

    DIFFERENT = (
        _DIFFER,
        "spans around this call tell it with another model, seller, tier, place or cache: the innermost is billed, "
        "the one that stands next to what was asked of the seller",
    )
    HOLDS_OTHERS = (
        _DIFFER,
        "calls lie within this one that count neither the same nor, together, its sum: all are billed; if it tells "
        "theirs again, take it out",
        (REPEAT_UNTOLD,),
    )
    RING = (
        _DIFFER,
        "calls that count the same name one another as what lies around them, so that none is the innermost: all are "
        "billed; export it anew, with the true parents",
    )
    NO_PARENTS = (
        COLUMN_MISSING,
        "no field that tells which call lies within which, and another call of its trace counts the same: if they are "
        "one, told by two instruments, both are billed; export it anew, with the parents",
    )


_OWN_AND_TRACE = [SpanCall._fields.index(name) for name in ("own", "of_trace")]


class NestedCalls:
    """Of calls that lie within one another and count the same input and output the innermost are billed, the others are
    the same calls again; so is a call that counts what those next within it do together. A call that holds others of
    other counts is one by itself, and says so.

    All calls have to be added and settled before any is marked: what comes first decides nothing.
    """

    def __init__(self) -> None:
        self._added: list[Numbers] = []
        self._outer: set[int] = set()
        self._doubts: dict[int, _NestingDoubt] = {}
        self._untold: list[Numbers] = []
        self._sums: list[Numbers] = []
        self._rests: dict[int, tuple[int, int]] = {}  # by the id of a sum of calls what none of them counts

    def add(self, batch: ReadBatch, nesting: Nesting, *, tells_parents: bool = True) -> None:
        """Note the calls of some records of a file, which tells which of them lie within which or does not."""
        if sums := [call for _, _, call in _sums_of(batch, nesting)]:
            self._sums.append(np.array(sums, np.int64))
        placed = [(place, call) for place, record in batch.others if (call := call_of(record, nesting))]
        if batch.columns:
            place_of = batch.columns.place.tolist()
            placed += [(place_of[row], call) for row, call in calls_of(batch.columns, nesting)]
        if not placed:
            return
        placed.sort(key=itemgetter(0))  # of a call that is told twice alike the first telling counts, as it is billed
        rows = np.array([call for _, call in placed], np.int64)
        self._added.append(rows)
        if not tells_parents:
            self._untold.append(rows)

    def settle(self, links: Links = tuple) -> None:
        """Find out which of the calls that were added are told by those within them. ``links`` are all spans, calls or
        not, each with the one around it; they are asked for only where that may matter.
        """
        if not self._added and not self._sums:
            return
        calls = CallColumns(joined(self._added))
        around = calls.around
        calls.relinked(links)
        self._settle_same(calls)
        self._settle_sums(calls)
        self._settle_untold()
        self._settle_rests(calls, around, links)

    def _settle_same(self, calls: CallColumns) -> None:
        own, around, facts = calls.own, calls.around_same, calls.facts
        is_within = (around != own) & np.isin(around, own)
        nodes = np.unique(np.concatenate([own[is_within], around[is_within]]))
        inner, outer = np.searchsorted(nodes, own[is_within]), np.searchsorted(nodes, around[is_within])
        holds = np.zeros(len(nodes), np.bool_)
        holds[outer] = True
        tree = trees(len(nodes), inner, outer)
        has_innermost = np.zeros(len(nodes), np.bool_)  # spans that hold one another in a ring are none within another
        has_innermost[tree[~holds]] = True
        is_node = np.isin(own, nodes)
        least, most = np.full(len(nodes), np.iinfo(np.int64).max), np.full(len(nodes), np.iinfo(np.int64).min)
        of_call = tree[np.searchsorted(nodes, own[is_node])]
        np.minimum.at(least, of_call, facts[is_node])
        np.maximum.at(most, of_call, facts[is_node])
        self._outer = set(nodes[holds & has_innermost[tree]].tolist())
        self._doubts |= dict.fromkeys(nodes[~holds & (least != most)[tree]].tolist(), _NestingDoubt.DIFFERENT)
        self._doubts |= dict.fromkeys(nodes[~has_innermost[tree]].tolist(), _NestingDoubt.RING)

    def _settle_sums(self, calls: CallColumns) -> None:
        """Calls that hold others of other counts: the sum of these, or one by itself."""
        spans, place, times = np.unique(calls.span, return_inverse=True, return_counts=True)
        call = np.zeros(len(spans), np.int64)
        call[place] = np.arange(len(place))
        within = np.flatnonzero(np.isin(calls.around, spans[times == 1]) & (calls.around != calls.span))
        holder = np.searchsorted(spans, calls.around[within])  # of a number that begins anew none is sure
        taken, made = np.zeros((2, len(spans)), np.int64)
        np.add.at(taken, holder, calls.taken[within])
        np.add.at(made, holder, calls.made[within])
        whole = call[holder]
        is_other = (calls.taken[within] != calls.taken[whole]) | (calls.made[within] != calls.made[whole])
        held = np.unique(holder[is_other])
        is_sum = (taken[held] == calls.taken[call[held]]) & (made[held] == calls.made[call[held]])
        for one in np.flatnonzero(~is_sum).tolist():
            parts = within[holder == held[one]] if one < _MOST_LOOKED_AT else within[:0]
            is_sum[one] = is_told_by_some(calls, int(call[held[one]]), parts)
        owns = calls.own[call[held]]
        for own in owns[~is_sum].tolist():
            if own not in self._outer:
                self._doubts.setdefault(own, _NestingDoubt.HOLDS_OTHERS)
        self._outer |= {*owns[is_sum].tolist()}

    def _settle_untold(self) -> None:
        """Calls of files that tell no parents, and of a trace that tells of as many tokens twice."""
        if not self._untold:
            return
        own, of_trace = as_billed(joined(self._untold))[:, _OWN_AND_TRACE].T
        found, times = np.unique(of_trace, return_counts=True)
        doubted = own[np.isin(of_trace, found[(times > 1) & (found != 0)])]
        for one in doubted.tolist():
            self._doubts.setdefault(one, _NestingDoubt.NO_PARENTS)

    def _settle_rests(self, calls: CallColumns, around: Numbers, links: Links) -> None:
        """Sums that count more than the calls within them that are billed."""
        if not self._sums:
            return
        sums = CallColumns(joined(self._sums))
        billed = ~np.isin(calls.own, np.fromiter(self._outer, np.int64, len(self._outer)))
        told = ToldSpans(*(cells[billed] for cells in (calls.span, around, calls.trace, calls.taken, calls.made)))
        found = rests(told, ToldSpans(sums.span, sums.around, sums.trace, sums.taken, sums.made), links)
        self._rests = {int(sums.record[place]): rest for place, rest in found.items()}

    def marked(self, batch: ReadBatch, nesting: Nesting) -> ReadBatch:
        """The records, of which those that one within them tells are told before."""
        if self._rests:
            batch = self._with_rests(batch, nesting)
        if not self._outer and not self._doubts:
            return batch
        others = [(place, self._marked(record, nesting)) for place, record in batch.others]
        return ReadBatch(self._marked_columns(batch.columns, nesting) if batch.columns else None, others)

    def _with_rests(self, batch: ReadBatch, nesting: Nesting) -> ReadBatch:
        """The same, sums that count more than the calls within them as records of the rest."""
        made: dict[int, UsageRecord] = {}
        rows: list[int] = []
        for row, place, call in _sums_of(batch, nesting):
            if rest := self._rests.get(call.record):
                assert row < 0 or batch.columns is not None  # noqa: S101 - a row is one of columns
                record = batch.columns.record(row) if row >= 0 and batch.columns else dict(batch.others)[place]
                made[place] = with_rest(record, *rest)
                rows += [row] if row >= 0 else []
        others = [one for one in batch.others if one[0] not in made] + list(made.items())
        columns = batch.columns.without(rows) if batch.columns and rows else batch.columns
        return ReadBatch(columns, sorted(others, key=itemgetter(0)))

    def _marked(self, record: UsageRecord, nesting: Nesting) -> UsageRecord:
        call = call_of(record, nesting)
        if call is None:
            return record
        if call.own in self._outer:
            return replace(record, outcome=REPEATED)
        doubt = self._doubts.get(call.own)
        return record.with_remark(*doubt.value) if doubt else record

    def _marked_columns(self, columns: RecordColumns, nesting: Nesting) -> RecordColumns:
        repeated = columns.repeated.copy()
        doubted = {doubt: np.zeros(len(columns), np.bool_) for doubt in _NestingDoubt}
        for row, call in calls_of(columns, nesting):
            if call.own in self._outer:
                repeated[row] = True
            elif doubt := self._doubts.get(call.own):
                doubted[doubt][row] = True
        found = columns.having(repeated)
        for doubt, rows in doubted.items():
            found = found.changed(rows, lambda record, doubt=doubt: record.with_remark(*doubt.value))  # type: ignore[misc]
        return found


def _sums_of(batch: ReadBatch, nesting: Nesting) -> Iterator[tuple[int, int, SpanCall]]:
    """The sums of calls, each with its row in columns, below 0 where it has none, and its place."""
    for place, record in batch.others:
        if call := call_of(record, nesting, SUMMED):
            yield -1, place, call
    if batch.columns:
        places = batch.columns.place
        for row, call in calls_of(batch.columns, nesting, SUMMED):
            yield row, int(places[row]), call
