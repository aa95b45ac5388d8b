"""Blocks of whole lines, as Arrow and NumPy see them: no object for each line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmpricing.services.usage_log.batch import Numbers
from llmpricing.services.usage_log.columns import LogError

_END = ord("\n")
LARGEST_LINE = 64 * 2**20  # bytes


@dataclass(frozen=True)
class Block:
    """``text`` is a line end and behind it lines, each with its own; ``first`` is the number of the first line."""

    first: int
    text: bytes

    @cached_property
    def ends(self) -> npt.NDArray[np.int32]:
        """The places of all line ends."""
        return np.flatnonzero(self.signs == _END).astype(np.int32)

    @cached_property
    def rows(self) -> int:
        """How many lines it has; quicker than to know where they end, unless that is known."""
        if "ends" in self.__dict__:
            return len(self.ends) - 1
        return int(np.count_nonzero(self.signs == _END)) - 1

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

    @property
    def is_utf8(self) -> bool:
        """Whether its bytes are text."""
        try:
            return self.text.isascii() or bool(self.text.decode())
        except UnicodeDecodeError:
            return False

    def pieces(self, rows: int) -> Iterator[Block]:
        """The same lines as blocks of so many."""
        for start in range(0, self.rows, rows):
            ends = self.ends[start : start + rows + 1]
            yield Block(self.first + start, self.text[ends[0] : ends[-1] + 1])


def whole_lines(file: BinaryIO, size: int, first: int, before: bytes = b"\n") -> bytes:
    """The next lines, of at least so many bytes together, behind ``before``; nothing at the end of the file.

    ``first`` is the number of the line behind the first line end. Raises LogError where a line is larger than any
    record.
    """
    if not (more := file.read(size)):
        return b""
    text = before + more
    rest = file.readline(LARGEST_LINE)
    if len(rest) >= LARGEST_LINE:
        raise _too_large(file, first - 1 + text.count(b"\n"))
    return text + rest


def next_line(file: BinaryIO, number: int) -> bytes:
    """The next line, which has this number; raises LogError where it is larger than any record."""
    line = file.readline(LARGEST_LINE)
    if len(line) >= LARGEST_LINE:
        raise _too_large(file, number)
    return line


def _too_large(file: BinaryIO, number: int) -> LogError:
    return LogError(
        f"{file.name}: line {number:,} is larger than {LARGEST_LINE:,} bytes, which no record is: "
        "look whether this is a log, and get it anew."
    )
