"""Blocks of whole lines, as Arrow and NumPy see them: no object for each line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from io import BufferedReader
from itertools import count
from threading import Lock
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.columns import LogError

_END = ord("\n")
LARGEST_LINE = 64 * 2**20  # bytes
_STRIDE = 2**16
_THREADS = min(pa.cpu_count(), 4)  # each holds a block and what is made of it
_Item = TypeVar("_Item")
_Made = TypeVar("_Made")
_Sign = TypeVar("_Sign", np.uint8, np.uint16)


@dataclass(frozen=True)
class Block:
    """``text`` is a line end and behind it lines, each with its own; ``first`` is the number of the first line."""

    first: int
    text: bytes

    @cached_property
    def ends(self) -> npt.NDArray[np.int32]:
        """The places of all line ends."""
        parts = [np.flatnonzero(part == _END) for part in in_strides(self.signs)]
        return np.concatenate([part + place * _STRIDE for place, part in enumerate(parts)], dtype=np.int32)

    @cached_property
    def rows(self) -> int:
        """How many lines it has; quicker than to know where they end, unless that is known."""
        if "ends" in self.__dict__:
            return len(self.ends) - 1
        return sum(int(np.count_nonzero(signs == _END)) for signs in in_strides(self.signs)) - 1

    @property
    def lines(self) -> Numbers:
        """The number of each line."""
        return np.arange(self.first, self.first + self.rows)

    @property
    def signs(self) -> npt.NDArray[np.uint8]:
        """Its bytes."""
        return np.frombuffer(self.text, np.uint8)

    def written(self) -> pa.StringArray:
        """The lines, each behind a line end; not a byte is copied."""
        return pa.StringArray.from_buffers(len(self.ends) - 1, pa.py_buffer(self.ends), pa.py_buffer(self.text))

    @property
    def buffer(self) -> pa.Buffer:
        """Its lines for Arrow."""
        return pa.py_buffer(self.text).slice(1)

    @cached_property
    def is_utf8(self) -> bool:
        """Whether its bytes are text."""
        try:
            return self.text.isascii() or bool(self.text.decode())
        except UnicodeDecodeError:
            return False

    def look(self) -> None:
        """Learn now where its lines end and whether it is text, which it remembers."""
        self.ends, self.is_utf8  # noqa: B018 - asked for what they remember

    def pieces(self, rows: int) -> Iterator[Block]:
        """The same lines as blocks of so many."""
        for start in range(0, self.rows, rows):
            ends = self.ends[start : start + rows + 1]
            yield Block(self.first + start, self.text[ends[0] : ends[-1] + 1])


def in_strides(signs: npt.NDArray[_Sign]) -> Iterator[npt.NDArray[_Sign]]:
    """The same in parts so small that what is made of each stays near the processor, in memory that is used again."""
    return (signs[start : start + _STRIDE] for start in range(0, len(signs), _STRIDE))


def made_ahead(items: Iterator[_Item], make: Callable[[_Item], _Made]) -> Iterator[_Made]:
    """What is made of each item, in their order, some ahead of their use; raises what ``items`` or ``make`` raise.

    Threads take an item each, so that none waits for the others, and what is made of it finds it near its processor.
    """
    taking, places = Lock(), count()

    def take() -> tuple[int, _Made] | None:
        with taking:
            item, place = next(items, None), next(places)
        return None if item is None else (place, make(item))

    with ThreadPoolExecutor(_THREADS, "read-ahead") as threads:
        coming = deque(threads.submit(take) for _ in range(_THREADS + 1))
        made: dict[int, _Made] = {}
        wanted = 0
        while coming:
            if (found := coming.popleft().result()) is not None:
                made[found[0]] = found[1]
                coming.append(threads.submit(take))
            while wanted in made:
                yield made.pop(wanted)
                wanted += 1


def whole_lines(file: BufferedReader, room: memoryview, first: int, before: bytes = b"\n") -> bytes:
    """The next lines behind ``before``, at least as many bytes as there is ``room``; nothing at the end of the file.

    What ``room`` holds is lost: it is the same each time, since new memory for each block would cost more than the
    reading. ``first`` is the number of the line behind the first line end. Raises LogError where a line is larger
    than any record.
    """
    if not (filled := file.readinto(room)):
        return b""
    more = room[:filled]
    rest = file.readline(LARGEST_LINE)
    if len(rest) >= LARGEST_LINE:
        raise _too_large(file, first - 1 + (before + more).count(b"\n"))
    return b"".join((before, more, rest))


def next_line(file: BufferedReader, number: int) -> bytes:
    """The next line, which has this number; raises LogError where it is larger than any record."""
    line = file.readline(LARGEST_LINE)
    if len(line) >= LARGEST_LINE:
        raise _too_large(file, number)
    return line


def _too_large(file: BufferedReader, number: int) -> LogError:
    return LogError(
        f"{file.name}: line {number:,} is larger than {LARGEST_LINE:,} bytes, which no record is: "
        "look whether this is a log, and get it anew."
    )
