"""Which known mistake, or which two, make a record's cost the figure that was logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse
from llmpricing.domain.quotes.mistakes.causes import CAUSES, DISCOUNT, FIGURE_CAUSES, TOGETHER, Cause, Foreign
from llmpricing.domain.quotes.mistakes.figures import flat_share
from llmpricing.domain.quotes.unit_rates import UNIT

NOISE = 10**9  # what floating point and the sum of rounded parts lose is less than this part of a figure
FINE = 12  # decimal places from which on a figure counts as written in full
CENTS = 2  # places: nobody charges in coarser steps, and a figure of fewer may have lost its last zeros
# Units of its last place from which on a rounded figure tells one mistake from another: a single one of the use's own
# facts, or one of the many pairs and foreign prices, ten times as many of which some figure comes near.
_TELLING, _TELLING_OF_MANY = 2_000, 20_000
_LOST = 2  # zeros that a rounded figure may have lost at its end: one in ten has lost one, one in a thousand a third
_OWN = tuple(cause for cause in CAUSES if cause.foreign is None)
_FOREIGN = tuple(cause for cause in CAUSES if cause.foreign is not None)
_OF_TIME = tuple(cause for cause in CAUSES if cause.foreign is Foreign.ANOTHER_TIME)


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

    First come single mistakes in what is known of the use itself: its counts, tier, place and steps; then two of these
    at once beside the prices of another day, seller or model, as a pair is not less likely than such a price, and what
    the file has more of tells; then one of its own facts at another day's price. ``decimals`` is how many places the
    logged figure has; of a short one a rounded figure is looked for last.
    """
    if own := figures.giving(singles, logged):
        return _named([*own, *figures.giving(of_time, logged)])
    if found := _named([*figures.giving(pairs, logged), *figures.giving(foreign, logged)]):
        return found
    if found := _named(figures.giving(pairs_with_time, logged)):
        return found
    right = figures.right()
    if right is not None and (share := flat_share(logged, right)):
        return Mistaken((DISCOUNT,), share)
    return None if decimals >= FINE else _rounded(figures, logged, decimals)


def _rounded(figures: Figures, logged: int, decimals: int) -> Mistaken | None:
    """The mistakes that give the figure when they are rounded to so many places, where it has enough of them, or to
    more if it lost zeros at its end: that of the most places, unless with fewer others give it too.
    """
    for least, looked_at in ((_TELLING, (singles,)), (_TELLING_OF_MANY, (pairs, foreign))):
        most = range(min(decimals + _LOST, FINE - 1), decimals - 1, -1)
        telling = [places for places in most if logged * 10**places >= least * UNIT]
        if not telling:
            return None
        near = [one for mistakes in looked_at for one in figures.rounded(mistakes, logged, decimals)]
        widest = _named(near, decimals) if telling[-1] == decimals else None
        for places in telling:
            found = _named([one for one in near if is_rounded(logged, one.units, places)], places)
            if found and (widest is None or set(found.causes) == set(widest.causes)):
                return found
        if widest:
            return widest
    return None


def explained_exactly(figures: Figures, logged: int) -> tuple[str, ...]:
    """The mistakes that by themselves give this very figure: of one that may be the right one, rounded."""
    found = _named([*figures.giving(singles, logged), *figures.giving(of_time, logged)])
    return found.causes if found else ()


def unmistaken(use: AuditedUse) -> list[Costed]:
    """The right cost, if there is one."""
    units = use.units()
    return [] if units is None else [Costed("", "", units)]


def singles(use: AuditedUse) -> list[Costed]:
    """Each mistake in the use's own facts by itself: what was counted, by which of its prices, or in the figure."""
    return [*_costed(use, _OWN), *_slipped(use, use.units())]


def of_time(use: AuditedUse) -> list[Costed]:
    """Each price of the offering that is not of the use's day."""
    return _costed(use, _OF_TIME)


def foreign(use: AuditedUse) -> list[Costed]:
    """Each price that is not the use's own: of another day, another seller or another model."""
    return _costed(use, _FOREIGN)


def pairs(use: AuditedUse) -> list[Costed]:
    """Two mistakes at once in the use's own facts."""
    found = []
    for place, first in enumerate(_OWN):
        others = [cause for cause in _OWN[place + 1 :] if cause.name != first.never_with]
        for one in first.wrong(use):
            together = [*_costed(one, others), *_slipped(one, one.units())]
            found += [_both(first, second) for second in together]
    return found


def pairs_with_time(use: AuditedUse) -> list[Costed]:
    """A mistake in the use's own facts, or in the figure, at a price that is not of its day."""
    found = [_both(first, second) for first in _OWN for one in first.wrong(use) for second in _costed(one, _OF_TIME)]
    slips = ((first, one) for first in _OF_TIME for one in first.wrong(use))
    return [*found, *(_both(first, slip) for first, one in slips for slip in _slipped(one, one.units()))]


def _both(first: Cause, second: Costed) -> Costed:
    return second._replace(name=f"{first.name}{TOGETHER}{second.name}")


def _costed(use: AuditedUse, causes: Sequence[Cause]) -> list[Costed]:
    wrong = ((cause.name, one) for cause in causes for one in cause.wrong(use))
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
