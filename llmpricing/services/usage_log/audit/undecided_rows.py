"""Rows of audited records that wait until it is known how finely their file's figures are written."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Any

import pyarrow as pa

from llmpricing.services.usage_log.audit.verdicts import AuditVerdict, FigureKind, FinestPlaces

EITHER = " | "  # between causes that give the same figure
_PENDING = ("decimals", "otherwise", "is_sum")  # what is known of an undecided row besides its cells
_SCHEMA = {"decimals": pa.int64(), "otherwise": pa.string(), "is_sum": pa.bool_()}


def pending_cells(verdict: AuditVerdict, kind: FigureKind) -> dict[str, Any]:
    """What an undecided row is decided by, nothing where it is decided."""
    if verdict.decimals is None:
        return {}
    return {"decimals": verdict.decimals, "otherwise": EITHER.join(verdict.otherwise), "is_sum": kind[0]}


def with_pending(table: pa.Table) -> pa.Table:
    """Rows with the columns of undecided ones; all of these are decided that have none."""
    for name in _PENDING:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(len(table), _SCHEMA[name]))
    return table


def pending_schema(schema: pa.Schema) -> pa.Schema:
    """The columns of rows, and those that they are decided by."""
    return pa.schema([*schema, *_SCHEMA.items()])


class WaitingRows:
    """Keeps tables in order in a file without a name, from the first on that has an undecided row."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._writer: pa.RecordBatchStreamWriter | None = None

    def take(self, table: pa.Table) -> pa.Table | None:
        """The table without the columns that it is decided by, if none of it or before it waits; else it waits."""
        if self._writer is None and table.column("decimals").null_count == len(table):
            return table.drop_columns(list(_PENDING))
        if self._writer is None:
            self._file = TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed when its rows are taken out
            self._writer = pa.ipc.new_stream(self._file, table.schema)
        self._writer.write_table(table)
        return None

    def decided(self, finest: FinestPlaces) -> Iterator[pa.Table]:
        """All that waited, in order, each row with its causes."""
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.seek(0)
        with pa.ipc.open_stream(self._file) as batches:
            for batch in batches:
                yield _decided(pa.Table.from_batches([batch]), finest)
        self.close()

    def close(self) -> None:
        """Let go of what waits."""
        if self._file is not None:
            self._file.close()


def _decided(table: pa.Table, finest: FinestPlaces) -> pa.Table:
    names = ("causes", "detail", *_PENDING, "charged_currency")
    cells = zip(*(table.column(name).to_pylist() for name in names), strict=True)
    causes, details = [], []
    for cause, detail, decimals, otherwise, is_sum, currency in cells:
        verdict = AuditVerdict((cause,) if cause else (), detail or "", decimals, tuple(filter(None, [otherwise])))
        verdict = verdict.decided(finest.of((bool(is_sum), currency or "")))
        causes.append(EITHER.join(verdict.causes) or None)
        details.append(verdict.detail or None)
    for name, column in (("causes", causes), ("detail", details)):
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(column, pa.string()))
    return table.drop_columns(list(_PENDING))
