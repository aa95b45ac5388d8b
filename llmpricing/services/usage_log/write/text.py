"""What is written of a priced log: its rows with their costs, and in a second file those that have none, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.services.usage_log import cost_columns
from llmpricing.services.usage_log.batch import Batch, Broken, Mask
from llmpricing.services.usage_log.cells import cells
from llmpricing.services.usage_log.layout import Layout
from llmpricing.services.usage_log.pricer import Priced
from llmpricing.services.usage_log.row_by_row import RowAnswer
from llmpricing.services.usage_log.write.csv_cells import csv_cells, csv_line, guarded_rows


class Writer(Protocol):
    """Writes one of the two files: the priced rows, or the refused and broken ones."""

    def begin(self, layout: Layout) -> None:
        """Learn the log's columns; the first time counts."""

    def rows(self, batch: Batch, priced: Priced, wanted: Mask) -> None:
        """Write the wanted rows of the batch."""

    def broken(self, rows: Sequence[Broken], layout: Layout) -> None:
        """Write rows that are no rows."""

    def close(self) -> None:
        """Write what ends the file, which stays open."""


def totals_of(priced: Priced, wanted: Mask) -> dict[int, Any]:
    """The totals of rows quoted by themselves, by their place among the wanted rows."""
    places = np.cumsum(wanted) - 1
    return {int(places[row]): total for row, total in priced.totals.items() if wanted[row]}


class TextWriter:
    """CSV or JSON lines: each row as the log wrote it, and behind it what is said of it. ``log_is_csv`` tells how rows
    that come as texts are written; from CSV to JSON lines, cells stay texts.
    """

    def __init__(self, file: BinaryIO, *, is_csv: bool, log_is_csv: bool, refused: bool) -> None:
        self._file = file
        self._is_csv, self._log_is_csv, self._refused, self._is_empty = is_csv, log_is_csv, refused, True
        self._names: tuple[str, ...] = ()

    def begin(self, layout: Layout) -> None:
        """Learn the log's columns; the first time counts, and writes the header."""
        if self._names:
            return
        self._names = layout.why if self._refused else layout.added
        if self._is_csv:
            self._file.write(csv_line([*layout.names, *self._names]).encode())
            self._is_empty = False

    def rows(self, batch: Batch, priced: Priced, wanted: Mask) -> None:
        """Write the wanted rows of the batch."""
        chosen = pa.array(np.flatnonzero(wanted))
        if self._refused:
            first = pa.array(batch.lines[wanted]).cast(pa.string())
        else:
            first = cost_columns.texts(priced.units[wanted], totals_of(priced, wanted))
        rest = pa.array([self._rest(answer) for answer in priced.answers], pa.string())
        before = "," if self._is_csv else f',"{self._names[0]}":' + ("" if self._refused else '"')
        joined = compute.binary_join_element_wise(
            self._written(batch, chosen), before, first, rest.take(pa.array(priced.which[wanted])), ""
        )
        offsets, data = joined.buffers()[1:]
        ends = np.frombuffer(offsets, np.int32)[joined.offset : joined.offset + len(joined) + 1]
        self._write(memoryview(data)[int(ends[0]) : int(ends[-1])])

    def broken(self, rows: Sequence[Broken], layout: Layout) -> None:
        """Write rows that are no rows, as one text."""
        for line, reason, text in rows:
            readable = text.decode(errors="backslashreplace")
            if self._is_csv:
                row = [readable, *[""] * (len(layout.names) - 1), str(line), reason]
                self._write(b"\n" + csv_line(row).encode())
            else:
                self._write(b"\n" + msgspec.json.encode({"text": readable, "line": line, "reason": reason}))

    def close(self) -> None:
        """Write the end of the last line."""
        if not self._is_empty:
            self._file.write(b"\n")

    def _write(self, text: Any) -> None:
        """Write rows, each of which begins with a line end; the file does not."""
        if len(text):
            self._file.write(memoryview(text)[1:] if self._is_empty else text)
            self._is_empty = False

    def _rest(self, answer: RowAnswer) -> str:
        """What follows the cost, or the line of a refused row."""
        rest = [answer.reason or ""] if self._refused else [*answer[1:]]
        if self._is_csv:
            return "," + csv_line(rest)
        pairs = zip(self._names[1:], rest, strict=True)
        return ("" if self._refused else '"') + "".join(f",{_json(n)}:{_json(v)}" for n, v in pairs) + "}"

    def _written(self, batch: Batch, chosen: pa.Array) -> pa.Array:
        """The chosen rows as this file writes them, each behind a line end, and JSON without its last brace."""
        if batch.written is None:
            return self._of_table(batch.table.take(chosen))
        rows = batch.written.take(chosen)
        if self._is_csv:
            return guarded_rows(rows)
        return self._as_json(batch.layout.names, rows) if self._log_is_csv else _open(rows)

    def _as_json(self, names: Sequence[str], rows: pa.Array) -> pa.Array:
        documents = (dict(zip(names, csv_cells(row[1:]), strict=True)) for row in rows.to_pylist())
        return pa.array(["\n" + msgspec.json.encode(row).decode()[:-1] for row in documents], pa.string())

    def _of_table(self, table: pa.Table) -> pa.Array:
        names = table.column_names
        rows = zip(*(cells(column) for column in table.columns), strict=True)
        if self._is_csv:
            texts = [csv_line(["" if cell is None else str(cell) for cell in row]) for row in rows]
        else:
            texts = [msgspec.json.encode(dict(zip(names, row, strict=True))).decode()[:-1] for row in rows]
        return pa.array(["\n" + text for text in texts], pa.string())


def _open(rows: pa.StringArray) -> pa.StringArray:
    """JSON objects without their last brace."""
    return compute.binary_slice(rows.view(pa.binary()), 0, -1).view(pa.string())


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()
