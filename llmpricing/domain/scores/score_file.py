"""Scores out of a CSV file: what can be read, and each row that cannot with the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from urllib.parse import urlsplit

from llmpricing.domain.money import MoneyError, multiply, parse_decimal
from llmpricing.domain.scores.benchmarks import BENCHMARKS

COLUMNS = ("model", "benchmark", "score", "measured_on", "source_url", "note")
MAX_LENGTH = 300
MAX_ROWS = 100_000
_NEEDED = COLUMNS[:3]


class ScoreFileError(ValueError):
    """A file of which no row can be read."""


class _RowError(ValueError):
    """Why a row cannot be read."""


@dataclass(frozen=True, slots=True)
class StatedScore:
    """What a row says; ``model`` is a name as people write it. ``measured_on`` and ``source_url`` may be unknown;
    ``note`` says how it was measured: the effort, the harness.
    """

    model: str
    benchmark: str
    score: Decimal
    measured_on: date | None
    source_url: str | None
    note: str | None = None

    @property
    def is_out_of_range(self) -> bool:
        """Whether the score lies beyond an end of the benchmark's range."""
        return not BENCHMARKS[self.benchmark].holds(self.score)


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that was left out: its cells by the file's own columns, and why."""

    line: int
    cells: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True)
class ScoreFileShape:
    """How a file of another shape is read: which of its columns stands for which of ours, what all rows have in
    common, and by what its scores are multiplied (100 where they are shares). The score is the mean of the columns
    ``parts`` to three places, where a file has one for each task.
    """

    columns: Mapping[str, str]
    common: Mapping[str, str]
    factor: Decimal = Decimal(1)
    parts: Sequence[str] = ()


PLAIN = ScoreFileShape({}, {})


def read_scores(
    text: str, shape: ScoreFileShape = PLAIN, *, needs_source: bool = True
) -> Iterator[tuple[FailedRow, StatedScore | None]]:
    """Each row as it stands, with its score or, where that is None, the reason; raises ScoreFileError for a file
    without the columns. A model's second score of one benchmark is one reason.
    """
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")), strict=True)
    seen: set[tuple[str, str]] = set()
    try:
        _check_columns(reader.fieldnames or (), shape)
        for count, cells in enumerate(reader, 1):
            if count > MAX_ROWS:
                raise ScoreFileError(f"it has more than {MAX_ROWS:,} rows: split it")
            row = FailedRow(reader.line_num, {k: v or "" for k, v in cells.items() if k is not None}, "")
            try:
                if None in cells:
                    raise _RowError("it has more cells than there are columns")
                stated = _stated(row.cells, shape, needs_source)
                if (stated.model, stated.benchmark) in seen:
                    raise _RowError("an earlier row has a score of this model and benchmark")
                seen.add((stated.model, stated.benchmark))
                yield row, stated
            except _RowError as error:
                yield FailedRow(row.line, row.cells, str(error)), None
    except csv.Error as error:
        raise ScoreFileError(f"line {reader.line_num} is no CSV: {error}") from None


def _check_columns(names: object, shape: ScoreFileShape) -> None:
    has = set(names) if isinstance(names, list) else set()
    needed = [shape.columns.get(one, one) for one in _NEEDED if one not in shape.common]
    if shape.parts:
        needed = [*(one for one in needed if one != shape.columns.get("score", "score")), *shape.parts]
    if missing := [one for one in needed if one not in has]:
        wanted = ", ".join(missing)
        raise ScoreFileError(f"it has no column {wanted}. The columns are {', '.join(COLUMNS)}")


def _stated(cells: Mapping[str, str], shape: ScoreFileShape, needs_source: bool) -> StatedScore:
    def cell(name: str) -> str:
        return (cells.get(shape.columns.get(name, name)) or shape.common.get(name, "")).strip()

    source = _source(cell("source_url"), needs_source)
    model, benchmark = cell("model"), cell("benchmark")
    if not model or len(model) > MAX_LENGTH or not model.isprintable():
        raise _RowError(f"model takes 1 to {MAX_LENGTH} printable characters")
    if benchmark not in BENCHMARKS:
        raise _RowError(f"no benchmark is called {benchmark[:60]!r}: {', '.join(BENCHMARKS)}")
    score = _score([cells.get(part, "").strip() for part in shape.parts] or [cell("score")], shape.factor)
    if len(note := cell("note")) > MAX_LENGTH or not note.isprintable():
        raise _RowError(f"note takes up to {MAX_LENGTH} printable characters")
    return StatedScore(model, benchmark, score, _day(cell("measured_on")), source, note or None)


def _score(texts: Sequence[str], factor: Decimal) -> Decimal:
    """The number, or the mean of several to three places; of a task that is not measured there is none."""
    numbers = []
    for text in texts:
        try:
            numbers.append(parse_decimal(text))
        except MoneyError:
            raise _RowError(f"score {text[:60]!r} is no number") from None
    if len(numbers) == 1:
        return multiply(numbers[0], factor)
    mean = sum((Fraction(number) for number in numbers), Fraction(0)) / len(numbers) * Fraction(factor)
    return Decimal(round(mean * 1000)).scaleb(-3)


def _day(text: str) -> date | None:
    """The day; None where the cell is empty. Of a time its date counts."""
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise _RowError(f"measured_on {text[:60]!r} is no date such as 2026-01-31; leave it empty if unknown") from None


def _source(text: str, is_needed: bool) -> str | None:
    if not text and not is_needed:
        return None
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable()
    except ValueError:
        is_address = False
    if not is_address or len(text) > 4 * MAX_LENGTH:
        raise _RowError("source_url takes the address where the score is published, such as https://example.com/scores")
    return text
