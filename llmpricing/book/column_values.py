"""The values of a book's columns out of what lies in their parts: exact decimals, times, spans and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from llmpricing.book.shape import DIGITS, BookSpan, Kind
from llmpricing.domain.times import EPOCH

_EXACT = Context(prec=DIGITS)
_ALIKE = 4_096  # the rows of a book have few different times and amounts: 500 and 800 of 12,000 prices


def values_of(parts: Sequence[list[Any]], kind: Kind) -> list[Any]:
    """The values of a column by what lies in its parts, as the database gives them; a span as BookSpan."""
    first, *second = parts
    if kind is Kind.DECIMAL:
        rows = zip(first, second[0], strict=True)
        return [None if u is None else _decimal(u, s) for u, s in rows]
    if kind is Kind.SPAN:
        return [BookSpan(_time(lower), _time(upper)) for lower, upper in zip(first, second[0], strict=True)]
    read = _READ.get(kind)
    return [None if value is None else read(value) for value in first] if read else first


@lru_cache(_ALIKE)
def _decimal(digits: int, scale: int) -> Decimal:
    return _EXACT.scaleb(Decimal(digits), -scale)


@lru_cache(_ALIKE)
def _time(number: int | None) -> datetime | None:
    return None if number is None else EPOCH + timedelta(microseconds=number)


_READ: dict[Kind, Callable[[Any], Any]] = {Kind.TIME: _time, Kind.JSON: json.loads}
