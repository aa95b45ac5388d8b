"""The cells of some thousand rows, by what a reader asks of them: what varies, counts, or tells kinds apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.domain.times import EPOCH, micros
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.alike_rows import RowOfCounts
from llmpricing.services.usage_log.formats.asked_row import AskedFields
from llmpricing.services.usage_log.formats.json_cells import JsonCells, is_outline
from llmpricing.services.usage_log.formats.raw_blocks import Cells, JsonTexts, RawBlock, is_empty
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.shape import Varying
from llmpricing.services.usage_log.formats.values import NOTHING
from llmpricing.services.usage_log.formats.varying_cells import amounts_of, first_stated, instants_of, texts_of
from llmpricing.services.usage_log.vectors import combined, distinct

_WRITTEN_COUNT = "^(?:0|[1-9][0-9]{0,12})$"
_LARGEST = 10**13
_WORDS_FOR_NOTHING = pa.array([None, *NOTHING], pa.string())
_FEW = 32  # kinds that are always worth it
_ALIKE = 8  # rows of a kind, on average, from which on it is worth it


class NotAlike(Exception):
    """The rows are better read one by one."""


class BlockCells:
    """The cells of some rows by what a reader asks of them; between ``turns``, in microseconds, times are alike."""

    def __init__(
        self, rows: RawBlock, asked: AskedFields, free: set[str], varying: Varying, turns: Sequence[int] = ()
    ) -> None:
        self._rows = rows
        for names in rows.names:
            asked.suspect(names)
        self.size = asked.size
        self.at, bad_time = instants_of(first_stated(rows.column, varying.at, len(rows)))
        self.charged, bad_charge = self._amounts(varying.charged)
        if varying.charged_per != 1:
            self.charged = [None if one is None else one / varying.charged_per for one in self.charged]
        self.ids = self._joined(varying) if varying.id_parts else self._texts(varying.record_id)
        self.labels = {name: self._texts(names) for name, names in varying.labels.items()}
        self.good: Mask = ~(bad_time | bad_charge)
        self._numbers: dict[str, Numbers] = {}
        self._json: dict[str, JsonCells] = {}
        self._named: dict[str, _NamedCells] = {}
        self._parts = [_is_there(self.charged), _is_there(self.ids), *map(_is_there, self.labels.values())]
        for name in asked.numbers:
            self._add_number(name)
        for name in sorted(asked.consulted - free):
            self._add_named(name)
        for name, starts in sorted(asked.begun.items()):
            self._add_beginnings(name, starts)
        if turns:
            self._add("since", _NamedCells(np.searchsorted(turns, self.at, "right"), range(len(turns) + 1)))
        self._parts.append((rows.which_names, len(rows.names)))

    def kinds(self) -> Iterator[Numbers]:
        """The rows of each kind that can be told so far; raises NotAlike where there are too many."""
        good = np.flatnonzero(self.good)
        if not len(good):
            return
        code = combined(self._parts)[good]
        which, values, _ = distinct(code)
        if len(values) > max(len(good) // _ALIKE, _FEW):
            raise NotAlike
        order = np.argsort(which, kind="stable")
        yield from (good[rows] for rows in np.split(order, np.cumsum(np.bincount(which))[:-1]))

    def key(self, row: int) -> tuple[Any, ...]:
        """What tells the kind of a row from others, in whatever block."""
        there = [bool(codes[row]) for codes, _ in self._parts[: len(self.labels) + 2 + len(self._numbers)]]
        names = self._rows.names[self._rows.which_names[row]]
        return (*there, *(one.of(row) for one in self._named.values()), names)

    def counts(self, rows: Numbers) -> Numbers:
        """The counts of rows of one kind, a row each."""
        there = [self._numbers[name][rows][:, None] for name in self._there(rows[0])]
        there += [one.counts(rows) for one in self._json.values()]
        return np.hstack([*there, np.zeros((len(rows), 0), np.int64)])

    def tells(self, row: int, record: UsageRecord) -> bool:
        """Whether what varies of the row went into its record as it is."""
        at = None if record.at is None else micros(record.at)
        if (at, record.charged, record.record_id) != (self.at[row], self.charged[row], self.ids[row]):
            return False
        return all(record.labels.get(name) == texts[row] for name, texts in self.labels.items())

    def fields(self, row: int) -> Mapping[str, Any]:
        """The fields of a row, as they were written."""
        return next(self._rows.rows([row])).fields

    def row(self, row: int) -> RowOfCounts:
        """A row, and which of its cells are counts."""
        one = np.array([row], np.int64)
        outlines = {name: (self._named[name].of(row), cells.counts(one).shape[1]) for name, cells in self._json.items()}
        some = {name: found for name, found in outlines.items() if is_outline(found[0])}
        return RowOfCounts(self.fields(row), self._there(row), some)

    def _amounts(self, names: Sequence[str]) -> tuple[Sequence[Decimal | None], Mask]:
        return amounts_of(first_stated(self._rows.column, names, len(self._rows)))

    def _texts(self, names: Sequence[str]) -> Sequence[str | None]:
        return texts_of(self._rows.column, names, len(self._rows))

    def _joined(self, varying: Varying) -> Sequence[str | None]:
        """Ids of their parts, and the time of each row where they end with it."""
        found = zip(*map(self._texts, varying.id_parts), strict=True)
        if varying.any_id_part:
            return [":".join(text or "" for text in some) if any(some) else None for some in found]
        times = (EPOCH + timedelta(microseconds=at) for at in self.at.tolist())
        return [f"{':'.join(some)}:{at}" if all(some) else None for some, at in zip(found, times, strict=True)]

    def _there(self, row: int) -> list[str]:
        first = 2 + len(self.labels)
        return [name for place, name in enumerate(self._numbers, first) if self._parts[place][0][row]]

    def _add_number(self, name: str) -> None:
        """A column of counts; rows that hold anything else there are read by themselves."""
        numbers, is_there, is_odd = _counts(self._rows.column(name))
        self.good &= ~is_odd
        self._numbers[name] = numbers
        self._parts.append((is_there.astype(np.int64), 2))

    def _add_named(self, name: str) -> None:
        """A column that tells kinds of rows apart: by its texts, or by the outlines of its JSON."""
        cells = self._rows.column(name)
        if isinstance(cells, JsonTexts):
            texts = self._outlined(name, cells.texts)
        elif isinstance(cells, pa.Array):
            texts = cells
            if compute.any(compute.match_substring_regex(cells.unique(), r"^\s*[{\[]"), min_count=0).as_py():
                texts = self._outlined(name, cells)
        elif is_empty(cells):
            self._add(name, _NamedCells(np.zeros(len(cells), np.int64), [None]))
            return
        else:
            known: dict[Any, int] = {}
            codes = np.array([known.setdefault(_hashable(cell), len(known)) for cell in cells], np.int64)
            self._add(name, _NamedCells(codes, list(known)))
            return
        found = texts.dictionary_encode()
        values = [*found.dictionary.to_pylist(), None]
        indices = found.indices.fill_null(len(values) - 1) if found.null_count else found.indices
        self._add(name, _NamedCells(indices.to_numpy().astype(np.int64), values))

    def _add_beginnings(self, name: str, starts: Sequence[str]) -> None:
        """A column of which nothing but the beginnings tell kinds of rows apart."""
        texts, codes = pa.array(self._texts((name,)), pa.string()), np.zeros(len(self.at), np.int64)
        for place, start in reversed([*enumerate(starts, 1)]):
            codes[compute.starts_with(texts, start).fill_null(False).to_numpy(zero_copy_only=False)] = place
        self._add(f"{name} begins", _NamedCells(codes, ["", *starts]))

    def _add(self, name: str, cells: _NamedCells) -> None:
        self._parts.append((cells.codes, max(len(cells.values), 1)))
        self._named[name] = cells

    def _outlined(self, name: str, texts: pa.Array) -> pa.Array:
        found = JsonCells(texts)
        if found.has_signs:
            raise NotAlike
        self._json[name] = found
        return found.outlines


class _NamedCells(NamedTuple):
    """A column by the different values that it has: the code of each row, and the values by code."""

    codes: Numbers
    values: Sequence[Any]

    def of(self, row: int) -> Any:
        return self.values[self.codes[row]]


def _hashable(cell: Any) -> Any:
    return cell if type(cell) in (str, type(None)) else (type(cell), repr(cell))


def _is_there(found: Sequence[Any]) -> tuple[Numbers, int]:
    if type(None) not in set(map(type, found)):
        return np.ones(len(found), np.int64), 2
    return np.array([one is not None for one in found], np.int64), 2


def _count_text(cell: Any) -> str | None:
    """A cell that is no text as one; empty where it states nothing, as data frames have it."""
    if cell is None or cell != cell:
        return None
    is_whole = type(cell) is int or (type(cell) is float and cell.is_integer() and abs(cell) < _LARGEST)
    return str(int(cell)) if is_whole else "?"


def _counts(cells: Cells) -> tuple[Numbers, Mask, Mask]:
    """Whole numbers, which cells state one, and which hold anything else."""
    if isinstance(cells, JsonTexts):
        odd = cells.texts.is_valid().to_numpy(zero_copy_only=False)
        return np.zeros(len(odd), np.int64), np.zeros(len(odd), np.bool_), odd
    if isinstance(cells, pa.Array):
        texts = cells
    elif set(map(type, cells)) == {int}:
        try:
            numbers = np.array(cells, np.int64)
        except OverflowError:
            numbers = np.full(len(cells), -1, np.int64)
        odd = (numbers < 0) | (numbers > _LARGEST)
        return np.where(odd, 0, numbers), ~odd, odd
    else:
        texts = pa.array([cell if type(cell) is str else _count_text(cell) for cell in cells], pa.string())
    is_count = compute.fill_null(compute.match_substring_regex(texts, _WRITTEN_COUNT), False)
    is_empty = compute.is_in(texts, _WORDS_FOR_NOTHING)
    numbers = compute.if_else(is_count, texts, "0").cast(pa.int64()).to_numpy()
    there: Mask = is_count.to_numpy(zero_copy_only=False)
    return numbers, there, ~(there | is_empty.to_numpy(zero_copy_only=False))
