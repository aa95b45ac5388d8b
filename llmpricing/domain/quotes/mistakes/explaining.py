"""Which known mistake, or which two, make a record's cost the figure that was logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse
from llmpricing.domain.quotes.mistakes.causes import CAUSES, DISCOUNT, FIGURE_CAUSES, TOGETHER
from llmpricing.domain.quotes.mistakes.figures import flat_share
from llmpricing.domain.quotes.unit_rates import UNIT

NOISE = 10**9  # what floating point and the sum of rounded parts lose is less than this part of a figure
FINE = 12  # decimal places from which on a figure counts as written in full
CENTS = 2  # places: nobody charges in coarser steps, and a figure of fewer may have lost its last zeros
_TELLING = 2000  # units of its last place from which on a rounded figure tells one mistake from another
_PAIRED = tuple(cause for cause in CAUSES if not cause.broad)
_DATED = {"another_day", "withdrawn_price"}  # whose figures another seller's often are


class Costed(NamedTuple):
    """A cause, what it says of an example, and what it makes of the cost in 1e-12 USD."""

    name: str
    detail: str
    units: int


Mistakes = Callable[[AuditedUse], list[Costed]]


class Figures(Protocol):
    """What mistakes make of the cost of one use."""

    def giving(self, mistakes: Mistakes, logged: int) -> list[Costed]:
        """Those of these mistakes that give the logged figure, in their order."""

    def rounded(self, mistakes: Mistakes, logged: int, decimals: int) -> list[Costed]:
        """Those that give it when they are rounded to so many places."""

    def right(self) -> int | None:
        """The cost without a mistake; None where it has none."""


class FiguresOfOne:
    """The figures of one use, worked out when they are asked for; what every faster way is measured against."""

    def __init__(self, use: AuditedUse) -> None:
        self._use = use
        self._known: dict[Mistakes, list[Costed]] = {}

    def giving(self, mistakes: Mistakes, logged: int) -> list[Costed]:
        """Those of these mistakes that give the logged figure, in their order."""
        return [one for one in self._of(mistakes) if is_same(logged, one.units)]

    def rounded(self, mistakes: Mistakes, logged: int, decimals: int) -> list[Costed]:
        """Those that give it when they are rounded to so many places."""
        return [one for one in self._of(mistakes) if is_rounded(logged, one.units, decimals)]

    def right(self) -> int | None:
        """The cost without a mistake; None where it has none."""
        return self._use.units()

    def _of(self, mistakes: Mistakes) -> list[Costed]:
        if mistakes not in self._known:
            self._known[mistakes] = mistakes(self._use)
        return self._known[mistakes]


@dataclass(frozen=True)
class Mistaken:
    """The known mistakes, each by itself or two as one name (``a + b``), that give the logged figure, and what they say
    of an example. ``decimals`` is None where they give it exactly, else the places to which it was rounded.
    """

    causes: tuple[str, ...]
    detail: str = ""
    decimals: int | None = None


def places_of(logged: Decimal) -> int:
    """How many decimal places the figure is written with; nothing tells of no more than cents."""
    exponent = (logged.normalize() if logged else logged).as_tuple().exponent
    return max(0, -int(exponent)) if logged else min(CENTS, max(0, -int(exponent)))


def is_same(logged: int, units: int) -> bool:
    """Whether the logged figure is this one, both in 1e-12, but for what floating point loses."""
    return abs(logged - units) <= max(1, abs(units) // NOISE)


def is_rounded(logged: int, units: int, decimals: int) -> bool:
    """Whether the figure, rounded or cut to so many places, is the logged one."""
    unit: int = UNIT // 10**decimals
    return abs(logged - units) < unit and 2 * units >= unit


def rounded_places(logged: int, units: int, least: int) -> int | None:
    """The most places, at least so many, to which the figure may have been rounded or cut to become the logged one,
    which may have lost zeros at its end; None where it cannot.
    """
    places = range(FINE - 1, max(least, CENTS) - 1, -1)
    return next((decimals for decimals in places if is_rounded(logged, units, decimals)), None)


def places_of_nothing(units: int) -> int | None:
    """The most places to which the figure, in 1e-12, may have been rounded to become 0; None where it is half a cent or
    more.
    """
    places = range(FINE - 1, CENTS - 1, -1)
    return next((decimals for decimals in places if 2 * abs(units) < UNIT // 10**decimals), None)


def explained(figures: Figures, logged: int, decimals: int) -> Mistaken | None:
    """The mistake that explains what was logged, in 1e-12 USD, for a use that costs something else; None if none does.

    ``decimals`` is how many places the logged figure has; of a short one a rounded figure is looked for last.
    """
    same = figures.giving(singles, logged)
    broad = figures.giving(broads, logged) if not same or _DATED & {one.name for one in same} else []
    if found := _named([*same, *broad]) or _named(figures.giving(pairs, logged)):
        return found
    right = figures.right()
    if right is not None and (share := flat_share(logged, right)):
        return Mistaken((DISCOUNT,), share)
    if decimals >= FINE or logged * 10**decimals < _TELLING * UNIT:
        return None
    return _named([one for some in (singles, broads) for one in figures.rounded(some, logged, decimals)], decimals)


def explained_exactly(figures: Figures, logged: int) -> tuple[str, ...]:
    """The mistakes that by themselves give this very figure: of one that may be the right one, rounded."""
    found = _named(figures.giving(singles, logged))
    return found.causes if found else ()


def unmistaken(use: AuditedUse) -> list[Costed]:
    """The right cost, if there is one."""
    units = use.units()
    return [] if units is None else [Costed("", "", units)]


def singles(use: AuditedUse) -> list[Costed]:
    """Each mistake by itself, in what was counted, in whose price was taken, or in the figure."""
    return [*_costed(use, broad=False), *_slipped(use, use.units())]


def broads(use: AuditedUse) -> list[Costed]:
    """Each mistake that is looked for last."""
    return _costed(use, broad=True)


def pairs(use: AuditedUse) -> list[Costed]:
    """Two mistakes at once, of causes that a use has the facts for."""
    found = []
    for place, first in enumerate(_PAIRED):
        for one in first.wrong(use):
            then = [(second.name, both) for second in _PAIRED[place + 1 :] for both in second.wrong(one)]
            costed = [Costed(name, both.detail, units) for name, both in then if (units := both.units()) is not None]
            together = [*costed, *_slipped(one, one.units())]
            found += [Costed(f"{first.name}{TOGETHER}{name}", detail, units) for name, detail, units in together]
    return found


def _costed(use: AuditedUse, *, broad: bool) -> list[Costed]:
    wrong = ((cause.name, one) for cause in CAUSES if cause.broad is broad for one in cause.wrong(use))
    return [Costed(name, one.detail, units) for name, one in wrong if (units := one.units()) is not None]


def _slipped(use: AuditedUse, units: int | None) -> Iterator[Costed]:
    """Each mistake in the figure itself, which would be so many units without it."""
    if units is not None:
        for cause in FIGURE_CAUSES:
            for factor, detail in cause.slips(use):
                yield Costed(cause.name, detail, units * factor.numerator // factor.denominator)


def _named(found: Sequence[Costed], decimals: int | None = None) -> Mistaken | None:
    if not found:
        return None
    return Mistaken(tuple(dict.fromkeys(one.name for one in found)), found[0].detail, decimals)
