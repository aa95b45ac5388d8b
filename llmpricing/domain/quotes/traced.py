"""Whole numbers that remember how they were made of a use's counts, so that one use tells of all that are alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, Self

CountTerms = tuple[int, ...]  # a coefficient for each count, and behind them what is added


class Comparison(NamedTuple):
    """What was asked of the counts on the way: whether a sum of them is below zero, or (``of_zero``) is zero."""

    terms: CountTerms
    of_zero: bool
    outcome: bool


@dataclass
class Trace:
    """The comparisons on which all that was made hangs: other counts with the same answers come to the same terms."""

    comparisons: dict[tuple[CountTerms, bool], bool] = field(default_factory=dict)

    def counts(self, values: list[int]) -> list[Traced]:
        """The counts themselves, as what everything is made of."""
        size = len(values) + 1
        return [
            Traced(value, tuple([int(place == own) for place in range(size)]), self) for own, value in enumerate(values)
        ]

    def told(self) -> list[Comparison]:
        """The comparisons with their outcomes."""
        return [Comparison(terms, of_zero, outcome) for (terms, of_zero), outcome in self.comparisons.items()]


class Traced:
    """A sum of counts times whole numbers, divided by ``divisor`` and rounded down at the very end.

    It does what whole numbers do as far as sums of counts need it, and raises TypeError for the rest: where that is
    met, each use has to be looked at by itself.
    """

    __slots__ = ("divisor", "terms", "trace", "value")
    __hash__ = None  # type: ignore[assignment] # equal counts are not the same one

    def __init__(self, value: int, terms: CountTerms, trace: Trace, divisor: int = 1) -> None:
        self.value, self.terms, self.trace, self.divisor = value, terms, trace, divisor

    def __add__(self, other: object) -> Self:
        value, terms = self._other(other)
        return self._made(self.value + value, tuple([a + b for a, b in zip(self.terms, terms, strict=True)]))

    __radd__ = __add__

    def __neg__(self) -> Self:
        return self * -1

    def __sub__(self, other: object) -> Self:
        value, terms = self._other(other)
        return self._made(self.value - value, tuple([a - b for a, b in zip(self.terms, terms, strict=True)]))

    def __rsub__(self, other: object) -> Self:
        return -(self - other)

    def __mul__(self, factor: object) -> Self:
        if type(factor) is not int:
            self._refuse()
        return self._made(self.value * factor, tuple([a * factor for a in self.terms]))

    __rmul__ = __mul__

    def __floordiv__(self, divisor: object) -> Self:
        if type(divisor) is not int or divisor <= 0 or self.divisor != 1:
            self._refuse()
        return type(self)(self.value // divisor, self.terms, self.trace, divisor)

    def __round__(self, places: None = None) -> Self:
        return self

    def __bool__(self) -> bool:
        return not self._is(self.terms, self.value, of_zero=True)

    def __eq__(self, other: object) -> bool:
        return self._difference(other, of_zero=True)

    def __lt__(self, other: object) -> bool:
        return self._difference(other)

    def __ge__(self, other: object) -> bool:
        return not self < other

    def __gt__(self, other: object) -> bool:
        return (-self)._difference(-self._as_traced(other))

    def __le__(self, other: object) -> bool:
        return not self > other

    def _made(self, value: int, terms: CountTerms) -> Self:
        if self.divisor != 1:
            self._refuse()
        return type(self)(value, terms, self.trace)

    def _other(self, other: object) -> tuple[int, CountTerms]:
        if type(other) is int:
            return other, (*(0,) * (len(self.terms) - 1), other)
        if not isinstance(other, Traced) or other.divisor != 1 or self.divisor != 1:
            self._refuse()
        return other.value, other.terms

    def _as_traced(self, other: object) -> Self:
        return type(self)(*self._other(other), self.trace)

    def _difference(self, other: object, *, of_zero: bool = False) -> bool:
        left = self - other
        return self._is(left.terms, left.value, of_zero=of_zero)

    def _is(self, terms: CountTerms, value: int, *, of_zero: bool = False) -> bool:
        if self.divisor != 1:
            self._refuse()
        outcome = value == 0 if of_zero else value < 0
        if any(terms[:-1]):
            self.trace.comparisons[terms, of_zero] = outcome
        return outcome

    def _refuse(self) -> NoReturn:
        raise TypeError("no sum of counts")
