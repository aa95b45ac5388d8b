"""The bill of usage files: every record priced at its own time, and what was not billed, repeated or has no price."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from llmpricing.domain.quotes.charges import money
from llmpricing.domain.quotes.context import REGION
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.usage_log.batch import Batch
from llmpricing.services.usage_log.columns import CountColumns
from llmpricing.services.usage_log.formats.record import Outcome, OutcomeKind, UsageRecord, unpriced
from llmpricing.services.usage_log.kinds import PricedKind
from llmpricing.services.usage_log.layout import AT, MODEL, PROVIDER, SERVICE_TIER, Layout
from llmpricing.services.usage_log.pricer import LogPricer, Priced
from llmpricing.services.usage_log.row_by_row import RowAnswer

_BATCH = 20_000
_MOST_REASONS, _MOST_NAMES = 1000, 100
_STEP = 10_000
_OTHERS = "other reasons"
_NAMES = (MODEL, PROVIDER, AT, SERVICE_TIER, REGION)
_LAYOUT = Layout(_NAMES, "auto", CountColumns({}, {}, "usage"), MODEL, AT, PROVIDER, SERVICE_TIER, REGION, ())
_UTC = pa.timestamp("us", "UTC")


class PricedRecord(NamedTuple):
    """A record with its price: ``outcome`` tells why it has none. ``answer`` is what was said of its quote, if it was
    quoted; ``cost`` is exact, in the answer's currency, or USD. Records of one ``kind`` differ in how much they count.
    """

    record: UsageRecord
    outcome: Outcome
    cost: Decimal | None = None
    answer: RowAnswer = RowAnswer(None, "USD")
    kind: PricedKind | None = None


@dataclass
class ModelBill:
    """What the records of one offering cost, by currency."""

    records: int = 0
    cost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@dataclass
class Bill:
    """What a number of records comes to. ``charged`` is what the files themselves say of the same records.

    Reasons are counted: of what was not billed, and of what has no price, the latter with the names that it concerns.
    ``warned`` counts the priced records by the code of a warning, ``remarks`` by what makes their cost unsure, ``sums``
    those that sum up many requests; ``uncounted`` those without a price of which the file counts nothing that has one.
    """

    rows: int = 0
    priced: int = 0
    not_billed: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    unpriced: Counter[str] = field(default_factory=Counter)
    unpriced_names: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    totals: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    charged: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    models: dict[str, ModelBill] = field(default_factory=lambda: defaultdict(ModelBill))
    warned: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    sums: int = 0
    uncounted: int = 0

    def count(self, priced: PricedRecord) -> None:
        """Add a record."""
        self.rows += 1
        record = priced.record
        if priced.outcome.kind is OutcomeKind.REPEATED:
            self.repeated += 1
            return
        if record.charged is not None:
            self.charged[record.currency] += record.charged
        self.add_decided(priced)

    def add_decided(self, priced: PricedRecord, records: int = 1) -> None:
        """Add so many records like this one by what was decided of them, whatever they charge."""
        record, kind, reason = priced.record, priced.outcome.kind, priced.outcome.reason
        if priced.cost is not None:
            self.add_priced(record, priced.cost, priced.answer, records)
        elif kind is OutcomeKind.NOT_BILLED:
            self.not_billed[reason] += records
        else:
            self.add_unpriced(record, reason, records)

    def add_priced(self, record: UsageRecord, cost: Decimal, answer: RowAnswer, records: int = 1) -> None:
        """Add so many records like this one, which cost this together."""
        one = self.models[answer.offering or record.model]
        self.priced += records
        self.sums += records if record.span is not None else 0
        self.totals[answer.currency] += cost
        one.records += records
        one.cost[answer.currency] += cost
        for code in (*answer.warnings.split(), *record.codes):
            self.warned[code] += records
        if record.remark:
            self.remarks[record.remark] += records

    def add_unpriced(self, record: UsageRecord, reason: str, records: int = 1) -> None:
        """Add so many records like this one, which have no price for this reason."""
        known = reason if reason in self.unpriced or len(self.unpriced) < _MOST_REASONS else _OTHERS
        self.unpriced[known] += records
        self.uncounted += records if record.outcome.is_uncounted else 0
        names = self.unpriced_names[known]
        if record.model and (record.model in names or len(names) < _MOST_NAMES):
            names[record.model] += records


Each = Callable[[PricedRecord], None]


def billed(
    priced: Iterable[PricedRecord], progress: Callable[[int], None] = lambda rows: None, each: Each = lambda one: None
) -> Bill:
    """The bill of all records, in constant memory; ``each`` is handed every one of them, in order."""
    bill = Bill()
    for one in priced:
        bill.count(one)
        each(one)
        if not bill.rows % _STEP:
            progress(_STEP)
    progress(bill.rows % _STEP)
    return bill


def priced_records(pricer: LogPricer, records: Iterable[UsageRecord]) -> Iterator[PricedRecord]:
    """All records in order with their prices, some thousand at a time."""
    rest = iter(records)
    while chosen := list(islice(rest, _BATCH)):
        wanted = [one for one in chosen if is_billed(one)]
        prices = iter(_priced(wanted, pricer.price(batch_of(wanted))) if wanted else ())
        for one in chosen:
            yield next(prices) if is_billed(one) else decided(one)


def is_billed(record: UsageRecord) -> bool:
    """Whether the price book is to say what a record costs."""
    return record.outcome.kind is OutcomeKind.BILLED and record.usage is not None and bool(record.model.strip())


def decided(record: UsageRecord) -> PricedRecord:
    """What its file alone decides of a record."""
    if record.outcome.kind is OutcomeKind.FREE:
        return PricedRecord(record, record.outcome, Decimal(0))
    if record.outcome.kind is OutcomeKind.BILLED:
        return PricedRecord(record, unpriced("the record names no model"))
    return PricedRecord(record, record.outcome)


def _priced(records: Sequence[UsageRecord], priced: Priced) -> Iterator[PricedRecord]:
    rows = zip(records, priced.which.tolist(), priced.units.tolist(), priced.kind_of_rows, strict=True)
    for row, (record, which, units, kind) in enumerate(rows):
        cost = priced.totals[row] if row in priced.totals else money(units)
        yield priced_record(record, priced.answers[which], cost, kind)


def priced_record(record: UsageRecord, answer: RowAnswer, cost: Decimal, kind: PricedKind | None) -> PricedRecord:
    """A record of a kind with what was said of it, which costs this if it has a price."""
    if answer.reason is not None:
        return PricedRecord(record, unpriced(answer.reason), None, answer)
    return PricedRecord(record, record.outcome, cost, answer, kind)


def batch_of(records: Sequence[UsageRecord]) -> Batch:
    """Records that are to be billed, as the pricer takes rows."""
    table = pa.table(
        {
            MODEL: pa.array([record.model for record in records], pa.string()),
            PROVIDER: pa.array([record.provider for record in records], pa.string()),
            AT: pa.array([record.at for record in records], _UTC),
            SERVICE_TIER: pa.array([record.context.service_tier for record in records], pa.string()),
            REGION: pa.array([record.context.region for record in records], pa.string()),
        }
    )
    lines = np.arange(1, len(records) + 1, dtype=np.int64)
    return Batch(_LAYOUT, table, lines, usage=list(_usages(records)), of_records=True)


def _usages(records: Sequence[UsageRecord]) -> Iterator[Usage]:
    for record in records:
        assert record.usage is not None  # noqa: S101 - what is to be billed states its usage
        yield record.usage
