"""The price book as a value: the rows of one version, which never change. It needs no Arrow; its tables bring that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Protocol

from llmpricing.book.shape import SHAPE

UP_TO_A_TIME = -1  # the version of a book that holds what was known at a time alone, whatever was learnt later
_MANY = 256  # slices, beyond which the whole table is read sooner


class TableOfBook(Protocol):
    """A table of the book, in order of its first column, then of its second."""

    def __len__(self) -> int: ...

    def rows(self, names: Sequence[str], key: int | None = None) -> Iterator[tuple[Any, ...]]:
        """The values of these columns; with ``key`` of the rows whose first column has that value."""
        ...

    def stored(self, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The parts of columns as they lie in the file, times in microseconds: ``valid_from`` is one of ``valid``."""
        ...


@dataclass(frozen=True, eq=False)
class PriceBook:
    """Which price book it is, at which version, up to when it knows, and its tables by name."""

    book: str
    version: int
    last_change: datetime
    tables: Mapping[str, TableOfBook]

    def rows(self, table: str, names: Sequence[str], keys: Iterable[int] | None = None) -> Iterator[tuple[Any, ...]]:
        """The values of these columns row by row; with ``keys`` of the rows whose first column has one of them."""
        if keys is None:
            yield from self.tables[table].rows(names)
            return
        wanted = set(keys)
        if len(wanted) <= _MANY:
            for key in sorted(wanted):
                yield from self.tables[table].rows(names, key)
            return
        first = next(iter(SHAPE[table]))
        for (key,), values in zip(self.stored(table, first), self.tables[table].rows(names), strict=True):
            if key in wanted:
                yield values

    def stored(self, table: str, *names: str) -> Iterator[tuple[Any, ...]]:
        """Parts of columns as they lie in the file, of all rows: for looking through a table."""
        return self.tables[table].stored(names)

    def records(self, table: str, keys: Iterable[int] | None = None) -> Iterator[Any]:
        """Whole rows, whose columns are attributes as those of the mapped classes are; for small tables."""
        names = list(SHAPE[table])
        for values in self.rows(table, names, keys):
            yield SimpleNamespace(**dict(zip(names, values, strict=True)))

    @cached_property
    def sources(self) -> dict[int, Any]:
        """Sources by number."""
        return {row.id: row for row in self.records("source")}

    @cached_property
    def providers(self) -> dict[int, Any]:
        """Providers by number."""
        return {row.id: row for row in self.records("provider")}

    @cached_property
    def models(self) -> dict[int, str]:
        """The ids of models by their numbers."""
        return dict(self.rows("model", ("id", "slug")))

    @cached_property
    def slugs(self) -> dict[int, str]:
        """The ids of offerings by their numbers."""
        return dict(self.rows("offering", ("id", "slug")))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The numbers of offerings by their ids."""
        return {slug: number for number, slug in self.slugs.items()}
