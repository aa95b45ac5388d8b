"""Rows of a table that sum up others of it, as spreadsheets and reports add them: told by their arithmetic."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import re2

from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.formats.noted_numbers import counted_columns, table_divider
from llmpricing.services.usage_log.formats.number_signs import NumberSigns
from llmpricing.services.usage_log.formats.opened_file import failures_told, overlapping_parts, unpacked
from llmpricing.services.usage_log.formats.raw_blocks import BROKEN, RawRow
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord, not_billed
from llmpricing.services.usage_log.formats.row import Row
from llmpricing.services.usage_log.formats.shape import RecordReader, Shape
from llmpricing.services.usage_log.formats.tool_names import by_tool_names, tool_rows
from llmpricing.services.usage_log.formats.unread import Unread
from llmpricing.services.usage_log.formats.values import as_number, states_nothing, without_dollars

TOTAL = UsageRecord(outcome=not_billed("a row of totals: the sum of other rows of the table"), codes=("TOTAL_ROW",))
_WORDS = (
    r"(?:(?:grand|sub|over)[ -]?)?totals?|sum|summe|(?:zwischen|gesamt)summe|gesamt(?:ergebnis)?|ergebnis|insgesamt|"
    r"totale|total g[eé]n[eé]ral|total general|somme|suma|soma|totaal|summa|toplam|razem|celkem|Итого|ИТОГО|итого|"
    r"all models"
)
_WHOLE = "合计|总计|小计|合計|小計|합계|총계|소계"  # of scripts without blanks between words
_WORD = re.compile(rf"(?:.*[\s:])?(?:{_WORDS})(?:[\s:].*)?|{_WHOLE}", re.IGNORECASE)
_BYTES = _WORDS.replace("[eé]", r"(?:e|\xc3\xa9)")
_SAMPLE, _MOST, _LINE, _TAIL = 200, 1000, 2**20, 2**16
_HALF, _PART = Decimal("0.5"), 200
_TIME, _MODEL, _ANYTHING, _WORD_FOR_IT = "time", "model", "anything", "word"


def total_rows(path: Path, shape: Shape, signs: NumberSigns | None, each_row: Callable[[], None]) -> frozenset[int]:
    """The numbers of the rows that sum up others; raises LogError. A table that may have such is read once for it.

    Such a row names no model, or has no time, or cannot be read, or has a word for it, as none of those that it sums
    up; and each of its counts and amounts is the sum of those of the rows since the beginning or since another such
    row; with a word for it, also of a single row, or of all that come after it.
    """
    with failures_told(path):
        divider = table_divider(path)
        if divider is None or not _may_have_totals(path, divider, shape, signs, each_row):
            return frozenset()
    rows = tool_rows(path, shape, signs)
    head = list(islice(rows, _SAMPLE))
    found = _Totals(
        counted_columns(shape, head), shape.reader(shape.scan(row.fields for row in head) if shape.scan else None)
    )
    for some in (head, rows):
        for row in some:
            each_row()
            if BROKEN not in row.fields:
                found.count(row)
    return found.ended()


def _may_have_totals(
    path: Path, divider: str, shape: Shape, signs: NumberSigns | None, each_chunk: Callable[[], None]
) -> bool:
    """Whether a cell of the table is a word for it, or its first or its last line lacks what makes a record and another
    does not; ``each_chunk`` may end the search through a large file.
    """
    pattern = _pattern(divider)
    with unpacked(path) as stream:
        header = stream.readline(_LINE)  # which may name a column of totals
        first, second = stream.readline(_LINE), stream.readline(_LINE)
        part = b""
        for part in overlapping_parts(stream, _TAIL, b"\n" + first + second, each_chunk):
            if pattern.search(part):
                return True
    last = part.rstrip(b"\r\n").rpartition(b"\n")[2]
    names, *lines = (_cells(line, divider) for line in (header, first, second, last))
    read = _Totals([], shape.reader(shape.scan(()) if shape.scan else None))

    def differs(cells: Sequence[str]) -> frozenset[str]:
        fields = dict(zip(names, cells, strict=False))
        if signs is not None:
            fields |= {name: signs.plain(fields[name]) for name in signs.columns if name in fields}
        return read.differs(by_tool_names(shape, fields)) if cells else frozenset()

    one, other, end = map(differs, lines)
    return bool(end - one) or bool(one - other)


def _cells(line: bytes, divider: str) -> list[str]:
    """The cells of a line; none where it cannot be told apart."""
    try:
        return next(csv.reader([line.decode("utf-8-sig", "replace").rstrip("\r\n")], delimiter=divider), [])
    except csv.Error:
        return []


@lru_cache
def _pattern(divider: str) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = False
    other = rf'[^\n"\{divider}]{{0,40}}'
    words = rf"(?:{other}[\s:])?(?:{_BYTES})(?:[\s:]{other})?"
    words = rf'[\n\r\{divider}]"?{words}"?[\n\r\{divider}]'
    return re2.compile(f"{words}|{_WHOLE}".encode(), options)


class _MayBeTotal(NamedTuple):
    """The figures of a row that may be a total, by what it ``differs`` from those that it would sum up, and what the
    columns had come to before it: ``plainly`` without rows that have a word for it.
    """

    number: int
    figures: Mapping[str, Decimal]
    differs: frozenset[str]
    before: _SumsSoFar
    plainly: _SumsSoFar

    @property
    def has_word(self) -> bool:
        """Whether a cell is a word for it."""
        return _WORD_FOR_IT in self.differs


class _SumsSoFar(NamedTuple):
    """The sums of so many rows, and how many of them differ from the others in what."""

    rows: int
    columns: Mapping[str, Decimal]
    differing: Mapping[str, int]


_NONE = _SumsSoFar(0, {}, {})


@dataclass
class _RunningSums:
    rows: int = 0
    columns: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    differing: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, figures: Mapping[str, Decimal], differs: frozenset[str]) -> None:
        self.rows += 1
        for column, figure in figures.items():
            self.columns[column] += figure
        for what in differs:
            self.differing[what] += 1

    def now(self) -> _SumsSoFar:
        return _SumsSoFar(self.rows, dict(self.columns), dict(self.differing))


@dataclass
class _Totals:
    """The sums of the ``columns`` so far, and the rows that tell them."""

    columns: Sequence[str]
    read: RecordReader
    found: set[int] = field(default_factory=set)
    places: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    marks: list[_SumsSoFar] = field(default_factory=lambda: [_NONE])
    unsure: list[_MayBeTotal] = field(default_factory=list)
    _all: _RunningSums = field(default_factory=_RunningSums)
    _plain: _RunningSums = field(default_factory=_RunningSums)  # without those that are unsure

    def count(self, row: RawRow) -> None:
        """Add a row, unless it is a total."""
        figures = self._figures(row.fields)
        differs = self.differs(row.fields) if any(figures.values()) else frozenset[str]()
        is_unsure = False
        if differs:
            one = _MayBeTotal(row.number, figures, differs, self._all.now(), self._plain.now())
            if any(self._is_sum(one, mark, one.before) for mark in reversed(self.marks)):
                self.found.add(row.number)
                self.marks = [_NONE, *self.marks[1:][-_MOST:], one.before]
                return
            is_first = not self._all.rows
            if is_unsure := (one.has_word or is_first) and len(self.unsure) < _MOST:
                self.unsure.append(one)
        self._all.add(figures, differs)
        if not is_unsure:
            self._plain.add(figures, differs)
        for column, figure in figures.items():
            self.places[column] = max(self.places[column], _places(figure))

    def ended(self) -> frozenset[int]:
        """All totals, also those that stand above what they sum up, or at either end of it."""
        everything = self._plain.now()
        for one in self.unsure:
            if self._is_sum(one, one.plainly, everything) or self._is_sum(one, _NONE, one.plainly):
                self.found.add(one.number)
        return frozenset(self.found)

    def _is_sum(self, one: _MayBeTotal, since: _SumsSoFar, until: _SumsSoFar) -> bool:
        rows = until.rows - since.rows
        own = {what for what in one.differs if until.differing.get(what, 0) == since.differing.get(what, 0)}
        if not own or rows < (1 if _WORD_FOR_IT in own else 2):
            return False
        return all(
            abs(figure - (until.columns.get(column, 0) - since.columns.get(column, 0)))
            <= self._step(column, figure, rows)
            for column, figure in one.figures.items()
        )

    def _step(self, column: str, figure: Decimal, rows: int) -> Decimal:
        """By how much a sum may differ that was rounded, or whose parts were: whole numbers by nothing."""
        places = self.places[column]
        if not places:
            return Decimal(0)
        of_total = _HALF.scaleb(-_places(figure)) if 2 <= _places(figure) < places else Decimal(0)
        return min(of_total + _HALF.scaleb(-places) * rows, max(_HALF.scaleb(-2), abs(figure) / _PART))

    def _figures(self, fields: Mapping[str, Any]) -> dict[str, Decimal]:
        found = {}
        for column in self.columns:
            value = fields.get(column)
            if value is not None and not states_nothing(value):
                try:
                    found[column] = as_number(column, without_dollars(value))
                except UsageError:
                    continue
        return found

    def differs(self, fields: Mapping[str, Any]) -> frozenset[str]:
        """What the row lacks of a record, and whether it has a word for a total; nothing where it is a record."""
        try:
            lacking = [_lacking(one) for one in self.read(Row(fields, Unread()))] or [{_ANYTHING}]
        except UsageError:
            lacking = [{_ANYTHING}]
        found = frozenset[str]().union(*lacking) if all(lacking) else frozenset[str]()
        return found | {_WORD_FOR_IT} if found and _has_word(fields) else found


def _lacking(record: UsageRecord) -> set[str]:
    if record.outcome.kind is OutcomeKind.NOT_BILLED:  # as the sum of a trace, which its tool calls so itself
        return set()
    model = record.model.strip()
    no_model = {_MODEL} if not model or _WORD.fullmatch(model) else set[str]()
    return no_model | ({_TIME} if record.at is None else set())


def _has_word(fields: Mapping[str, Any]) -> bool:
    return any(
        isinstance(cell, str) and len(cell) < _SAMPLE and _WORD.fullmatch(cell.strip()) for cell in fields.values()
    )


def _places(figure: Decimal) -> int:
    return max(0, -int(figure.normalize().as_tuple().exponent))
