"""Which known mistake, or which two, make a record's cost the figure that was logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse
from llmpricing.domain.quotes.mistakes.causes import CAUSES, DISCOUNT, FIGURE_CAUSES, TOGETHER
from llmpricing.domain.quotes.mistakes.figures import flat_share
from llmpricing.domain.quotes.unit_rates import UNIT

_NOISE = 10**9  # what floating point and the sum of rounded parts lose is less than this part of a figure
FINE = 12  # decimal places from which on a figure counts as written in full
_TELLING = 2000  # units of its last place from which on a rounded figure tells one mistake from another
_PAIRED = tuple(cause for cause in CAUSES if not cause.broad)
_DATED = {"another_day", "withdrawn_price"}  # whose figures another seller's often are


@dataclass(frozen=True)
class Mistaken:
    """The known mistakes, each by itself or two as one name (``a + b``), that give the logged figure, and what they say
    of an example. ``decimals`` is None where they give it exactly, else the places to which it was rounded.
    """

    causes: tuple[str, ...]
    detail: str = ""
    decimals: int | None = None


def places_of(logged: Decimal) -> int:
    """How many decimal places the figure is written with."""
    exponent = logged.normalize().as_tuple().exponent
    return max(0, -int(exponent))


def is_same(logged: int, units: int) -> bool:
    """Whether the logged figure is this one, both in 1e-12, but for what floating point loses."""
    return abs(logged - units) <= max(1, abs(units) // _NOISE)


def is_rounded(logged: int, units: int, decimals: int) -> bool:
    """Whether the figure, rounded or cut to so many places, is the logged one."""
    unit: int = UNIT // 10**decimals
    return abs(logged - units) < unit and 2 * units >= unit


def explained(use: AuditedUse, logged: int, decimals: int) -> Mistaken | None:
    """The mistake that explains what was logged, in 1e-12 USD, for a use that costs something else; None if none does.

    ``decimals`` is how many places the logged figure has; of a short one a rounded figure is looked for last.
    """
    right = use.units()
    singles = [*_costed(use, broad=False), *_slipped(use, right)]
    same = _same(singles, logged)
    broad = _costed(use, broad=True) if not same or _DATED & {name for name, _, _ in same} else []
    if found := _named([*same, *_same(broad, logged)]) or _named(_pairs(use, logged)):
        return found
    if right is not None and (share := flat_share(logged, right)):
        return Mistaken((DISCOUNT,), share)
    if decimals >= FINE or logged * 10**decimals < _TELLING * UNIT:
        return None
    rounded = [(name, said, units) for name, said, units in (*singles, *broad) if is_rounded(logged, units, decimals)]
    return _named(rounded, decimals)


def explained_exactly(use: AuditedUse, logged: int) -> tuple[str, ...]:
    """The mistakes that by themselves give this very figure: of one that may be the right one, rounded."""
    found = _named(_same([*_costed(use, broad=False), *_slipped(use, use.units())], logged))
    return found.causes if found else ()


_Costed = tuple[str, str, int]  # the cause, what it says of an example, and what it makes of the cost


def _same(found: Iterable[_Costed], logged: int) -> list[_Costed]:
    return [one for one in found if is_same(logged, one[2])]


def _costed(use: AuditedUse, *, broad: bool) -> list[_Costed]:
    """Each mistake in what was counted, or in whose price was taken, by itself."""
    wrong = ((cause.name, one) for cause in CAUSES if cause.broad is broad for one in cause.wrong(use))
    return [(name, one.detail, units) for name, one in wrong if (units := one.units()) is not None]


def _slipped(use: AuditedUse, units: int | None) -> Iterator[_Costed]:
    """Each mistake in the figure itself, which would be so many units without it."""
    if units is not None:
        for cause in FIGURE_CAUSES:
            for factor, detail in cause.slips(use):
                yield cause.name, detail, units * factor.numerator // factor.denominator


def _pairs(use: AuditedUse, logged: int) -> list[_Costed]:
    """Two mistakes at once that give the figure, of causes that a use has the facts for."""
    found = []
    for place, first in enumerate(_PAIRED):
        for one in first.wrong(use):
            then = [(second.name, both) for second in _PAIRED[place + 1 :] for both in second.wrong(one)]
            costed = [(name, both.detail, units) for name, both in then if (units := both.units()) is not None]
            together = _same([*costed, *_slipped(one, one.units())], logged)
            found += [(f"{first.name}{TOGETHER}{name}", detail, units) for name, detail, units in together]
    return found


def _named(found: Sequence[_Costed], decimals: int | None = None) -> Mistaken | None:
    if not found:
        return None
    return Mistaken(tuple(dict.fromkeys(name for name, _, _ in found)), found[0][1], decimals)
