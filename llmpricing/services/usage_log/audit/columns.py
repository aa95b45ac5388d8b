"""Records in columns audited together: those that are right are summed up, every other one is looked at by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.domain.quotes.mistakes.audited_use import HOME
from llmpricing.domain.quotes.mistakes.explaining import NOISE
from llmpricing.services.usage_log.audit.column_groups import key_codes
from llmpricing.services.usage_log.audit.effects import Otherwise
from llmpricing.services.usage_log.audit.groups import Grouping, RecordSums
from llmpricing.services.usage_log.audit.report import AuditReport, Take
from llmpricing.services.usage_log.audit.rows import WrittenBatch
from llmpricing.services.usage_log.audit.verdicts import Auditor
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.bill import PricedRecord, decided
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.kinds import kind_cost
from llmpricing.services.usage_log.priced_columns import PricedBatch, PricedColumns, count_columns, exact_sums
from llmpricing.services.usage_log.pricer import multiplied
from llmpricing.services.usage_log.vectors import combined

_LARGEST = Decimal(10**6)  # USD: figures of one record in 1e-12 that 64 bits hold with room
_ZERO = Decimal(0)
_MOST_UNTOLD = 8  # rows of one kind that are looked at for all, as they lie on different sides of what is compared


@dataclass(frozen=True)
class LoggedFigures:
    """What was logged of each of some rows in 1e-12 USD, rounded, and by place what was rounded off."""

    units: Numbers
    rests: dict[int, Decimal]

    def of(self, rows: Numbers) -> LoggedFigures:
        """That of some of the rows."""
        found = {place: self.rests[row] for place, row in enumerate(rows.tolist()) if row in self.rests}
        return LoggedFigures(self.units[rows], found)

    def sums(self, places: Numbers, size: int) -> list[Decimal]:
        """The exact sums of the rows at each of so many places."""
        sums = [money(one) for one in exact_sums(self.units, places, size)]
        for row, rest in self.rests.items():
            sums[places[row]] = WIDE.add(sums[places[row]], rest)
        return sums


def audit_batches(
    auditor: Auditor,
    batches: Iterable[PricedBatch],
    groupings: Sequence[Grouping] = (),
    progress: Callable[[int], None] = lambda rows: None,
    each: Take = lambda one: None,
    wants: Callable[[UsageRecord], bool] = lambda record: True,
    written: WrittenBatch | None = None,
) -> AuditReport:
    """The audit of all records; ``each`` is handed those that it ``wants``, told by what all of a head have in common,
    and some others, in no order; all are ``written`` in order. Raises NoExchangeRate.
    """
    report = AuditReport(groupings)

    def one_by_one(place: int, priced: PricedRecord) -> None:
        one = auditor.audited(priced)
        report.add(one)
        each(one)
        if written is not None:
            written.add(place, one)

    for columns, others, places in batches:
        before = report.bill.rows
        if columns is not None:
            count_columns(report.bill, columns)
            right = _audit_columns(auditor, report, columns, wants, one_by_one)
            if written is not None:
                written.add_right(columns, right)
        for place, priced in zip(places, others, strict=True):
            report.bill.count(priced)
            one_by_one(place, priced)
        if written is not None:
            written.end()
        progress(report.bill.rows - before)
    return report


def _audit_columns(
    auditor: Auditor,
    report: AuditReport,
    columns: PricedColumns,
    wants: Callable[[UsageRecord], bool],
    one_by_one: Callable[[int, PricedRecord], None],
) -> Numbers:
    """Add the right ones together, and hand on the others with their place; returns the right ones."""
    comparable = np.flatnonzero(_comparable(columns, wants))
    figures = _figures([columns.columns.charged[row] or _ZERO for row in columns.rows[comparable].tolist()])
    units = columns.priced.units[comparable]
    is_right = np.abs(figures.units - units) <= np.maximum(1, np.abs(units) // NOISE)
    right, left = _with_effects(auditor, columns, comparable[is_right])
    chosen = np.flatnonzero(np.isin(comparable, right))
    if len(right):
        _add_right(report, columns, right, figures.of(chosen), left)
    is_done = np.zeros(len(columns.rows), np.bool_)
    is_done[right] = True
    place = columns.columns.place
    for row in np.flatnonzero(~is_done).tolist():
        one_by_one(int(place[columns.rows[row]]), columns.record(row))
    for row in columns.others.tolist():
        one_by_one(int(place[row]), decided(columns.columns.record(row)))
    return right


def _comparable(columns: PricedColumns, wants: Callable[[UsageRecord], bool]) -> Mask:
    """The priced rows whose figures are both in USD, and that nobody wants to see by themselves."""
    heads = [head.record.currency == HOME and not wants(head.record) for head in columns.columns.heads]
    answers = [answer.reason is None and answer.currency == HOME for answer in columns.priced.answers]
    charged = columns.columns.charged
    is_charged = [(one := charged[row]) is not None and abs(one) < _LARGEST for row in columns.rows.tolist()]
    found: Mask = np.array(is_charged, np.bool_) & ~columns.priced.alone
    found &= np.array(heads, np.bool_)[columns.which]
    found &= np.array(answers, np.bool_)[columns.priced.which]
    return found


def _figures(amounts: Sequence[Decimal]) -> LoggedFigures:
    units: list[int] = []
    rests: dict[int, Decimal] = {}
    for row, amount in enumerate(amounts):
        scaled = WIDE.scaleb(amount, 12)
        number = round(scaled)
        units.append(number)
        if scaled != number:
            rests[row] = WIDE.subtract(amount, money(number))
    return LoggedFigures(np.array(units, np.int64), rests)


_There = dict[Otherwise, Numbers]


def _with_effects(
    auditor: Auditor, columns: PricedColumns, rows: Numbers
) -> tuple[Numbers, list[tuple[Numbers, _There]]]:
    """Those of the rows of which it is known together what else they might cost, and what."""
    found: list[Numbers] = []
    known: list[tuple[Numbers, _There]] = []
    code = _group_codes(columns, rows)
    for number in np.unique(code).tolist():
        some = rows[code == number]
        record = columns.record(int(some[0]))
        others = auditor.otherwise(record)
        if others is None or record.record.usage is None:
            continue
        there: _There = {}
        counted = columns.counted.of(some)
        for other, linear in others:
            cost = kind_cost(linear, record.record.usage.keys)
            if cost is None:
                break
            there[other], fits = multiplied(counted, np.zeros(len(some), np.int64), [cost])
            if not fits.all():
                break
        else:
            parts = list(_with_untold(auditor, columns, some, there)) if record.record.untold else [(some, there)]
            found += [part for part, _ in parts]
            known += parts
    return np.sort(np.concatenate([np.zeros(0, np.int64), *found])), known


def _group_codes(columns: PricedColumns, rows: Numbers) -> Numbers:
    """Numbers that tell apart the kinds of the rows, and what is untold of them."""
    sets: dict[tuple[str, ...], int] = {}
    untold = np.array([sets.setdefault(head.record.untold, len(sets)) for head in columns.columns.heads], np.int64)
    parts = [(columns.priced.group[rows], len(columns.priced.kinds)), (untold[columns.which[rows]], max(len(sets), 1))]
    return combined(parts)


def _with_untold(
    auditor: Auditor, columns: PricedColumns, rows: Numbers, there: _There
) -> Iterator[tuple[Numbers, _There]]:
    """The rows, which use the same meters, with what they cost by what is untold of them too, as far as that is known
    together.
    """
    left = np.arange(len(rows))
    for _ in range(_MOST_UNTOLD):
        if not len(left):
            return
        record = columns.record(int(rows[left[0]]))
        sums = auditor.untold(record)
        if sums is None or record.record.usage is None:
            return
        used = [meter for meter, quantity in record.record.usage.stated.items() if quantity]
        counts = [columns.stated(meter)[rows[left]] for meter in used]
        units, fits = sums.of_all(np.stack([*counts, np.ones(len(left), np.int64)], axis=1))
        if not fits.any():
            return
        chosen = left[fits]
        told = {Otherwise(*name): units[fits, place] for place, name in enumerate(sums.names)}
        yield rows[chosen], {**{other: theirs[chosen] for other, theirs in there.items()}, **told}
        left = left[~fits]


def _add_right(
    report: AuditReport,
    columns: PricedColumns,
    rows: Numbers,
    figures: LoggedFigures,
    effects: Sequence[tuple[Numbers, _There]],
) -> None:
    units = columns.priced.units[rows]
    everywhere = np.zeros(len(rows), np.int64)
    (logged,), (cost,) = figures.sums(everywhere, 1), exact_sums(units, everywhere, 1)
    charged = columns.columns.charged
    amounts = (found for row in columns.rows[rows].tolist() if (found := charged[row]) is not None)
    report.add_right(RecordSums(len(rows), logged, money(cost)), amounts)
    for some, there in effects:
        own = columns.priced.units[some]
        for other, theirs in there.items():
            differs = theirs != own
            if records := int(differs.sum()):
                together = np.zeros(records, np.int64)
                here, away = (exact_sums(one[differs], together, 1)[0] for one in (own, theirs))
                report.effects.add_otherwise(other, records, money(here), money(away))
    for grouping in report.all_groupings:
        places, keys = key_codes(columns, rows, grouping.ways)
        number = np.bincount(places, minlength=len(keys)).tolist()
        costs = exact_sums(units, places, len(keys))
        for key, records, amount, one in zip(keys, number, figures.sums(places, len(keys)), costs, strict=True):
            grouping.add(key, RecordSums(records, amount, money(one)))
