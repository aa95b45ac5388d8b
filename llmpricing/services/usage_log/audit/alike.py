"""Uses that differ in nothing but counts: each known mistake is worked out once for all, as sums of counts."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import numpy as np

from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse, ChangedPrices
from llmpricing.domain.quotes.mistakes.explaining import Costed, FiguresOfOne, Mistakes, is_rounded, unmistaken
from llmpricing.domain.quotes.traced import Comparison, Trace, Traced
from llmpricing.domain.usage.quantities import Quantity, Usage, count
from llmpricing.services.usage_log.batch import Mask, Numbers

_ROOM = 2**62
_NOISE = 10**9
_MOST_TRACES = 32  # of one group: uses that lie on so many sides of so many bounds are looked at one by one
_MOST_FAILURES = 2


class UseCounts(NamedTuple):
    """The counts of a use, behind which stands 1, for what is added; as numbers of 64 bits too."""

    values: Sequence[int]
    numbers: Numbers


@dataclass(frozen=True)
class SumsOfCounts:
    """Sums of counts, a row each; ``largest`` is the largest term of each count."""

    terms: Numbers
    divisors: Numbers | None
    largest: Sequence[int]

    def hold(self, counts: Sequence[int]) -> bool:
        """Whether 64 bits hold the sums for these counts."""
        return sum([term * number for term, number in zip(self.largest, counts, strict=True)]) < _ROOM

    def of(self, counts: Numbers) -> Numbers:
        """The sums for these counts, behind which stands 1."""
        found: Numbers = self.terms @ counts
        return found if self.divisors is None else found // self.divisors


def _sums(found: Sequence[tuple[Sequence[int], int]], size: int) -> SumsOfCounts:
    """Raises OverflowError where 64 bits do not hold the terms."""
    terms = np.array([one for one, _ in found], np.int64).reshape(len(found), size)
    largest = [max(map(abs, column)) for column in zip(*(one for one, _ in found), strict=True)] or [0] * size
    divisors = np.array([divisor for _, divisor in found], np.int64)
    return SumsOfCounts(terms, divisors if (divisors != 1).any() else None, largest)


@dataclass(frozen=True)
class MistakesAsSums:
    """Mistakes as sums of counts, for the uses whose comparisons come out alike."""

    names: Sequence[tuple[str, str]]  # of the cause, and what it says of an example
    units: SumsOfCounts
    asked: SumsOfCounts
    of_zero: Mask
    outcomes: Mask

    def of_all(self, counts: Numbers) -> tuple[Numbers, Mask]:
        """The units by these counts, a row each, and which rows have the same outcomes; none where 64 bits are few."""
        most = counts.max(axis=0).tolist()
        if not (self.units.hold(most) and self.asked.hold(most)):
            return np.zeros((len(counts), len(self.names)), np.int64), np.zeros(len(counts), np.bool_)
        sums = self.asked.of(counts.T).T
        same = (np.where(self.of_zero, sums == 0, sums < 0) == self.outcomes).all(axis=1)
        units = self.units.terms @ counts.T
        return (units if self.units.divisors is None else units // self.units.divisors[:, None]).T, same

    def fits(self, counts: UseCounts) -> bool:
        """Whether the counts have the same outcomes, and 64 bits hold their sums."""
        if not (self.units.hold(counts.values) and self.asked.hold(counts.values)):
            return False
        sums = self.asked.of(counts.numbers)
        return bool((np.where(self.of_zero, sums == 0, sums < 0) == self.outcomes).all())


def traced_sums(use: AuditedUse, mistakes: Mistakes) -> MistakesAsSums | None:
    """The mistakes of all uses like this one; None where only each use by itself can tell."""
    trace = Trace()
    try:
        found = mistakes(_with_traced_counts(use, trace))
        size = len(_used(use.usage)) + 1
        units = [_terms(one.units, size) for one in found]
        told: Sequence[Comparison] = trace.told()
        return MistakesAsSums(
            [(one.name, one.detail) for one in found],
            _sums(units, size),
            _sums([(one.terms, 1) for one in told], size),
            np.array([one.of_zero for one in told], np.bool_),
            np.array([one.outcome for one in told], np.bool_),
        )
    except (TypeError, OverflowError):  # what is no sum of counts, or a very large one
        return None


def _used(usage: Usage) -> dict[str, Quantity]:
    return {meter: quantity for meter, quantity in usage.stated.items() if quantity}


def _with_traced_counts(use: AuditedUse, trace: Trace) -> AuditedUse:
    used = _used(use.usage)
    usage = use.usage
    if not usage.whole or usage.told is not None or usage.service_tier or usage.region:
        raise TypeError("not counted in whole numbers alone")
    counts = trace.counts([int(quantity) for quantity in used.values()])
    return use._replace(usage=count(dict(zip(used, counts, strict=True))))  # type: ignore[arg-type] # they do as numbers


def _terms(units: int | Traced, size: int) -> tuple[Sequence[int], int]:
    if isinstance(units, Traced):
        return units.terms, units.divisor
    return (*(0,) * (size - 1), units), 1


class AlikeFigures:
    """The figures of one of the uses that are alike: what has no sums is worked out for itself."""

    def __init__(self, alike: AlikeUses, use: Callable[[], AuditedUse], counts: Mapping[str, Quantity]) -> None:
        self._alike, self._use = alike, use
        values = [*(int(counts[meter]) for meter in alike.meters), 1]
        self._counts = UseCounts(values, np.array(values, np.int64))
        self._one: FiguresOfOne | None = None

    def giving(self, mistakes: Mistakes, logged: int) -> list[Costed]:
        """Those of these mistakes that give the logged figure, in their order."""
        found = self._traced(mistakes)
        if found is None or abs(logged) >= _ROOM:
            return self._by_itself.giving(mistakes, logged)
        units = found.units.of(self._counts.numbers)
        near = np.flatnonzero(np.abs(units - logged) <= np.maximum(1, np.abs(units) // _NOISE)).tolist()
        return [Costed(*found.names[place], int(units[place])) for place in near]

    def rounded(self, mistakes: Mistakes, logged: int, decimals: int) -> list[Costed]:
        """Those that give it when they are rounded to so many places."""
        found = self._traced(mistakes)
        if found is None:
            return self._by_itself.rounded(mistakes, logged, decimals)
        units = enumerate(found.units.of(self._counts.numbers).tolist())
        return [Costed(*found.names[place], one) for place, one in units if is_rounded(logged, one, decimals)]

    def right(self) -> int | None:
        """The cost without a mistake; None where it has none."""
        found = self._traced(unmistaken)
        if found is None:
            return self._by_itself.right()
        return next(iter(found.units.of(self._counts.numbers).tolist()), None)

    def _traced(self, mistakes: Mistakes) -> MistakesAsSums | None:
        return self._alike.traced(mistakes, self._use, self._counts)

    @property
    def _by_itself(self) -> FiguresOfOne:
        if self._one is None:
            self._one = FiguresOfOne(self._use())
        return self._one


@dataclass
class AlikeUses:
    """What is known of uses that pay the same prices and differ in how much of the same ``meters`` they count."""

    meters: tuple[str, ...]
    _found: dict[Mistakes, list[MistakesAsSums]] = field(default_factory=dict)
    _tries: Counter[Mistakes] = field(default_factory=Counter)

    def traced(self, mistakes: Mistakes, use: Callable[[], AuditedUse], counts: UseCounts) -> MistakesAsSums | None:
        """The mistakes for these counts; None where only the use by itself can tell."""
        known = self._found.setdefault(mistakes, [])
        for one in known:
            if one.fits(counts):
                return one
        if self._tries[mistakes] >= (_MOST_TRACES if known else _MOST_FAILURES):
            return None
        self._tries[mistakes] += 1
        if new := traced_sums(use(), mistakes):
            known.append(new)
        return new if new and new.fits(counts) else None


class Around:
    """What a time decides in the prices around a use: on which side of their bounds, and in which hours, it lies."""

    def __init__(self, use: AuditedUse) -> None:
        around = use.surroundings
        found = [use.prices, *_all(around.places, around.sellers, around.models, around.believed)]
        self._bounds = sorted({bound for one in found for bound in one.prices.bounds})
        self._clocked = [one.prices for one in found if one.prices.has_clock]

    def key(self, at: datetime) -> tuple[object, ...]:
        """The same for two times that are alike for all mistakes."""
        hours = tuple(prices.period(at).clock(at) for prices in self._clocked)
        return bisect_right(self._bounds, at), at.date() if self._clocked else None, hours


def _all(*found: Mapping[str, ChangedPrices]) -> Iterator[ChangedPrices]:
    return chain.from_iterable(some.values() for some in found)
