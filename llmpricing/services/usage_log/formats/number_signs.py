"""Which signs part the thousands and the decimals of a table's numbers, as spreadsheets of any language write them, and
whether its days have the day first.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.day_order import day_first

POINT, COMMA = ".", ","
_OTHER = {POINT: COMMA, COMMA: POINT}
_BLANKS = " \u00a0\u202f\u2009'\u2019"  # between thousands they mean nothing else
_AROUND = re.compile(r"(\s*[-+]?\s*(?:US\$|\$|USD)?\s*[-+]?)(\d.*?|[.,]\d.*?)(\s*(?:US\$|\$|USD)?\s*)")
_EITHER = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
_DECIMAL = re.compile(r"\d*([.,])\d+(?:[eE][+-]?\d+)?")
_BLANKED = re.compile(rf"[1-9]\d{{0,2}}([{_BLANKS}])\d{{3}}(?:\1\d{{3}})*(?:([.,])\d+)?")
_PARTED = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:(?:\1\d{3})+(?:(?!\1)([.,])\d+)?|(?!\1)([.,])\d+)")
_LAKHS = re.compile(r"[1-9]\d?(?:(,)\d\d)+,\d{3}(?:(\.)\d+)?")
_NAMES = {POINT: "point", COMMA: "comma"}
_NEXT = (
    "Write all numbers without signs between their thousands (in a spreadsheet: format the columns of numbers so, and "
    "save the table anew)."
)


class UnclearNumbers(LogError):
    """A number of a table can be read in two ways, and nothing in the table tells in which it was written."""


class WrittenNumber(NamedTuple):
    """What a number tells by itself: the signs of its ``thousands`` and its ``decimals``, None where it has none; or
    that its only sign may be ``either``.
    """

    thousands: str | None = None
    decimals: str | None = None
    either: str | None = None


def written_number(text: str) -> WrittenNumber | None:
    """What a number of several parts tells; None where it has none of these signs, or is no number."""
    if found := _EITHER.fullmatch(text):
        return WrittenNumber(either=found[1])
    if found := _DECIMAL.fullmatch(text):
        return WrittenNumber(decimals=found[1])
    for pattern in (_BLANKED, _PARTED, _LAKHS):
        if found := pattern.fullmatch(text):
            signs = found.groups()
            return WrittenNumber(signs[0], next((sign for sign in signs[1:] if sign), None))
    return None


def _of_cell(cell: object) -> WrittenNumber | None:
    around = _AROUND.fullmatch(cell) if isinstance(cell, str) else None
    return written_number(around[2]) if around else None


@dataclass(frozen=True)
class NumberSigns:
    """How a table writes the numbers and times in these ``columns``: a sign that may part either parts ``decimals`` if
    it is this one, and else thousands. Days between slashes have the month first unless ``has_days_first``; an
    ``unclear_day`` is one where nothing tells.
    """

    decimals: str | None
    columns: Collection[str]
    has_days_first: bool = False
    unclear_day: str = ""

    def plain(self, cell: str) -> str:
        """The number with a point before its decimals and no sign between its thousands, and a day that is first
        before a point; what is neither stays.
        """
        if "/" in cell:
            return day_first(cell) if self.has_days_first else cell
        around = _AROUND.fullmatch(cell)
        told = written_number(around[2]) if around else None
        if around is None or told is None:
            return cell
        if told.either is not None and self.decimals is None:
            raise UnclearNumbers(f"The table has {cell.strip()}. {_UNTOLD.format(_NAMES[told.either])} {_NEXT}")
        decimals = self.decimals if told.either else told.decimals
        parts = around[2].partition(decimals) if decimals else (around[2], "", "")
        whole = re.sub(rf"[.,{_BLANKS}]", "", parts[0])
        return around[1] + whole + (f".{parts[2]}" if parts[1] else "") + around[3]


_UNTOLD = "No other number of the table tells whether its {} parts thousands or decimals."


class _SeenNumber(NamedTuple):
    row: int
    column: str
    cell: str

    def __str__(self) -> str:
        return f"row {self.row:,} has {self.cell} under {self.column}"


@dataclass
class SignsSeen:
    """What the numbers of a table tell of their signs, and an example of each. Where commas divide its cells
    (``by_commas``), a single point within an amount parts decimals unless anything denies it, and a comma within a
    count thousands; a point within a count may be either. A count is whole: where any number parts its
    thousands, a sign parts decimals of counts only if some count tells so by itself.
    """

    by_commas: bool
    columns: set[str] = field(default_factory=set)
    _thousands: dict[str, _SeenNumber] = field(default_factory=dict)
    _decimals: dict[str, _SeenNumber] = field(default_factory=dict)
    _either: dict[str, _SeenNumber] = field(default_factory=dict)
    _counts: dict[str, _SeenNumber] = field(default_factory=dict)  # those whose sign may be either
    _decimals_of_counts: set[str] = field(default_factory=set)

    def note(self, row: int, column: str, cell: object, *, is_count: bool) -> bool:
        """Learn of a cell that is read as a count, or else as an amount; whether its signs say anything."""
        told = _of_cell(cell)
        self.columns.add(column)
        if told is None:
            return False
        example = _SeenNumber(row, column, str(cell).strip()[:40])
        if told.thousands:
            self._thousands.setdefault(told.thousands, example)
        if told.decimals:
            self._decimals.setdefault(told.decimals, example)
            if is_count:
                self._decimals_of_counts.add(told.decimals)
        if told.either:
            self._either.setdefault(told.either, example)
            if self.by_commas and is_count and told.either == COMMA:
                self._thousands.setdefault(COMMA, example)
            if is_count:
                self._counts.setdefault(told.either, example)
        return True

    def decided(self) -> NumberSigns:
        """How the numbers are to be read, the same whatever the order of rows; raises UnclearNumbers."""
        decimals = self._sign_of_decimals() if self._either else None
        are_plain = not self._either and not self._thousands and self._decimals.keys() <= {POINT}
        return NumberSigns(decimals, frozenset() if are_plain else frozenset(self.columns))

    def _sign_of_decimals(self) -> str:
        decimals, thousands = {*self._decimals}, {*self._thousands}
        if not decimals and thousands and not thousands & {POINT, COMMA}:
            decimals = {*self._either}  # the sign of thousands is known, and is another one
        left = (decimals or {POINT, COMMA}) - thousands
        pointed = self._counts.get(POINT)
        if not decimals and not thousands and self.by_commas and not pointed and COMMA not in self._either:
            left = {POINT}
        is_denied = self.by_commas and POINT in self._either and left == {COMMA}
        split = self._split_count(left) if thousands else None
        if len(left) == 1 and len(decimals) < 2 and not is_denied and not split:
            return left.pop()
        example = split or pointed or next(iter(self._either.values()))
        others = [one for some in (self._decimals, self._thousands) for one in some.values() if one is not example]
        sign = next(sign for some in (self._counts, self._either) for sign, one in some.items() if one is example)
        why = f"Others deny one another: {'; '.join(map(str, others))}." if others else _UNTOLD.format(_NAMES[sign])
        raise UnclearNumbers(f"{example}. {why} {_NEXT}")

    def _split_count(self, decimals: set[str]) -> _SeenNumber | None:
        """A count that this sign alone would part before its decimals, though no count tells that any has them."""
        told = (one for sign, one in self._counts.items() if {sign} == decimals - self._decimals_of_counts)
        return next(told, None)
