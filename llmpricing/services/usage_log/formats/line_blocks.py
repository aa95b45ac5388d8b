"""Blocks of raw rows out of JSON lines: fields of single values are read, objects and lists are kept as they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.formats.json_records import COVERS, EVENT_LISTS, may_cover
from llmpricing.services.usage_log.formats.json_texts import decoded
from llmpricing.services.usage_log.formats.opened_objects import Opened, column_of_json
from llmpricing.services.usage_log.formats.raw_blocks import Cells, JsonTexts, RawRow
from llmpricing.services.usage_log.formats.table_blocks import any_like
from llmpricing.services.usage_log.vectors import combined, distinct

_MOST_NAMES = 400
_MOST_LEARNT = 40  # lines of one block that may bring new names
_HUGE = "[0-9][eE][-+]?[0-9]{18}"  # out of range for a Decimal
_NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})
_FAILURES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError)
LineDecoder = Callable[[bytes], Any]


class LineBlock:
    """Lines of one object each, ``parsed`` with ``fields`` by their names."""

    has_broken = False

    def __init__(
        self,
        lines: Sequence[bytes],
        numbers: Sequence[int],
        parsed: Sequence[Any],
        fields: Mapping[str, _Field],
        opened: Opened | None = None,
    ) -> None:
        self._lines, self._numbers, self._parsed, self._fields = lines, numbers, parsed, fields
        self._opened = opened or Opened()
        self._known: dict[str, Cells] = {}

    def __len__(self) -> int:
        return len(self._lines)

    @cached_property
    def _sets(self) -> tuple[Numbers, Sequence[tuple[str, ...]]]:
        partly = {
            name: np.array([cell is not msgspec.UNSET for cell in self.cells(name)], np.int64)
            for name, field in self._fields.items()
            if not field.is_always
        }
        size = len(self)
        parts = [(np.zeros(size, np.int64), 1), *((is_there, 2) for is_there in partly.values())]
        which, _, first = distinct(combined(parts))
        names = [
            tuple(name for name in self._fields if name not in partly or partly[name][row]) for row in first.tolist()
        ]
        return which, names

    @property
    def names(self) -> Sequence[tuple[str, ...]]:
        """The sets of names that rows have."""
        return self._sets[1]

    @property
    def which_names(self) -> Numbers:
        """Which of them each has."""
        return self._sets[0]

    def cells(self, name: str) -> list[Any]:
        """What each line has under this name, as it was parsed."""
        return _cells(self._parsed, self._fields[name])

    def column(self, name: str) -> Cells:
        """What each row has under this name."""
        if name not in self._known:
            self._known[name] = self._opened.column(name) if name in self._opened else self._column(name)
        return self._known[name]

    def _column(self, name: str) -> Cells:
        return column_of_json(self.cells(name)) if name in self._fields else [None] * len(self)

    def rows(self, places: Sequence[int]) -> Iterator[RawRow]:
        """The rows at these places."""
        for place in places:
            yield RawRow(self._numbers[place], decoded(self._lines[place]))

    def inner(self, name: str) -> list[bytes] | None:
        """The objects that are all that the rows have, under this name; None where they have anything else."""
        if len(self._fields) > 1 and any(len(some) > 1 for some in self.names):
            return None
        found = [bytes(cell) if type(cell) is msgspec.Raw else b"" for cell in self.cells(name)]
        return found if all(cell.startswith(b"{") for cell in found) else None


def _cells(parsed: Sequence[Any], field: _Field) -> list[Any]:
    return list(map(attrgetter(field.field), parsed))


@dataclass
class _Field:
    """The ``field`` of parsed lines for a name, what it holds, and whether all lines have it."""

    field: str
    kind: Any
    is_always: bool


class LineBlockReader:
    """Makes blocks of the lines of one file, whose fields it learns."""

    def __init__(self, opens: Mapping[str, Sequence[str]] = _NOTHING) -> None:
        self._opens = opens
        self._fields: dict[str, _Field] = {}
        self._decode: LineDecoder | None = None
        self._inner: LineBlockReader | None = None
        self._is_given_up = False

    def block(self, lines: Sequence[bytes], numbers: Sequence[int]) -> LineBlock | None:
        """The lines as a block; None where one of them is not a single record as it stands."""
        if self._is_given_up or not _is_plain(b"\n".join(lines)):
            return None
        parsed = self._parsed(lines)
        if parsed is None:
            return None
        fields = {name: replace(field) for name, field in self._fields.items()}
        opened = Opened.of(self._opens, {name: _cells(parsed, fields[name]) for name in self._opens if name in fields})
        if opened is None:
            return None
        found = LineBlock(lines, numbers, parsed, fields, opened)
        covers = self._fields.keys() & COVERS
        if not covers:
            return found
        if "data" in covers and (inner := found.inner("data")) is not None:
            self._inner = self._inner or LineBlockReader(self._opens)
            return self._inner.block(inner, numbers)
        return found if not any(_is_cover(name, found.column(name)) for name in covers) else None

    def _parsed(self, lines: Sequence[bytes]) -> list[Any] | None:
        for _ in range(_MOST_LEARNT):
            place, found = 0, list[Any]()
            try:
                if self._decode is not None:
                    found += map(self._decode, lines)
                    return found
            except msgspec.ValidationError:
                place = len(found)
            except _FAILURES:
                return None
            if not self._learn(lines[place:]):
                return None
        return None

    def _learn(self, lines: Iterable[bytes]) -> bool:
        """Learn from the first line that has new names, or lacks some that all had; whether there is one."""
        for line in lines:
            try:
                row = decoded(line)
            except ValueError:
                return False
            if not isinstance(row, dict):
                return False
            is_first, is_new = not self._fields, False
            for name, cell in row.items():
                if name not in self._fields:
                    kind = msgspec.Raw if isinstance(cell, dict | list) else Any
                    self._fields[name] = _Field(f"f{len(self._fields)}", kind, is_first)
                    is_new = True
            for name, field in self._fields.items():
                if field.is_always and name not in row:
                    field.is_always, is_new = False, True
            if is_new:
                self._decode = _decoder(self._fields)
                self._is_given_up = self._decode is None
                return not self._is_given_up
        return False


def _decoder(fields: Mapping[str, _Field]) -> LineDecoder | None:
    """What reads a line of these fields; None where they are too many, or bear names that none should."""
    if len(fields) > _MOST_NAMES or "" in fields or any(name.startswith("\0") for name in fields):
        return None
    made = [(one.field, one.kind, msgspec.NODEFAULT if one.is_always else msgspec.UNSET) for one in fields.values()]
    names = {one.field: name for name, one in fields.items()}
    try:
        line = msgspec.defstruct("Line", made, rename=names, forbid_unknown_fields=True, kw_only=True, gc=False)
    except ValueError:  # a name that holds quotes
        return None
    return msgspec.json.Decoder(line, float_hook=Decimal).decode


def _is_plain(text: bytes) -> bool:
    """Whether what is passed over holds nothing on which a whole reading would fail."""
    try:
        return (text.isascii() or bool(text.decode())) and not any_like(pa.array([text], pa.binary()), _HUGE)
    except UnicodeDecodeError:
        return False


def _is_cover(name: str, cells: Cells) -> bool:
    """Whether any row is but the cover of the records that it holds under this name."""
    if not isinstance(cells, JsonTexts):
        return not isinstance(cells, pa.Array) and any(isinstance(cell, dict | list) for cell in cells)
    texts = cells.texts
    if name in EVENT_LISTS:  # spans have such lists too, of no messages
        texts = texts.filter(compute.match_substring(texts, 'message"'))
    return any(text is not None and _may_cover(name, text) for text in texts.to_pylist())


def _may_cover(name: str, text: str) -> bool:
    try:
        return may_cover(name, decoded(text))
    except ValueError:  # row by row it is told why
        return True
