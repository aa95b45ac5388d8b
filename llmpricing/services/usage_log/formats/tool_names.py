"""Rows by the names that their tool gives its columns, where a warehouse, a data frame or a spreadsheet wrote these in
capitals, in snake case, with other signs between the words, or with blanks around them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from llmpricing.domain.meters import METERS
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.fields import is_told
from llmpricing.services.usage_log.formats.file_words import words_in
from llmpricing.services.usage_log.formats.number_signs import NumberSigns
from llmpricing.services.usage_log.formats.raw_blocks import Cells, RawBlock, RawRow, RowsBlock
from llmpricing.services.usage_log.formats.raw_rows import raw_blocks, raw_rows
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.span_fields import flat
from llmpricing.services.usage_log.formats.tool_columns import COLUMNS
from llmpricing.services.usage_log.formats.values import as_number, states_nothing

_BETWEEN = re.compile(r"[\W_]+", re.ASCII)
_LONGEST, _MOST_KEPT = 200, 8_000  # signs of a name, and of all names of a row that are kept in memory
_SAMPLE = 200
RawFields = Mapping[str, Any]


class ToolNames(NamedTuple):
    """By the names of a row those that its tool ``gives`` the same columns, where none stands there as the tool writes
    it; ``is_one`` where two of its columns have one name by that.
    """

    gives: Mapping[str, str]
    is_one: bool

    def of(self, names: Iterable[str]) -> tuple[str, ...]:
        """These names as the tool gives them."""
        return tuple(self.gives.get(name, name) for name in names)


_AS_WRITTEN = ToolNames({}, False)


def tool_rows(path: Path, shape: Shape, signs: NumberSigns | None = None) -> Iterator[RawRow]:
    """The file's rows by the names of the shape's tool, their numbers plain by the known ``signs``; raises
    LogError, also where two columns are one by their names and say different things.
    """
    rows = raw_rows(path, signs)
    yield from (RawRow(number, _named(shape, fields, number)) for number, fields in rows) if _knows(shape) else rows


def tool_blocks(
    path: Path,
    shape: Shape,
    rows: int,
    opens: Mapping[str, Sequence[str]] | None = None,
    signs: NumberSigns | None = None,
) -> Iterator[RawBlock]:
    """The same, about so many together."""
    for block in raw_blocks(path, rows, opens, signs):
        found = _names_of(shape, dict.fromkeys(name for names in block.names for name in names))
        if not found.gives:
            yield block
        elif found.is_one:
            numbered = block.rows(range(len(block)))
            yield RowsBlock([RawRow(number, _named(shape, fields, number)) for number, fields in numbered])
        else:
            yield _NamedBlock(block, found)


def by_tool_names(shape: Shape, fields: RawFields) -> RawFields:
    """A row by the names of the shape's tool; raises LogError as ``tool_rows`` does."""
    return _named(shape, fields, None)


def written_names(shape: Shape, names: Iterable[str], given: Collection[str]) -> Iterator[str]:
    """Those of a row's names under which it has what its tool calls by one of the ``given`` names."""
    found = _names_of(shape, names)
    return (name for name in names if found.gives.get(name, name) in given)


def likeness_by_names(shape: Shape, fields: RawFields) -> int:
    """By how many keys a row is of this shape by the names of its tool; 0 where it is not, or lacks a count that the
    tool always writes: tables of others have columns of such names too.
    """
    if not _names_of(shape, fields).gives:
        return 0
    found = _named(shape, fields, None)
    counts = (fields for meter, fields in shape.always.items() if meter in METERS and not shape.leaves_out)
    return shape.likeness({**found, **flat(found)}) if all(is_told(found, some) for some in counts) else 0


def words_told(path: Path, shape: Shape, words: Collection[str]) -> set[str]:
    """Those of the words that stand anywhere in the file (``words_in``), also in names that its tool would give."""
    found = words_in(path, words)
    if len(found) == len(words) or not _knows(shape):
        return found
    given = {name for row in islice(raw_rows(path), _SAMPLE) for name in _names_of(shape, row.fields).gives.values()}
    return found | {word for word in words if any(word in name for name in given)}


def _knows(shape: Shape) -> bool:
    return shape.name in COLUMNS


def _names_of(shape: Shape, names: Iterable[Any]) -> ToolNames:
    if not _knows(shape):
        return _AS_WRITTEN
    some = tuple(names)
    is_short = sum(len(name) for name in some if isinstance(name, str)) <= _MOST_KEPT
    return (_tool_names if is_short else _tool_names.__wrapped__)(shape.name, some)


@lru_cache(maxsize=500)  # the rows of a file have few sets of names
def _tool_names(shape: str, names: tuple[Any, ...]) -> ToolNames:
    known, by_folded = _vocabulary(shape)
    as_written = {_folded(name) for name in names if name in known}
    others = {name: _folded(name) for name in names if isinstance(name, str) and name not in known}
    gives = {name: by_folded[one] for name, one in others.items() if one in by_folded and one not in as_written}
    return ToolNames(gives, len({*gives.values()}) < len(gives))


@lru_cache
def _vocabulary(shape: str) -> tuple[frozenset[str], Mapping[str, str]]:
    """The names that the tool gives, and the first of those that are folded to the same."""
    return frozenset(COLUMNS[shape]), {_folded(name): name for name in reversed(COLUMNS[shape])}


def _folded(name: str) -> str:
    """A name without what others change of it; empty where it is longer than any."""
    return _BETWEEN.sub("", name).lower() if len(name) <= _LONGEST else ""


def _named(shape: Shape, fields: RawFields, number: int | None) -> RawFields:
    names = _names_of(shape, fields)
    if not names.gives:
        return fields
    if not names.is_one:
        return {names.gives.get(name, name): value for name, value in fields.items()}
    found: dict[str, Any] = {}
    source: dict[str, str] = {}
    for name, value in fields.items():
        given = names.gives.get(name, name)
        if given not in found or _is_nothing(found[given]):
            found[given], source[given] = value, name
        elif not _is_nothing(value) and not _are_equal(found[given], value):
            raise LogError(_are_two(source[given], name, given, number))
    return found


def _are_two(one: str, other: str, given: str, number: int | None) -> str:
    place = "" if number is None else f" in row {number:,}"
    return (
        f"The columns {one} and {other} are both {given} by their names, and say different things{place}: take one of "
        "them out, or give it another name."
    )


def _is_nothing(value: Any) -> bool:
    return value is None or states_nothing(value)


def _are_equal(one: Any, other: Any) -> bool:
    if one == other or str(one).strip() == str(other).strip():
        return True
    try:
        return as_number("", one) == as_number("", other)
    except UsageError:
        return False


class _NamedBlock:
    """A block whose columns go by the names of their tool."""

    def __init__(self, block: RawBlock, names: ToolNames) -> None:
        self._block, self._tool = block, names
        self._written = {given: name for name, given in names.gives.items()}
        self.names: Sequence[tuple[str, ...]] = [names.of(some) for some in block.names]

    def __len__(self) -> int:
        return len(self._block)

    @property
    def has_broken(self) -> bool:
        """Whether some of them are no rows."""
        return self._block.has_broken

    @property
    def which_names(self) -> Numbers:
        """Which of the sets of names each has."""
        return self._block.which_names

    def column(self, name: str) -> Cells:
        """What each row has under this name."""
        return self._block.column(self._written.get(name, name))

    def rows(self, places: Sequence[int]) -> Iterator[RawRow]:
        """The rows at these places."""
        gives = self._tool.gives
        for number, fields in self._block.rows(places):
            yield RawRow(number, {gives.get(name, name): value for name, value in fields.items()})
