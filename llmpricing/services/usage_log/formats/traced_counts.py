"""Numbers that stand for those of all rows that are alike, while one of these rows is read."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NoReturn

from llmpricing.domain.quotes.traced import Trace, Traced


class TracedCount(Traced):
    """A count that is read as whole numbers are, and raises TypeError where it is made into anything else."""

    __slots__ = ()
    __hash__ = None  # equal counts are not the same one

    @property  # type: ignore[misc]
    def __class__(self) -> type[int]:  # type: ignore[override] # what isinstance goes by
        return int

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str | list | dict | bool) or other is None:
            return False
        return self._difference(other, of_zero=True)

    def _as_text(self, *_how: object) -> NoReturn:
        self._refuse()

    __str__ = __repr__ = __format__ = _as_text


WHOLE = frozenset({int, TracedCount})  # the types of counts


class Unreadable:
    """Another number, of which nothing may be made: where one is read, each row has to be read by itself."""

    @property  # type: ignore[misc]
    def __class__(self) -> type[Decimal]:  # type: ignore[override] # what isinstance goes by
        return Decimal

    def _refuse(self, *_with: object) -> NoReturn:
        raise TypeError("a number that differs from row to row")

    __bool__ = __eq__ = __lt__ = __gt__ = __le__ = __ge__ = _refuse
    __hash__ = __str__ = __repr__ = __format__ = __abs__ = __neg__ = _refuse


def traced_counts(values: Sequence[int], trace: Trace) -> list[TracedCount]:
    """Counts of these values, as what everything is made of."""
    return [TracedCount(one.value, one.terms, trace) for one in trace.counts(list(values))]
