"""Priced records as a file: one row each, with what it cost, what was charged, and why where it has no price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyarrow as pa
from pyarrow import parquet

from llmpricing.domain.money import to_text
from llmpricing.services.usage_log.bill import Each, PricedRecord
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.row_by_row import RowAnswer
from llmpricing.services.usage_log.write.csv_cells import csv_line
from llmpricing.whole_files import part_file

COLUMNS = (
    *("at", "span_seconds", "provider", "model", "service_tier", "region", "usage", "record_id", "labels"),
    *(
        "charged",
        "charged_currency",
        "outcome",
        "reason",
        "cost",
        "currency",
        "state",
        "offering",
        "price_ids",
        "warnings",
    ),
)
_BATCH = 10_000
WrittenRow = Mapping[str, str | None]


def cells_of(priced: PricedRecord) -> dict[str, str | None]:
    """The row of a record: amounts and counts exact, as texts; counts and labels as JSON texts."""
    record, answer, is_priced = priced.record, priced.answer, priced.cost is not None
    counts = {meter: to_text_or_int(number) for meter, number in record.usage.stated.items()} if record.usage else None
    return {
        "at": record.at.isoformat() if record.at else None,
        "span_seconds": str(int(record.span.total_seconds())) if record.span else None,
        "provider": record.provider,
        "model": record.model or None,
        "service_tier": record.context.service_tier,
        "region": record.context.region,
        "usage": _json(counts) if counts else None,
        "record_id": record.record_id,
        "labels": _json(dict(record.labels)) if record.labels else None,
        "charged": None if record.charged is None else to_text(record.charged),
        "charged_currency": None if record.charged is None else record.currency,
        "outcome": priced.outcome.kind.value,
        "reason": priced.outcome.reason or None,
        "cost": None if priced.cost is None else to_text(priced.cost),
        "currency": answer.currency if is_priced else None,
        "state": (answer.state or "free") if is_priced else None,
        "offering": answer.offering or None,
        "price_ids": answer.price_ids or None,
        "warnings": warnings_of(record, answer),
    }


def warnings_of(record: UsageRecord, answer: RowAnswer) -> str | None:
    """The codes of what is said of the price, then of the record."""
    return " ".join((*answer.warnings.split(), *record.codes)) or None


def to_text_or_int(number: object) -> object:
    """Whole numbers as they are, others as exact texts."""
    return number if isinstance(number, int) else str(number)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


class RowsWriter:
    """Takes rows and writes them down, some thousand at a time."""

    def __init__(self, file: BinaryIO, ending: str, columns: Sequence[str]) -> None:
        self._file, self._ending, self._columns = file, ending, columns
        self._schema = pa.schema([(name, pa.string()) for name in columns])
        self._waiting: list[WrittenRow] = []
        self._parquet = parquet.ParquetWriter(file, self._schema) if ending == ".parquet" else None
        if ending == ".csv":
            self._file.write(csv_line(columns).encode() + b"\n")

    def take(self, row: WrittenRow) -> None:
        """Take a row."""
        self._waiting.append(row)
        if len(self._waiting) >= _BATCH:
            self.flush()

    def take_table(self, rows: pa.Table) -> None:
        """Take rows that are columns already."""
        self.flush()
        if self._parquet:
            self._parquet.write_table(rows)
        else:
            self._waiting = rows.to_pylist()
            self.flush()

    def flush(self) -> None:
        """Write what was taken."""
        rows, self._waiting = self._waiting, []
        if self._parquet and rows:
            self._parquet.write_table(pa.Table.from_pylist(rows, self._schema))
        elif self._ending == ".csv":
            for row in rows:
                self._file.write(csv_line(row[name] or "" for name in self._columns).encode(errors="replace") + b"\n")
        elif not self._parquet:
            self._file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)

    def close(self) -> None:
        """Write what ends the file."""
        self.flush()
        if self._parquet:
            self._parquet.close()

    def abandon(self) -> None:
        """End the writing of a file that nobody will have, so that nothing is tried once it is closed."""
        if self._parquet and self._parquet.is_open:
            with suppress(OSError):
                self._parquet.close()
            self._parquet.is_open = False


@contextmanager
def rows_into(file: BinaryIO, ending: str, columns: Sequence[str]) -> Iterator[RowsWriter]:
    """What writes rows to an open file: as .csv, .ndjson or .parquet, by the ``ending``."""
    rows = RowsWriter(file, ending, columns)
    try:
        yield rows
        rows.close()
    finally:
        rows.abandon()


@contextmanager
def rows_file(path: Path, mode: int, columns: Sequence[str]) -> Iterator[RowsWriter]:
    """What writes rows to the file, by its ending: .csv, .ndjson or .parquet. The file appears whole, when the
    block ends well.
    """
    with part_file(path, mode) as part:
        with rows_into(part.file, path.suffix, columns) as rows:
            yield rows
        part.keep()


@contextmanager
def records_file(path: Path, mode: int) -> Iterator[Each]:
    """What writes each priced record to the file, as ``rows_file`` does."""
    with rows_file(path, mode, COLUMNS) as rows:
        yield lambda priced: rows.take(cells_of(priced))
