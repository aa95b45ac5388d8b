"""A usage log, priced from file to file in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from llmpricing.domain.quotes.charges import money
from llmpricing.domain.usage.wording import ParameterWords, in_python
from llmpricing.services.usage_log import cost_columns
from llmpricing.services.usage_log.batch import Batch, Mask
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.left_out import check_left_out
from llmpricing.services.usage_log.formats.plain_counts import check_plain_counts
from llmpricing.services.usage_log.formats.told_tiers import check_no_tiers
from llmpricing.services.usage_log.layout import ColumnRoles, Layout
from llmpricing.services.usage_log.pricer import LogPricer, Priced
from llmpricing.services.usage_log.read.csv import read_csv
from llmpricing.services.usage_log.read.ndjson import read_ndjson
from llmpricing.services.usage_log.read.parquet import read_parquet
from llmpricing.services.usage_log.row_by_row import RowAnswer
from llmpricing.services.usage_log.write.parquet import ParquetWriter
from llmpricing.services.usage_log.write.text import TextWriter, Writer
from llmpricing.whole_files import PartFile, mode_like, part_file

OTHER_REASONS = "other reasons"
_MOST_REASONS = 1000  # that a summary tells apart
Item = TypeVar("Item")


class _Costs:
    """The costs of a batch, to be summed by what is said of its rows."""

    def __init__(self, priced: Priced) -> None:
        self._priced = priced
        self._alone = np.zeros(len(priced.which), np.bool_)
        self._alone[list(priced.totals)] = True

    def rows(self, wanted: Callable[[RowAnswer], bool]) -> Mask:
        """The priced rows whose answer is wanted."""
        chosen = [answer.reason is None and wanted(answer) for answer in self._priced.answers]
        found: Mask = np.array(chosen, np.bool_)[self._priced.which]
        return found

    def summed(self, wanted: Callable[[RowAnswer], bool]) -> int:
        """What these rows cost in 1e-12, exactly."""
        rows = self.rows(wanted)
        totals = [total for row, total in self._priced.totals.items() if rows[row]]
        return cost_columns.summed(self._priced.units[rows & ~self._alone], totals)


@dataclass
class WarnedRows:
    """The priced rows that bear one code of a warning, and what they cost."""

    rows: int = 0
    units: Counter[str] = field(default_factory=Counter)

    @property
    def totals(self) -> dict[str, Decimal]:
        """The sum of their costs by currency, exactly."""
        return _amounts(self.units)


def _bears(currency: str, code: str | None = None) -> Callable[[RowAnswer], bool]:
    return lambda answer: answer.currency == currency and (code is None or code in answer.warnings.split())


def _amounts(units: Mapping[str, int]) -> dict[str, Decimal]:
    return {currency: money(number) for currency, number in sorted(units.items())}


@dataclass
class LogSummary:
    """What was done: rows in all, reasons of those without a price, exact totals by currency, what was warned of by
    code, the log's columns.
    """

    rows: int = 0
    priced: int = 0
    unpriced: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    warned: dict[str, WarnedRows] = field(default_factory=dict)
    layout: Layout | None = None

    @property
    def totals(self) -> dict[str, Decimal]:
        """The sum of all costs by currency, exactly."""
        return _amounts(self.units)

    def count(self, batch: Batch, priced: Priced | None) -> None:
        """Add a batch; without answers it has broken rows only."""
        self.layout = batch.layout
        self.rows += batch.table.num_rows + len(batch.broken)
        for row in batch.broken:
            self._refuse(row.reason, 1)
        if priced is None:
            return
        numbers = np.bincount(priced.which, minlength=len(priced.answers)).tolist()
        for answer, number in zip(priced.answers, numbers, strict=True):
            if answer.reason is not None and number:
                self._refuse(answer.reason, number)
            elif number:
                self.priced += number
        costs = _Costs(priced)
        for currency in sorted({answer.currency for answer in priced.answers if answer.reason is None}):
            self.units[currency] += costs.summed(_bears(currency))
        told = {(code, answer.currency) for answer in priced.answers for code in answer.warnings.split()}
        for code, currency in sorted(told):
            warned = self.warned.setdefault(code, WarnedRows())
            warned.rows += int(costs.rows(_bears(currency, code)).sum())
            warned.units[currency] += costs.summed(_bears(currency, code))

    def _refuse(self, reason: str, rows: int) -> None:
        is_new = reason not in self.unpriced and len(self.unpriced) >= _MOST_REASONS
        self.unpriced[OTHER_REASONS if is_new else reason] += rows


def price_log(
    pricer: LogPricer,
    columns: ColumnRoles,
    log: Path,
    out: Path,
    rejects: Path,
    progress: Callable[[int], None] = lambda rows: None,
) -> LogSummary:
    """Price ``log`` into ``out``, and what has no price into ``rejects``; ``progress`` is told of rows when done.

    Both files appear at the end, ``rejects`` only where there are any, readable by nobody who cannot read the log.
    Raises LogError where nothing can be read, OSError where nothing can be written.
    """
    summary, mode = LogSummary(), mode_like(log)
    batches = batches_of(log, (out, rejects), columns, pricer.words)
    with part_file(out, mode) as good, part_file(rejects, mode) as bad:
        with _writer(good, out, log, refused=False) as priced, _writer(bad, rejects, log, refused=True) as unpriced:
            _price(pricer, batches, priced, unpriced, summary, progress)
        good.keep()
        if summary.unpriced:
            bad.keep()
        else:
            rejects.unlink(missing_ok=True)
    return summary


def _price(
    pricer: LogPricer,
    batches: Iterator[Batch],
    good: Writer,
    bad: Writer,
    summary: LogSummary,
    progress: Callable[[int], None],
) -> None:
    """Price batch by batch, while the next one is read and the last one is written."""
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        written = None
        for batch in _ahead(reader, batches):
            priced = pricer.price(batch) if batch.table.num_rows else None
            if written is not None:
                written.result()
            written = writer.submit(_write, good, bad, batch, priced)
            summary.count(batch, priced)
            progress(batch.table.num_rows + len(batch.broken))
        if written is not None:
            written.result()


def batches_of(
    log: Path, to: Sequence[Path], columns: ColumnRoles, words: ParameterWords = in_python
) -> Iterator[Batch]:
    """The rows of a log that are to be written to these files; raises LogError where nothing can be read."""
    shapes = {path.suffix for path in to}
    if log.suffix == ".csv":
        return _of_plain_counts(log, columns, read_csv(log, columns, whole=".parquet" in shapes))
    if log.suffix == ".parquet":
        return _of_no_tiers(log, columns, read_parquet(log, columns))
    if ".csv" in shapes or to[0].suffix != ".ndjson":
        raise LogError("JSON lines need not all have the same names: write them as .ndjson again.")
    return _of_no_tiers(log, columns, read_ndjson(log, columns, words))


def _of_plain_counts(log: Path, columns: ColumnRoles, batches: Iterator[Batch]) -> Iterator[Batch]:
    first = next(batches)  # without rows: it tells which columns count
    check_plain_counts(log, (*first.layout.meters, *first.layout.fields))
    yield from _of_no_tiers(log, columns, chain([first], batches))


def _of_no_tiers(log: Path, columns: ColumnRoles, batches: Iterator[Batch]) -> Iterator[Batch]:
    seen: set[str] = set()
    for place, batch in enumerate(batches):
        unread = {*batch.layout.names} - {*batch.layout.counting, *columns.ignored}
        if not place:  # it tells the columns
            check_no_tiers(log, unread)
        # later lines of NDJSON may have more of them, and numbers in what was null before, which then counts
        check_left_out(log, {name for name in unread - seen if not columns.counts(name)})
        seen |= unread
        yield batch


@contextmanager
def _writer(part: PartFile, path: Path, log: Path, *, refused: bool) -> Iterator[Writer]:
    writer: Writer
    if path.suffix == ".parquet":
        writer = ParquetWriter(part.file, refused=refused)
    else:
        is_csv, log_is_csv = path.suffix == ".csv", log.suffix == ".csv"
        writer = TextWriter(part.file, is_csv=is_csv, log_is_csv=log_is_csv, refused=refused)
    try:
        yield writer
    finally:
        writer.close()


def _write(good: Writer, bad: Writer, batch: Batch, priced: Priced | None) -> None:
    good.begin(batch.layout)
    bad.begin(batch.layout)
    if priced is not None:
        refused = priced.refused
        for writer, wanted in ((good, ~refused), (bad, refused)):
            if wanted.any():
                writer.rows(batch, priced, wanted)
    bad.broken(batch.broken, batch.layout)


def _ahead(reader: ThreadPoolExecutor, items: Iterator[Item]) -> Iterator[Item]:
    """The same items; the next one is made while this one is worked on."""
    coming = reader.submit(next, items, None)
    while (item := coming.result()) is not None:
        coming = reader.submit(next, items, None)
        yield item
