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
from llmpricing.services.usage_log.formats.row import NOTHING, as_instant, as_number, states_nothing, without_dollars
from llmpricing.services.usage_log.times import read_column

CellsOf = Callable[[str], Sequence[Any]]
# Times of which Arrow and we are sure to think the same.
_BARE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?$"
_WITH_OFFSET = _BARE[:-1] + r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"


def first_stated(cells: CellsOf, names: Sequence[str]) -> list[Any]:
    """The value of each row by the first of these names that states one; None where none does."""
    return _first(cells, names, lambda value: None if value is None or states_nothing(value) else value)


def texts_of(cells: CellsOf, names: Sequence[str]) -> list[str | None]:
    """The same as texts; None where there is none."""
    return [text or None for text in _first(cells, names, _text)]


def _first(cells: CellsOf, names: Sequence[str], stated: Callable[[Any], Any]) -> list[Any]:
    if not names:
        return []
    found = [stated(value) for value in cells(names[0])]
    for name in names[1:]:
        if None not in found:
            break
        found = [stated(other) if one is None else one for one, other in zip(found, cells(name), strict=True)]
    return found


def _text(value: Any) -> str | None:
    if type(value) is str:
        return None if value in NOTHING else value.strip()
    if value is None or value != value:
        return None
    return "" if isinstance(value, dict | list) else str(value)


def amounts_of(values: Sequence[Any]) -> tuple[list[Decimal | None], Mask]:
    """The values as amounts, and which are none."""
    found: list[Decimal | None] = []
    bad = np.zeros(len(values), np.bool_)
    for row, value in enumerate(values):
        try:
            found.append(None if value is None else as_number("", without_dollars(value)))
        except UsageError:
            found.append(None)
            bad[row] = True
    return found, bad


def instants_of(values: Sequence[Any]) -> tuple[Numbers, Mask]:
    """The values as microseconds since 1970, and which are no times."""
    if all(type(value) is str for value in values):
        texts = pa.chunked_array([pa.array(values, pa.string())])
        for pattern, is_bare in ((_BARE, True), (_WITH_OFFSET, False)):
            if compute.all(compute.match_substring_regex(texts, pattern)).as_py():
                try:
                    return _of_texts(texts, is_bare=is_bare)
                except pa.ArrowInvalid:
                    break  # a day that its month does not have
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
