"""Records in columns with their prices: what is said of many at once, and each by itself where that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from llmpricing.domain.quotes.charges import money
from llmpricing.domain.quotes.context import REGION
from llmpricing.services.usage_log.batch import Batch, Mask, Numbers
from llmpricing.services.usage_log.bill import (
    Bill,
    Each,
    PricedRecord,
    decided,
    is_billed,
    priced_record,
    priced_records,
)
from llmpricing.services.usage_log.columns import OURS, CountColumns
from llmpricing.services.usage_log.cost_columns import in_units
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.record_columns import NOT_STATED, RecordColumns
from llmpricing.services.usage_log.layout import AT, MODEL, PROVIDER, SERVICE_TIER, Layout
from llmpricing.services.usage_log.pricer import LogPricer, Priced
from llmpricing.services.usage_log.row_by_row import RowAnswer
from llmpricing.services.usage_log.vectors import Counted, combined, counted, distinct

_UTC = pa.timestamp("us", "UTC")
_NAMES = (MODEL, PROVIDER, AT, SERVICE_TIER, REGION)
_HALF = 10**9  # so that sums of each half are exact in floating point


class AnswerGroup(NamedTuple):
    """So many ``records`` of one head with one answer, and what they cost together, if they have a price."""

    head: int
    answer: RowAnswer
    records: int
    cost: Decimal


class AlikeRecords(NamedTuple):
    """So many ``records`` that are alike, the ``first`` of them, and what of each meter all of them used together."""

    first: int
    records: int
    shares: Mapping[str, int]


@dataclass(frozen=True)
class PricedColumns:
    """``rows`` of the columns are to be billed, and priced in this order, by what was ``counted`` of them; of the
    others their file alone decides.
    """

    columns: RecordColumns
    rows: Numbers
    priced: Priced
    counted: Counted

    @cached_property
    def which(self) -> Numbers:
        """Which of the columns' heads each of the priced rows has."""
        return self.columns.which[self.rows]

    @cached_property
    def has_price(self) -> Mask:
        """Which of the priced rows have one."""
        return ~self.priced.refused

    def record(self, place: int) -> PricedRecord:
        """The record at this place among the priced rows."""
        priced, record = self.priced, self.columns.record(int(self.rows[place]))
        group = int(priced.group[place])
        kind = None if priced.alone[place] else priced.kinds[group]
        cost = priced.totals[place] if place in priced.totals else money(int(priced.units[place]))
        return priced_record(record, priced.answers[int(priced.which[place])], cost, kind)

    @cached_property
    def others(self) -> Numbers:
        """The rows of the columns that are not to be billed."""
        return np.setdiff1d(np.arange(len(self.columns)), self.rows)

    @cached_property
    def at(self) -> Numbers:
        """When each of the priced rows was used, in microseconds."""
        return self.columns.at[self.rows]

    def stated(self, meter: str) -> Numbers:
        """How much of a meter each of the priced rows states; NOT_STATED where it states none."""
        counts = self.columns.counts.get(meter)
        return np.full(len(self.rows), NOT_STATED, np.int64) if counts is None else counts[self.rows]

    @property
    def parts(self) -> list[tuple[Numbers, int]]:
        """What tells the priced rows apart besides how much they count, and when, as numbers below a size."""
        pattern, patterns, _ = distinct(self.counted.pattern)
        heads, answers = len(self.columns.heads), len(self.priced.answers)
        return [(self.which, heads), (self.priced.which, max(answers, 1)), (pattern, max(len(patterns), 1))]

    def told(self, place: int) -> tuple[Hashable, ...]:
        """The same of one of them, for whatever columns: whose price it asks for, whose it pays, and what it uses."""
        record, answer = self.columns.heads[self.which[place]].record, self.priced.answers[self.priced.which[place]]
        asked = (record.model, record.provider, record.context, answer.offering)
        return (*asked, self.counted.meters, int(self.counted.pattern[place]))

    def alike(self, parts: Sequence[tuple[Numbers, int]], rows: Numbers) -> Iterator[AlikeRecords]:
        """Those of these priced rows that are alike in all ``parts``, together."""
        if not len(rows):
            return
        places, codes, first = distinct(combined(parts)[rows])
        number = np.bincount(places, minlength=len(codes)).tolist()
        shares = {
            meter: np.bincount(places, share[rows], len(codes)).tolist()  # exact: at most 1e12 each, of some thousand
            for meter, share in zip(self.counted.meters, self.counted.shares, strict=True)
        }
        for place, row in enumerate(rows[first].tolist()):
            yield AlikeRecords(row, number[place], {meter: int(found[place]) for meter, found in shares.items()})

    def groups(self) -> Iterator[AnswerGroup]:
        """The priced rows by head and answer."""
        priced = self.priced
        size = len(priced.answers)
        places, codes, _ = distinct(combined([(self.which, len(self.columns.heads)), (priced.which, size)]))
        is_total = np.zeros(len(places), np.bool_)
        is_total[list(priced.totals)] = True
        number = np.bincount(places, minlength=len(codes)).tolist()
        units = exact_sums(np.where(is_total, 0, priced.units), places, len(codes))
        for row, total in priced.totals.items():
            units[places[row]] += in_units(total)
        first = np.zeros(len(codes), np.int64)
        first[places[::-1]] = np.arange(len(places) - 1, -1, -1)
        for place, row in enumerate(first.tolist()):
            answer = priced.answers[int(priced.which[row])]
            yield AnswerGroup(int(self.which[row]), answer, number[place], money(units[place]))


def exact_sums(units: Numbers, places: Numbers, size: int) -> list[int]:
    """The sums of some thousand numbers at each of so many places."""
    parts = [np.bincount(places, part, size).tolist() for part in np.divmod(units, _HALF)]
    return [int(high) * _HALF + int(low) for high, low in zip(*parts, strict=True)]


class PricedBatch(NamedTuple):
    """Records that were read together, with their prices: ``columns``, and the ``others``; ``places`` tell where each
    of these stands among all of them.
    """

    columns: PricedColumns | None
    others: list[PricedRecord]
    places: list[int]


def priced_batches(pricer: LogPricer, batches: Iterable[ReadBatch]) -> Iterator[PricedBatch]:
    """All records with their prices."""
    for batch in batches:
        found = None if batch.columns is None else priced_columns(pricer, batch.columns)
        records = list(priced_records(pricer, (record for _, record in batch.others)))
        yield PricedBatch(found, records, [place for place, _ in batch.others])


def each_priced(batches: Iterable[PricedBatch]) -> Iterator[PricedRecord]:
    """All of these records one by one, in no order within a batch."""
    for columns, others, _ in batches:
        if columns is not None:
            yield from map(columns.record, range(len(columns.rows)))
            yield from (decided(columns.columns.record(row)) for row in columns.others.tolist())
        yield from others


def priced_columns(pricer: LogPricer, columns: RecordColumns) -> PricedColumns:
    """Columns of records with the prices of those that are to be billed."""
    wanted: Mask = np.array([is_billed(head.record) for head in columns.heads], np.bool_)
    rows = np.flatnonzero((wanted[columns.which] if len(columns) else np.zeros(0, np.bool_)) & ~columns.repeated)
    batch = _batch(columns, rows)
    if not len(rows):
        nothing = np.zeros(0, np.int64)
        none = Priced(nothing, {}, nothing, [], nothing, [], np.zeros(0, np.bool_))
        return PricedColumns(columns, rows, none, Counted((), [], nothing, nothing, np.zeros(0, np.bool_)))
    return PricedColumns(columns, rows, pricer.price(batch), counted(batch))


def _batch(columns: RecordColumns, rows: Numbers) -> Batch:
    which = pa.array(columns.which[rows].astype(np.int32))
    heads = [head.record for head in columns.heads]

    def named(texts: Iterable[Any]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(which, pa.array([text or "" for text in texts], pa.string()))

    counts = {
        meter: pa.array(found, mask=found == NOT_STATED)
        for meter, numbers in columns.counts.items()
        if ((found := numbers[rows]) != NOT_STATED).any()
    }
    table = pa.table(
        {
            MODEL: named(head.model for head in heads),
            PROVIDER: named(head.provider for head in heads),
            AT: pa.array(columns.at[rows], pa.int64()).cast(_UTC),
            SERVICE_TIER: named(head.context.service_tier for head in heads),
            REGION: named(head.context.region for head in heads),
            **counts,
        }
    )
    meters = CountColumns({meter: meter for meter in counts}, {})
    layout = Layout((*_NAMES, *counts), OURS, meters, MODEL, AT, PROVIDER, SERVICE_TIER, REGION, ())
    return Batch(layout, table, np.arange(1, len(rows) + 1, dtype=np.int64), of_records=True)


def count_columns(bill: Bill, one: PricedColumns) -> None:
    """Add all records of these columns to the bill."""
    columns = one.columns
    bill.rows += len(columns)
    bill.repeated += int(columns.repeated.sum())
    currencies = [head.record.currency for head in columns.heads]
    told = zip(columns.which.tolist(), columns.charged, columns.repeated.tolist(), strict=True)
    for which, charged, is_repeated in told:
        if charged is not None and not is_repeated:
            bill.charged[currencies[which]] += charged
    for group in one.groups():
        record = columns.heads[group.head].record
        if group.answer.reason is None:
            bill.add_priced(record, group.cost, group.answer, group.records)
        else:
            bill.add_unpriced(record, group.answer.reason, group.records)
    rest = one.others[~columns.repeated[one.others]]
    for which, number in enumerate(np.bincount(columns.which[rest], minlength=len(columns.heads)).tolist()):
        if number:
            bill.add_decided(decided(columns.heads[which].record), number)


def billed_batches(
    batches: Iterable[PricedBatch],
    progress: Callable[[int], None] = lambda rows: None,
    each: Each = lambda one: None,
    each_columns: Callable[[PricedColumns], None] = lambda columns: None,
) -> Bill:
    """The bill of all records; ``each_columns`` is handed what became columns, and ``each`` every other record."""
    bill = Bill()
    for columns, others, _ in batches:
        before = bill.rows
        if columns is not None:
            count_columns(bill, columns)
            each_columns(columns)
        for one in others:
            bill.count(one)
            each(one)
        progress(bill.rows - before)
    return bill
