"""Records in columns that need no look at each: what they add to an audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.services.usage_log.audit.column_groups import key_codes
from llmpricing.services.usage_log.audit.effects import UNCACHED, Otherwise
from llmpricing.services.usage_log.audit.groups import RecordSums
from llmpricing.services.usage_log.audit.report import AuditReport, told
from llmpricing.services.usage_log.audit.verdicts import Auditor
from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.priced_columns import PricedColumns, exact_sums

There = dict[Otherwise, Numbers]  # by what else may be so, the cost of each row


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


def add_right(
    report: AuditReport,
    columns: PricedColumns,
    rows: Numbers,
    figures: LoggedFigures,
    effects: Sequence[tuple[Numbers, There]],
) -> None:
    """Add rows that are right but for noise, of which these figures were logged."""
    units = columns.priced.units[rows]
    everywhere = np.zeros(len(rows), np.int64)
    (logged,), (cost,) = figures.sums(everywhere, 1), exact_sums(units, everywhere, 1)
    charged = columns.columns.charged
    amounts = (found for row in columns.rows[rows].tolist() if (found := charged[row]) is not None)
    report.add_right(RecordSums(len(rows), len(rows), logged, money(cost)), amounts)
    _add_effects(report, columns, effects)
    _add_groups(report, columns, rows, figures)


def add_unlogged(
    auditor: Auditor,
    report: AuditReport,
    columns: PricedColumns,
    rows: Numbers,
    effects: Sequence[tuple[Numbers, There]],
) -> None:
    """Add rows that cost what nothing was logged of; the one that costs most is their example."""
    units = columns.priced.units[rows]
    (cost,) = exact_sums(units, np.zeros(len(rows), np.int64), 1)
    costing = int(np.count_nonzero(units))
    example = None
    if costing:
        dearest = rows[np.abs(units) == np.abs(units).max()]
        example = auditor.audited(columns.record(_example_of(columns, dearest)))
    report.add_unlogged(costing, money(cost), example)
    _add_effects(report, columns, effects)
    _add_groups(report, columns, rows, LoggedFigures(np.zeros(len(rows), np.int64), {}))


def _example_of(columns: PricedColumns, rows: Numbers) -> int:
    """That of the rows which is told as the example of all that differ as much."""
    ids = [columns.columns.ids[row] or "" for row in columns.rows[rows].tolist()]
    last = max(ids)
    some = [row for row, name in zip(rows.tolist(), ids, strict=True) if name == last]
    found: int = max(some, key=lambda row: told(columns.record(row).record)) if len(some) > 1 else some[0]
    return found


def _add_effects(report: AuditReport, columns: PricedColumns, effects: Sequence[tuple[Numbers, There]]) -> None:
    for some, there in effects:
        own = columns.priced.units[some]
        for other, theirs in there.items():
            differs = theirs != own
            if records := int(differs.sum()):
                together = np.zeros(records, np.int64)
                here, away = (exact_sums(one[differs], together, 1)[0] for one in (own, theirs))
                if other == UNCACHED:
                    report.effects.add_saved(money(away - here))
                else:
                    report.effects.add_otherwise(other, records, money(here), money(away))


def _add_groups(report: AuditReport, columns: PricedColumns, rows: Numbers, figures: LoggedFigures) -> None:
    units = columns.priced.units[rows]
    for grouping in report.all_groupings:
        places, keys = key_codes(columns, rows, grouping.ways)
        number = np.bincount(places, minlength=len(keys)).tolist()
        costs = exact_sums(units, places, len(keys))
        for key, records, amount, one in zip(keys, number, figures.sums(places, len(keys)), costs, strict=True):
            grouping.add(key, RecordSums(records, records, amount, money(one)))
