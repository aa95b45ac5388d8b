"""What differs from row to row: times, amounts and texts, column by column, as a row reads them one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from llmpricing.domain.times import InstantError, micros
from llmpricing.domain.usage.quantities import UsageError
from llmpricing.services.usage_log.batch import Mask, Numbers
from llmpricing.services.usage_log.formats.raw_blocks import Cells, JsonTexts, is_empty
from llmpricing.services.usage_log.formats.values import (
    FINEST,
    NOTHING,
    as_instant,
    as_number,
    states_nothing,
    without_dollars,
)
from llmpricing.services.usage_log.times import read_column

CellsOf = Callable[[str], Cells]
# Times of which Arrow and we are sure to think the same.
_BARE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?$"
_WITH_OFFSET = _BARE[:-1] + r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
_AMOUNT = r"^-?[0-9]{1,15}(?:\.[0-9]{1,25})?(?:[eE]-(?:0?[0-9]|1[0-5]))?$"  # short of all bounds
_NOTHING = pa.array(sorted(NOTHING), pa.string())
_EVERYDAY_DIGITS = 15
_EVERYDAY, _LEAST = 10.0**_EVERYDAY_DIGITS, 10.0**-FINEST


def first_stated(cells: CellsOf, names: Sequence[str], rows: int) -> Cells:
    """The value of each of so many rows by the first of these names that states one; None where none does."""
    names = _stated(cells, names)
    if names and isinstance(first := cells(names[0]), pa.Array) and _all_state(first):
        return first
    return _first(cells, names, rows, lambda value: None if value is None or states_nothing(value) else value)


def texts_of(cells: CellsOf, names: Sequence[str], rows: int) -> list[str | None]:
    """The same as texts; None where there is none."""
    names = _stated(cells, names)
    if names and isinstance(first := cells(names[0]), pa.Array) and _all_state(first):
        return [text.strip() or None for text in first.to_pylist()]
    return [text or None for text in _first(cells, names, rows, _text)]


def _stated(cells: CellsOf, names: Sequence[str]) -> Sequence[str]:
    """Those of the names under which any row has something."""
    return [name for name in names if not is_empty(cells(name))]


def _all_state(texts: pa.Array) -> bool:
    return not texts.null_count and not compute.any(compute.is_in(texts, _NOTHING), min_count=0).as_py()


def _first(cells: CellsOf, names: Sequence[str], rows: int, stated: Callable[[Any], Any]) -> list[Any]:
    if not names:
        return [None] * rows
    found = [stated(value) for value in _values(cells(names[0]))]
    for name in names[1:]:
        if None not in found:
            break
        found = [stated(other) if one is None else one for one, other in zip(found, _values(cells(name)), strict=True)]
    return found


def _values(cells: Cells) -> Sequence[Any]:
    """The cells one by one; of an object or list nothing but that it is one."""
    if isinstance(cells, JsonTexts):
        return [{} if is_there else None for is_there in cells.texts.is_valid().to_pylist()]
    return cells.to_pylist() if isinstance(cells, pa.Array) else cells


def _text(value: Any) -> str | None:
    if type(value) is str:
        return None if value in NOTHING else value.strip()
    if value is None or value != value:
        return None
    return "" if isinstance(value, dict | list) else str(value)


def amounts_of(values: Cells) -> tuple[list[Decimal | None], Mask]:
    """The values as amounts, and which are none."""
    cells = _values(values)
    good = np.zeros(len(cells), np.bool_)
    if isinstance(values, pa.Array):
        if not values.null_count and compute.all(compute.match_substring_regex(values, _AMOUNT)).as_py():
            return list(map(Decimal, cells)), good
    elif (quick := _everyday(cells)) is not None:
        return quick, good
    found: list[Decimal | None] = []
    bad = good
    for row, value in enumerate(cells):
        try:
            found.append(None if value is None else as_number("", without_dollars(value)))
        except UsageError:
            found.append(None)
            bad[row] = True
    return found, bad


def _everyday(cells: Sequence[Any]) -> list[Decimal | None] | None:
    """The cells as amounts where all are numbers of an everyday size; None where any is not."""
    kinds = set(map(type, cells))
    if kinds <= {Decimal, int, type(None)}:
        found = [None if cell is None else Decimal(cell) for cell in cells]
        return found if all(one is None or -FINEST <= one.adjusted() < _EVERYDAY_DIGITS for one in found) else None
    if kinds <= {float, type(None)} and all(
        cell is None or cell == 0 or _LEAST <= abs(cell) < _EVERYDAY for cell in cells
    ):
        return [None if cell is None else Decimal(repr(cell)) for cell in cells]
    return None


def instants_of(found: Cells) -> tuple[Numbers, Mask]:
    """The values as microseconds since 1970, and which are no times."""
    if isinstance(found, pa.Array) and not found.null_count:
        texts = pa.chunked_array([found])
        for pattern, is_bare in ((_BARE, True), (_WITH_OFFSET, False)):
            if compute.all(compute.match_substring_regex(texts, pattern)).as_py():
                try:
                    return _of_texts(texts, is_bare=is_bare)
                except pa.ArrowInvalid:
                    break  # a day that its month does not have
    values = _values(found)
    at, bad = np.zeros(len(values), np.int64), np.zeros(len(values), np.bool_)
    for row, value in enumerate(values):
        try:
            at[row] = micros(as_instant(value))
        except InstantError:
            bad[row] = True
    return at, bad


def _of_texts(texts: pa.ChunkedArray, *, is_bare: bool) -> tuple[Numbers, Mask]:
    typed = texts.cast(pa.timestamp("us") if is_bare else pa.timestamp("us", "UTC"))
    at, _, bad = read_column(typed, assume_utc=True)
    return at, bad
