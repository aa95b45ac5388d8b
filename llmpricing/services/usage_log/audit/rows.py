"""Audited records as a file: each with both figures in USD, what lies between them, and its causes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from llmpricing.domain.money import to_text
from llmpricing.services.usage_log.audit.report import Take
from llmpricing.services.usage_log.audit.right_cells import right_cells, unlogged_cells
from llmpricing.services.usage_log.audit.undecided_rows import (
    EITHER,
    WaitingRows,
    pending_cells,
    pending_schema,
    with_pending,
)
from llmpricing.services.usage_log.audit.verdicts import Audited, FinestPlaces, figure_kind
from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.priced_columns import PricedColumns
from llmpricing.services.usage_log.write.records import COLUMNS, RowsWriter, cells_of, rows_file, rows_into

AUDIT_COLUMNS = (*COLUMNS, "logged_usd", "cost_usd", "difference_usd", "causes", "detail")
AUDIT_SCHEMA = pa.schema([(name, pa.string()) for name in AUDIT_COLUMNS])
_SCHEMA = pending_schema(AUDIT_SCHEMA)
_BATCH = 10_000


class WrittenBatch:
    """Writes down the audited records of one batch after the other, each in its order; those that wait for the
    ``finish``, in the ``folder``.
    """

    def __init__(self, rows: RowsWriter, folder: str | None = None) -> None:
        self._rows, self._waiting = rows, WaitingRows(folder)
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
            self._tables.append(pa.Table.from_pylist([audit_cells(one) for one in others], _SCHEMA))
        if self._tables:
            order = np.argsort(np.concatenate(self._places), kind="stable")
            rows = pa.concat_tables(map(with_pending, self._tables)).take(pa.array(order))
            if (decided := self._waiting.take(rows)) is not None:
                self._rows.take_table(decided)
        self._places, self._tables, self._others = [], [], []

    def finish(self, finest: FinestPlaces) -> None:
        """Write what waited, now that it is known how finely the files' figures are written."""
        for rows in self._waiting.decided(finest):
            self._rows.take_table(rows)

    def close(self) -> None:
        """Let go of what waits."""
        self._waiting.close()


@contextmanager
def audit_file(path: Path, mode: int) -> Iterator[WrittenBatch]:
    """What writes the audited records to the file, by its ending; it appears whole, when the block ends well."""
    with rows_file(path, mode, AUDIT_COLUMNS) as rows, closing(WrittenBatch(rows, str(path.parent))) as written:
        yield written


@contextmanager
def audit_csv(file: BinaryIO) -> Iterator[Take]:
    """What writes each audited record to an open file, as CSV, when the block ends well."""
    finest, places = FinestPlaces(), count()
    with rows_into(file, ".csv", AUDIT_COLUMNS) as rows, closing(WrittenBatch(rows)) as written:

        def take(one: Audited) -> None:
            finest.count(one.priced.record)
            place = next(places)
            written.add(place, one)
            if place % _BATCH == _BATCH - 1:
                written.end()

        yield take
        written.end()
        written.finish(finest)


def audit_cells(one: Audited) -> dict[str, Any]:
    """The row of an audited record, and what it is decided by where that is still open."""
    return {
        **cells_of(one.priced),
        "logged_usd": _text(one.logged),
        "cost_usd": _text(one.cost),
        "difference_usd": to_text(one.difference),
        "causes": EITHER.join(one.verdict.causes) or None,
        "detail": one.verdict.detail or None,
        **pending_cells(one.verdict, figure_kind(one.priced.record)),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else to_text(amount)
