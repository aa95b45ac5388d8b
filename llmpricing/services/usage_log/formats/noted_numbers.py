"""How the numbers and days of a table are written, found out before any is counted: by all that its shape reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import re2

from llmpricing.domain.times import EPOCH
from llmpricing.domain.usage.quantities import Quantity, UsageError
from llmpricing.services.usage_log.formats.csv_rows import divider_of
from llmpricing.services.usage_log.formats.day_order import DaysSeen, is_slashed
from llmpricing.services.usage_log.formats.envelopes import is_exported
from llmpricing.services.usage_log.formats.number_signs import NumberSigns, SignsSeen, UnclearNumbers
from llmpricing.services.usage_log.formats.opened_file import (
    failures_told,
    is_json,
    is_parquet,
    overlapping_parts,
    unpacked,
)
from llmpricing.services.usage_log.formats.raw_blocks import BROKEN, RawRow
from llmpricing.services.usage_log.formats.raw_rows import SIGNS, raw_rows
from llmpricing.services.usage_log.formats.row import Flat, Row
from llmpricing.services.usage_log.formats.shape import Shape
from llmpricing.services.usage_log.formats.tool_names import by_tool_names, tool_rows, written_names
from llmpricing.services.usage_log.formats.unread import Unread

_LONGEST = 64
_ANY, _LATE = "[0-9]{1,2}", "(?:1[3-9]|[23][0-9])"  # of a day or a month, and of what is no month
_SOME = r"[-+$USD ]{0,6}"
_BLANK = r"(?: |'|\xc2\xa0|\xe2\x80[\x89\x99\xaf])"


def number_signs(
    path: Path, shape: Shape, each_row: Callable[[], None], now: datetime | None = None
) -> NumberSigns | None:
    """How the table writes numbers and days, None where all are plain ones; raises LogError, as an UnclearNumbers where
    nothing tells. A file that may hold others is read once for it, unless its bytes tell that all it holds beside plain
    numbers are days with the month first. No day is after ``now``.
    """
    with failures_told(path):
        divider = table_divider(path)
        if divider is None or not _holds(path, f"{_numbers(divider)}|{_days(divider)}", each_row):
            return None
        if _are_american(path, divider, each_row):
            return NumberSigns(None, frozenset())
    seen, days = SignsSeen(divider == ","), DaysSeen(now)
    read, sets = (
        shape.reader(shape.scan(_fields(path, shape, each_row)) if shape.scan else None),
        set[tuple[str, ...]](),
    )
    for row in raw_rows(path):
        each_row()
        if BROKEN not in row.fields:
            sets.add(tuple(row.fields))
            for cell in row.fields.values():
                days.note(cell)
            with suppress(UsageError):
                list(read(_NotingRow(by_tool_names(shape, row.fields), Unread(), seen, row.number, days)))
    try:
        found = seen.decided()
    except UnclearNumbers as error:
        raise UnclearNumbers(f"{path}: {error}") from None
    is_day_first = days.is_day_first()
    found = replace(
        found,
        columns=frozenset(
            one for names in sets for one in written_names(shape, names, {*found.columns, *days.columns})
        ),
        has_days_first=is_day_first is True,
        unclear_day=days.example if is_day_first is None else "",
    )
    return found if found.columns else None


def _fields(path: Path, shape: Shape, each_row: Callable[[], None]) -> Iterable[Mapping[str, Any]]:
    for row in tool_rows(path, shape):
        each_row()
        yield row.fields


def counted_columns(shape: Shape, rows: Iterable[RawRow]) -> list[str]:
    """The columns of these rows that the shape reads as counts or amounts."""
    seen, read = SignsSeen(by_commas=True), shape.reader(shape.scan(()) if shape.scan else None)
    for row in rows:
        with suppress(UsageError):
            list(read(_NotingRow(row.fields, Unread(), seen, row.number)))
    return sorted(seen.columns)


def table_divider(path: Path) -> str | None:
    """What divides the cells of a table; None of any other file."""
    if is_parquet(path):
        return None
    with unpacked(path) as stream:
        return None if is_json(stream) or is_exported(stream.peek(SIGNS)) else divider_of(stream)


def _holds(path: Path, pattern: str, each_chunk: Callable[[], None]) -> bool:
    """Whether the pattern is found anywhere in the file; ``each_chunk`` may end the search through a large one."""
    found = _compiled(pattern)
    with unpacked(path) as stream:
        return any(map(found.search, overlapping_parts(stream, _LONGEST, each_chunk=each_chunk)))


def _are_american(path: Path, divider: str, each_chunk: Callable[[], None]) -> bool:
    """Whether all numbers are plain, and days after the twelfth tell that the month is first, and none denies it."""
    if _holds(path, _numbers(divider), each_chunk):
        return False
    told = (_holds(path, _days(divider, *order), each_chunk) for order in ((_ANY, _LATE), (_LATE, _ANY)))
    return next(told) and not next(told)


@lru_cache
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern.encode("latin-1"), options)


def _days(divider: str, first: str = _ANY, second: str = _ANY) -> str:
    """A pattern of bytes for a cell that is a day between slashes."""
    return rf'["\n\{divider}] ?{first}/{second}/[0-9]{{4}}(?:["\n\{divider}\r]|,? ?[0-9])'


def _numbers(divider: str) -> str:
    """A pattern of bytes for a cell that may be a number with a sign in it that is not surely a decimal point; of a
    table that commas divide, numbers with commas are quoted.
    """
    edge = rf'["\n\{divider}]'
    start, end = rf"{edge}{_SOME}", rf"(?:{edge}|[.,\r $U])"
    comma_start = rf'"{_SOME}' if divider == "," else start
    some = [rf"{comma_start}[0-9][0-9.]*,[0-9]", rf"{start}[0-9]{{1,3}}{_BLANK}[0-9]{{3}}"]
    some.append(rf"{start}[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}}){{2}}")
    # Where commas divide, decimals have points: but a count of whole thousands may look like one with decimals.
    last = r"\.000" if divider == "," else r"\.[0-9]{3}"
    some.append(rf"{start}[1-9][0-9]{{0,2}}{last}{end}")
    return "|".join(some)


class _NotingRow(Row):
    """A row that notes how its counts, amounts and times are written, and takes those with signs for some of them."""

    __slots__ = ("_days", "_number", "_seen")

    def __init__(
        self, raw: Mapping[str, Any], unread: Unread, seen: SignsSeen, number: int, days: DaysSeen | None = None
    ) -> None:
        super().__init__(raw, unread)
        self._seen, self._number, self._days = seen, number, days

    def amount(self, *names: str) -> Decimal | None:
        """An amount of money or another signed number; raises UsageError."""
        return Decimal(1) if self._notes(names, is_count=False) else super().amount(*names)

    def count(self, *names: str) -> Quantity | None:
        """A count that is not negative; raises UsageError."""
        return 1 if self._notes(names, is_count=True) else super().count(*names)

    def flattened(self, flat: Flat) -> Row:
        """The row with what its attributes hold beside its own fields."""
        return _NotingRow(flat(self.raw), self.unread, self._seen, self._number, self._days)

    def opened(self, name: str, *fields: str) -> Row:
        """The row with these fields of the object of that name as its own; raises UsageError."""
        return _NotingRow(super().opened(name, *fields).raw, self.unread, self._seen, self._number, self._days)

    def instant(self, *names: str) -> datetime:
        """A time in UTC; raises UsageError."""
        cell = self.value(*names)
        if self._days is None or not is_slashed(cell):
            return super().instant(*names)
        self._days.note_time(self._name_of(cell, names), cell)
        return EPOCH

    def _notes(self, names: tuple[str, ...], *, is_count: bool) -> bool:
        cell = self.value(*names)
        name = self._name_of(cell, names) if cell is not None else ""
        return bool(name) and self._seen.note(self._number, name, cell, is_count=is_count)

    def _name_of(self, cell: Any, names: tuple[str, ...]) -> str:
        return next((one for one in names if self.raw.get(one) is cell), "")
