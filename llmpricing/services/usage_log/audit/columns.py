"""Records in columns audited together: those that are right are summed up, every other one is looked at by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

import numpy as np

from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.domain.quotes.mistakes.audited_use import HOME
from llmpricing.domain.quotes.mistakes.explaining import NOISE
from llmpricing.services.usage_log.audit.column_sums import LoggedFigures, There, add_right, add_unlogged
from llmpricing.services.usage_log.audit.effects import Otherwise, has_cache
from llmpricing.services.usage_log.audit.groups import Grouping
from llmpricing.services.usage_log.audit.report import AuditReport, Take
from llmpricing.services.usage_log.audit.rows import WrittenBatch
from llmpricing.services.usage_log.audit.verdicts import Auditor
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.bill import PricedRecord, decided
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.kinds import kind_cost
from llmpricing.services.usage_log.priced_columns import PricedBatch, PricedColumns, count_columns
from llmpricing.services.usage_log.pricer import multiplied
from llmpricing.services.usage_log.vectors import combined

_LARGEST = Decimal(10**6)  # USD: figures of one record in 1e-12 that 64 bits hold with room
_ZERO = Decimal(0)
_MOST_UNTOLD = 8  # rows of one kind that are looked at for all, as they lie on different sides of what is compared


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
            right, silent = _audit_columns(auditor, report, columns, wants, one_by_one)
            if written is not None:
                written.add_right(columns, right)
                written.add_unlogged(columns, silent)
        for place, priced in zip(places, others, strict=True):
            report.bill.count(priced)
            one_by_one(place, priced)
        if written is not None:
            written.end()
        progress(report.bill.rows - before)
    if written is not None:
        written.finish(report.finest)
    return report


def _audit_columns(
    auditor: Auditor,
    report: AuditReport,
    columns: PricedColumns,
    wants: Callable[[UsageRecord], bool],
    one_by_one: Callable[[int, PricedRecord], None],
) -> tuple[Numbers, Numbers]:
    """Add the right ones together, and those of which nothing was logged, and hand on the others with their place;
    returns the two.
    """
    is_together, charged = _are_together(columns, wants), columns.columns.charged
    amounts = [charged[row] for row in columns.rows.tolist()]
    comparable = np.flatnonzero(
        is_together & np.array([one is not None and abs(one) < _LARGEST for one in amounts], np.bool_)
    )
    figures = _figures([amounts[row] or _ZERO for row in comparable.tolist()])
    units = columns.priced.units[comparable]
    is_right = np.abs(figures.units - units) <= np.maximum(1, np.abs(units) // NOISE)
    right, left = _with_effects(auditor, columns, comparable[is_right])
    chosen = np.flatnonzero(np.isin(comparable, right))
    if len(right):
        add_right(report, columns, right, figures.of(chosen), left)
    silent = np.flatnonzero(is_together & np.array([one is None for one in amounts], np.bool_))
    silent, left = _with_effects(auditor, columns, silent, with_saving=True)
    if len(silent):
        add_unlogged(auditor, report, columns, silent, left)
    is_done = np.zeros(len(columns.rows), np.bool_)
    is_done[right] = True
    is_done[silent] = True
    place = columns.columns.place
    for row in np.flatnonzero(~is_done).tolist():
        one_by_one(int(place[columns.rows[row]]), columns.record(row))
    for row in columns.others.tolist():
        one_by_one(int(place[row]), decided(columns.columns.record(row)))
    return right, silent


def _are_together(columns: PricedColumns, wants: Callable[[UsageRecord], bool]) -> Mask:
    """The priced rows whose figures are in USD, where they have any, and that nobody wants to see by themselves."""
    heads = [head.record.currency == HOME and not wants(head.record) for head in columns.columns.heads]
    answers = [answer.reason is None and answer.currency == HOME for answer in columns.priced.answers]
    found: Mask = ~columns.priced.alone
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


def _with_effects(
    auditor: Auditor, columns: PricedColumns, rows: Numbers, *, with_saving: bool = False
) -> tuple[Numbers, list[tuple[Numbers, There]]]:
    """Those of the rows of which it is known together what else they might cost, and what; ``with_saving`` also
    without their caches.
    """
    found: list[Numbers] = []
    known: list[tuple[Numbers, There]] = []
    code = _group_codes(columns, rows)
    for number in np.unique(code).tolist():
        some = rows[code == number]
        record = columns.record(int(some[0]))
        others = auditor.otherwise(record)
        if others is None or record.record.usage is None:
            continue
        there: There = {}
        counted = columns.counted.of(some)
        for other, linear in others:
            cost = kind_cost(linear, record.record.usage.keys)
            if cost is None:
                break
            there[other], fits = multiplied(counted, np.zeros(len(some), np.int64), [cost])
            if not fits.all():
                break
        else:
            parts = [(some, there)]
            if record.record.untold or (with_saving and has_cache(record.record)):
                parts = list(_with_untold(auditor, columns, some, there, with_saving=with_saving))
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
    auditor: Auditor, columns: PricedColumns, rows: Numbers, there: There, *, with_saving: bool
) -> Iterator[tuple[Numbers, There]]:
    """The rows, which use the same meters, with what they cost by what is untold of them too, as far as that is known
    together.
    """
    left = np.arange(len(rows))
    for _ in range(_MOST_UNTOLD):
        if not len(left):
            return
        record = columns.record(int(rows[left[0]]))
        sums = auditor.untold(record, with_saving=with_saving)
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
