"""Audited records as a file: each with both figures in USD, what lies between them, and its causes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from llmpricing.domain.money import to_text
from llmpricing.domain.quotes.mistakes.causes import UNEXPLAINED
from llmpricing.services.usage_log.audit.report import Take
from llmpricing.services.usage_log.audit.right_cells import right_cells, unlogged_cells
from llmpricing.services.usage_log.audit.verdicts import Audited, AuditVerdict
from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.priced_columns import PricedColumns
from llmpricing.services.usage_log.write.records import COLUMNS, RowsWriter, cells_of, rows_file, rows_into

AUDIT_COLUMNS = (*COLUMNS, "logged_usd", "cost_usd", "difference_usd", "causes", "detail")
AUDIT_SCHEMA = pa.schema([(name, pa.string()) for name in AUDIT_COLUMNS])
EITHER = " | "  # between causes that give the same figure


class WrittenBatch:
    """Writes down the audited records of one batch after the other, each in its order."""

    def __init__(self, rows: RowsWriter) -> None:
        self._rows = rows
        self._places: list[Numbers] = []
        self._tables: list[pa.Table] = []
        self._others: list[tuple[int, Audited]] = []

    def add(self, place: int, one: Audited) -> None:
        """A record, and where it stands in the batch."""
        self._others.append((place, one))

    def add_right(self, columns: PricedColumns, rows: Numbers) -> None:
        """Those of these priced rows, which are right."""
        if len(rows):
            self._places.append(columns.columns.place[columns.rows[rows]])
            self._tables.append(right_cells(columns, rows).select(AUDIT_COLUMNS))

    def add_unlogged(self, columns: PricedColumns, rows: Numbers) -> None:
        """Those of which nothing was logged."""
        if len(rows):
            self._places.append(columns.columns.place[columns.rows[rows]])
            self._tables.append(unlogged_cells(columns, rows).select(AUDIT_COLUMNS))

    def end(self) -> None:
        """Write all records of the batch."""
        if self._others:
            places, others = zip(*self._others, strict=True)
            self._places.append(np.array(places, np.int64))
            self._tables.append(pa.Table.from_pylist([audit_cells(one) for one in others], AUDIT_SCHEMA))
        if self._tables:
            order = np.argsort(np.concatenate(self._places), kind="stable")
            self._rows.take_table(pa.concat_tables(self._tables).take(pa.array(order)))
        self._places, self._tables, self._others = [], [], []


@contextmanager
def audit_file(path: Path, mode: int) -> Iterator[WrittenBatch]:
    """What writes the audited records to the file, by its ending; it appears whole, when the block ends well."""
    with rows_file(path, mode, AUDIT_COLUMNS) as rows:
        yield WrittenBatch(rows)


@contextmanager
def audit_csv(file: BinaryIO) -> Iterator[Take]:
    """What writes each audited record to an open file, as CSV."""
    with rows_into(file, ".csv", AUDIT_COLUMNS) as rows:
        yield lambda one: rows.take(audit_cells(one))


def audit_cells(one: Audited) -> dict[str, str | None]:
    """The row of an audited record."""
    return {
        **cells_of(one.priced),
        "logged_usd": _text(one.logged),
        "cost_usd": _text(one.cost),
        "difference_usd": to_text(one.difference),
        "causes": EITHER.join(_names(one.verdict)) or None,
        "detail": one.verdict.detail or None,
    }


def _names(verdict: AuditVerdict) -> list[str]:
    """The causes, and what they are if the file turns out to be written more finely than this figure."""
    return [*verdict.causes, *(name for name in verdict.otherwise if name != UNEXPLAINED)]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else to_text(amount)
