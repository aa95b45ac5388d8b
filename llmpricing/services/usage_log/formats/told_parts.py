"""Which part of a file tells a sum: equal sums of one part are different ones, told by two parts they are one again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from llmpricing.services.usage_log.formats.pages import ApiPage
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.shape import Shape, ToldSums

_MOST = 2**63 - 1
_NO_WORD = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?$|\d{4}-?\d\d-?\d\d|\d\d?/\d\d?/\d{4}|[{\[]")  # numbers, times, JSON
_OF_A_PAGE = 24  # bits of the number of a bucket that is parted; the rest is that of its page


def page_of(part: int) -> int:
    """The page of a part of buckets that are parted."""
    return part >> _OF_A_PAGE


class ToldParts:
    """The parts of one file, in order: its pages; of buckets the stretches within which time runs one way, so that
    each tells a time once; of buckets that are parted each by itself; of lines of a bill all that say the same but for
    times and numbers, as each is of something of its own.
    """

    def __init__(self, shape: Shape, pages: Sequence[ApiPage]) -> None:
        self._sums, self._ends = shape.sums, list(accumulate(one.items for one in pages))
        self._rows = self._page = self._stretch = 0
        self._before: datetime | None = None
        self._is_rising: bool | None = None

    def part_of(self, fields: Mapping[str, Any], records: Sequence[UsageRecord]) -> int:
        """The part that tells these records of the row that comes next."""
        row, self._rows = self._rows, self._rows + 1
        while self._page < len(self._ends) and row >= self._ends[self._page]:
            self._page += 1
        if self._sums is ToldSums.LINES:  # ids tell lines apart by themselves
            return 0 if any(one.record_id for one in records) else _of_line(fields)
        if self._sums is ToldSums.PARTED:
            return (self._page << _OF_A_PAGE) + row
        if self._sums is ToldSums.BUCKETS and any(isinstance(value, list | Mapping) for value in fields.values()):
            self._go_on(next((record.at for record in records if record.at is not None), None))
            return self._stretch
        return self._page

    def _go_on(self, at: datetime | None) -> None:
        """The next bucket begins at this time; one without records tells none."""
        if at is None:
            return
        if self._before is not None:
            is_rising = at > self._before
            if at == self._before or self._is_rising not in (None, is_rising):
                self._stretch, self._is_rising = self._stretch + 1, None
            else:
                self._is_rising = is_rising
        self._before = at


def _of_line(fields: Mapping[str, Any]) -> int:
    """What a line of a bill is of, whether or not its reader asks for it, in 63 bits: a bill may be parted by any of
    it. Times and amounts are left out, for they are written otherwise in a table, or go on.
    """
    return hash(tuple(sorted(_words(fields)))) & _MOST


def _words(found: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _words(value, f"{name}.{key}")
    elif isinstance(found, list):
        for value in found:
            yield from _words(value, name)
    elif isinstance(found, str) and (word := found.strip()) and not _NO_WORD.match(word):
        yield name, word
