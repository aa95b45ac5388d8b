"""The bill of usage files: every record priced at its own time, and what was not billed, repeated or has no price."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

import numpy as np
import pyarrow as pa

from llmpricing.domain.quotes.charges import money
from llmpricing.domain.quotes.context import REGION
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.usage_log.batch import Batch
from llmpricing.services.usage_log.columns import CountColumns
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.layout import AT, MODEL, PROVIDER, SERVICE_TIER, Layout
from llmpricing.services.usage_log.pricer import Priced, Pricer

_BATCH = 20_000
_MOST_REASONS = 1000
_OTHERS = "other reasons"
_NAMES = (MODEL, PROVIDER, AT, SERVICE_TIER, REGION)
_LAYOUT = Layout(_NAMES, "auto", CountColumns({}, {}, "usage"), MODEL, AT, PROVIDER, SERVICE_TIER, REGION, ())
_UTC = pa.timestamp("us", "UTC")


@dataclass
class ModelBill:
    """What the records of one offering cost, by currency."""

    records: int = 0
    cost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@dataclass
class Bill:
    """What a number of records comes to. ``charged`` is what the files themselves say of the same records.

    Reasons are counted: of what was not billed, and of what has no price, the latter with the names that it concerns.
    ``warned`` counts the priced records by the code of a warning, ``sums`` those that sum up many requests.
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
    sums: int = 0

    def _refuse(self, record: UsageRecord, reason: str) -> None:
        known = reason if reason in self.unpriced or len(self.unpriced) < _MOST_REASONS else _OTHERS
        self.unpriced[known] += 1
        if record.model and (record.model in self.unpriced_names[known] or len(self.unpriced_names[known]) < 100):
            self.unpriced_names[known][record.model] += 1

    def count(self, record: UsageRecord) -> bool:
        """Add a record; whether its price is still to be told."""
        self.rows += 1
        kind, reason = record.outcome
        if kind is OutcomeKind.REPEATED:
            self.repeated += 1
            return False
        if record.charged is not None:
            self.charged[record.currency] += record.charged
        if kind is OutcomeKind.NOT_BILLED:
            self.not_billed[reason] += 1
        elif kind is OutcomeKind.UNPRICED:
            self._refuse(record, reason)
        elif kind is OutcomeKind.FREE:
            self._price(record, record.model, "USD", Decimal(0))
        elif not record.model.strip():
            self._refuse(record, "names no model")
        else:
            return True
        return False

    def _price(self, record: UsageRecord, offering: str, currency: str, cost: Decimal) -> None:
        self.priced += 1
        self.sums += record.span is not None
        self.totals[currency] += cost
        self.models[offering].records += 1
        self.models[offering].cost[currency] += cost

    def add(self, records: Sequence[UsageRecord], priced: Priced) -> None:
        """Add the prices of records that were counted."""
        for row, (record, which, units) in enumerate(
            zip(records, priced.which.tolist(), priced.units.tolist(), strict=True)
        ):
            answer = priced.answers[which]
            if answer.reason is not None:
                self._refuse(record, answer.reason)
                continue
            cost = priced.totals[row] if row in priced.totals else money(units)
            self._price(record, answer.offering, answer.currency, cost)
            self.warned.update(answer.warnings.split())


def billed(pricer: Pricer, records: Iterable[UsageRecord], progress: Callable[[int], None] = lambda rows: None) -> Bill:
    """The bill of all records, in constant memory."""
    bill, rest = Bill(), iter(records)
    while chosen := list(islice(rest, _BATCH)):
        _add(bill, pricer, [record for record in chosen if bill.count(record)])
        progress(len(chosen))
    return bill


def _add(bill: Bill, pricer: Pricer, records: Sequence[UsageRecord]) -> None:
    if records:
        bill.add(records, pricer.price(batch_of(records)))


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
    return Batch(_LAYOUT, table, np.arange(1, len(records) + 1, dtype=np.int64), usage=list(_usages(records)))


def _usages(records: Sequence[UsageRecord]) -> Iterator[Usage]:
    for record in records:
        assert record.usage is not None  # noqa: S101 - what is to be billed states its usage
        yield record.usage
