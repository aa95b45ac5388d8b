"""Columns of a book where they lie mapped, out of the bytes that Arrow wrote."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, Protocol

from llmpricing.book.arrow_file import ArrowArray, ArrowFile
from llmpricing.book.shape import PARTS, ColumnKinds, Kind

_DAY_0 = date(1970, 1, 1).toordinal()
_WIDE = 32  # bytes of a decimal's digits


class StoredColumn(Protocol):
    """What lies in one column of Arrow."""

    def read(self, start: int, stop: int) -> list[Any]:
        """Its values from row ``start`` to before ``stop``; None where there is none."""
        ...


class _StoredValues(ABC):
    """A column of values that ``known`` reads, whether they are there or not."""

    def __init__(self, array: ArrowArray) -> None:
        self._present = None if array.is_whole else array.buffers[0]

    def read(self, start: int, stop: int) -> list[Any]:
        """The values of these rows."""
        values, present = self.known(start, stop), self._present
        if present is None:
            return values
        rows = enumerate(values, start)
        return [value if present[n >> 3] >> (n & 7) & 1 else None for n, value in rows]

    @abstractmethod
    def known(self, start: int, stop: int) -> list[Any]:
        """The values, and anything where there is none."""


class StoredNumbers(_StoredValues):
    """Whole numbers; ``code`` is that of ``struct``."""

    def __init__(self, array: ArrowArray, code: Literal["h", "i", "q"]) -> None:
        super().__init__(array)
        self.numbers = array.buffers[1].cast(code)

    def known(self, start: int, stop: int) -> list[Any]:
        """As they lie there."""
        return self.numbers[start:stop].tolist()


class _StoredDates(StoredNumbers):
    def known(self, start: int, stop: int) -> list[Any]:
        return [date.fromordinal(_DAY_0 + days) for days in super().known(start, stop)]


class _StoredWideNumbers(_StoredValues):
    def __init__(self, array: ArrowArray) -> None:
        super().__init__(array)
        self._data = array.buffers[1]

    def known(self, start: int, stop: int) -> list[Any]:
        data = self._data
        places = range(start * _WIDE, stop * _WIDE, _WIDE)
        return [int.from_bytes(data[at : at + _WIDE], "little", signed=True) for at in places]


class _StoredBooleans(_StoredValues):
    def __init__(self, array: ArrowArray) -> None:
        super().__init__(array)
        self._bits = array.buffers[1]

    def known(self, start: int, stop: int) -> list[Any]:
        bits = self._bits
        return [bool(bits[n >> 3] >> (n & 7) & 1) for n in range(start, stop)]


class _StoredBytes(_StoredValues):
    def __init__(self, array: ArrowArray) -> None:
        super().__init__(array)
        self._ends, self._data = array.buffers[1].cast("i"), array.buffers[2]

    def known(self, start: int, stop: int) -> list[Any]:
        if start == stop:
            return []
        ends = self._ends[start : stop + 1].tolist()
        first = ends[0]
        content = bytes(self._data[first : ends[-1]])
        return self._cut(content, [end - first for end in ends])

    def _cut(self, content: bytes, ends: Sequence[int]) -> list[Any]:
        return [content[begin:end] for begin, end in pairwise(ends)]


class _StoredTexts(_StoredBytes):
    def _cut(self, content: bytes, ends: Sequence[int]) -> list[Any]:
        if content.isascii():
            text = content.decode("ascii")
            return [text[begin:end] for begin, end in pairwise(ends)]
        return [str(each, "utf-8") for each in super()._cut(content, ends)]


class _StoredWords(StoredNumbers):
    """Each word is one object, however many rows have it."""

    def __init__(self, array: ArrowArray, count: int, words: ArrowArray) -> None:
        super().__init__(array, "i")
        self._count, self._array = count, words

    @cached_property
    def _words(self) -> list[str]:
        return _StoredTexts(self._array).read(0, self._count)

    def known(self, start: int, stop: int) -> list[Any]:
        # A row without a word has any number, also where there are no words.
        words = self._words or [""]
        return [words[number] for number in super().known(start, stop)]


class _StoredLists(_StoredValues):
    def __init__(self, array: ArrowArray, values: StoredColumn) -> None:
        super().__init__(array)
        self._ends, self._of = array.buffers[1].cast("i"), values

    def known(self, start: int, stop: int) -> list[Any]:
        if start == stop:
            return []
        ends = self._ends[start : stop + 1].tolist()
        first = ends[0]
        values = self._of.read(first, ends[-1])
        return [values[begin - first : end - first] for begin, end in pairwise(ends)]


_PLAIN: dict[Kind, tuple[int, Callable[[ArrowArray], StoredColumn]]] = {  # how many buffers, and what reads them
    Kind.INTEGER: (2, lambda array: StoredNumbers(array, "q")),
    Kind.TIME: (2, lambda array: StoredNumbers(array, "q")),
    Kind.BOOLEAN: (2, _StoredBooleans),
    Kind.DATE: (2, lambda array: _StoredDates(array, "i")),
    Kind.TEXT: (3, _StoredTexts),
    Kind.JSON: (3, _StoredTexts),
    Kind.BYTES: (3, _StoredBytes),
}
_LISTED = {Kind.TEXTS: Kind.TEXT, Kind.INTEGERS: Kind.INTEGER, Kind.DATES: Kind.DATE}
_BUFFERS = {
    **{kind: (count,) for kind, (count, _) in _PLAIN.items()},
    **{kind: (2, _PLAIN[of][0]) for kind, of in _LISTED.items()},
    Kind.WORD: (2,),
    Kind.DECIMAL: (2, 2),
    Kind.SPAN: (2, 2),
}


def stored_columns(file: ArrowFile, columns: ColumnKinds) -> dict[str, StoredColumn]:
    """What lies in the file by the names that it has there, which are parts of those of the columns."""
    arrays = iter(file.arrays([count for kind in columns.values() for count in _BUFFERS[kind]]))
    words = (number for number in file.words_of if number is not None)
    return dict(column for name, kind in columns.items() for column in _stored(file, name, kind, arrays, words))


def _stored(
    file: ArrowFile, name: str, kind: Kind, arrays: Iterator[ArrowArray], words: Iterator[int]
) -> Iterator[tuple[str, StoredColumn]]:
    names = [name + part for part in PARTS.get(kind, ("",))]
    if kind is Kind.DECIMAL:
        yield names[0], _StoredWideNumbers(next(arrays))
        yield names[1], StoredNumbers(next(arrays), "h")
    elif kind is Kind.SPAN:
        yield from ((one, StoredNumbers(next(arrays), "q")) for one in names)
    elif kind is Kind.WORD:
        yield name, _StoredWords(next(arrays), *file.words(next(words)))
    elif kind in _LISTED:
        array, of = next(arrays), next(arrays)
        yield name, _StoredLists(array, _PLAIN[_LISTED[kind]][1](of))
    else:
        yield name, _PLAIN[kind][1](next(arrays))
