"""Some thousand raw rows at once: column by column for who understands them together, and row by row for the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa

from llmpricing.services.usage_log.batch import Numbers

BROKEN = "\0broken"  # the name under which a raw row says that it is none, and why
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class RawRow(NamedTuple):
    """A row and where it stands: its line or its number, from 1."""

    number: int
    fields: Mapping[str, Any]


class JsonTexts(NamedTuple):
    """A column of objects and lists, each as its JSON; null where there is none."""

    texts: pa.Array


Texts: TypeAlias = pa.Array
Cells: TypeAlias = Texts | JsonTexts | Sequence[Any]  # None and null are what is not there


class RawBlock(Protocol):
    """Rows that were read together."""

    def __len__(self) -> int:
        """How many they are."""
        ...

    @property
    def has_broken(self) -> bool:
        """Whether some of them are no rows."""
        ...

    @property
    def names(self) -> Sequence[tuple[str, ...]]:
        """The sets of names that rows have."""
        ...

    @property
    def which_names(self) -> Numbers:
        """Which of them each has."""
        ...

    def column(self, name: str) -> Cells:
        """What each row has under this name."""
        ...

    def rows(self, places: Sequence[int]) -> Iterator[RawRow]:
        """The rows at these places."""
        ...


class RowsBlock:
    """Rows that were read one by one."""

    def __init__(self, rows: Sequence[RawRow]) -> None:
        self._rows = rows
        sets: dict[tuple[str, ...], int] = {}
        self.which_names: Numbers = np.array([sets.setdefault(tuple(r.fields), len(sets)) for r in rows], np.int64)
        self.names = list(sets)
        self.has_broken = any(BROKEN in some or "" in some for some in sets)

    def __len__(self) -> int:
        return len(self._rows)

    def column(self, name: str) -> Cells:
        """What each row has under this name."""
        return column_of([row.fields.get(name) for row in self._rows])

    def rows(self, places: Sequence[int]) -> Iterator[RawRow]:
        """The rows at these places."""
        return (self._rows[place] for place in places)


_MOST_SIGNS = 2**25  # of the rows that are held at once, as they would be printed
_SAMPLED = 16


def some_rows(rows: Iterator[RawRow], most: int) -> Iterator[RawBlock]:
    """Rows as blocks of so many, and of fewer where they are long."""
    while some := list(_few(rows, most)):
        yield RowsBlock(some)


def _few(rows: Iterator[RawRow], most: int) -> Iterator[RawRow]:
    signs = 0
    for number, row in enumerate(islice(rows, most)):
        yield row
        if not number % _SAMPLED:
            signs += _SAMPLED * len(str(row.fields))
            if signs > _MOST_SIGNS:
                return


def column_of(cells: Sequence[Any]) -> Cells:
    """The cells as texts or JSON where they are nothing else."""
    kinds = set(map(type, cells)) - {type(None)}
    if kinds == {str}:
        return pa.array(cells, pa.string())
    if kinds and kinds <= {dict, list}:
        found = [None if cell is None else _ENCODER.encode(cell).decode() for cell in cells]
        return JsonTexts(pa.array(found, pa.string()))
    return cells


def is_empty(cells: Cells) -> bool:
    """Whether no row has anything."""
    return not isinstance(cells, JsonTexts | pa.Array) and set(map(type, cells)) <= {type(None)}
