"""Where the names of points stand in a chart so that none lies on another, and few on a point or on the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_LETTER, _TALL = 6.4, 13  # pixels of a name: a letter's mean width, and its height
_REACH = 6  # of a point around its middle
_SIDES = ("left", 9), ("right", -9)  # how the text is aligned, so on which side of its point it stands
_RISES = (-11, 12, 0, -25, 26, -39, 40)  # how far its middle is above or below the point
_ON_NAME, _ON_POINT, _ON_LINE, _FAR = 1000, 10, 2, 1

LabelPlace = tuple[str, int, int]  # alignment, dx and dy in pixels
_LabelBox = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Spot:
    """A point that is named, in pixels from the upper left corner."""

    name: str
    x: float
    y: float


def placed(
    named: Sequence[Spot], others: Sequence[tuple[float, float]], size: tuple[int, int]
) -> dict[LabelPlace, frozenset[str]]:
    """The names by the place beside their points, which a line joins by steps in this order; a name that would lie on
    another one wherever it stood is left out. ``size`` is that of the chart.
    """
    steps = list(_steps(named))
    points = [_around(x, y) for x, y in (*others, *((one.x, one.y) for one in named))]
    taken: list[_LabelBox] = []
    found: dict[LabelPlace, set[str]] = {}
    for one in reversed(named):
        costs = {place: _cost(box, taken, points, steps, rise) for place, box, rise in _places(one, size)}
        place = min(costs, key=lambda place: costs[place], default=None)
        if place is not None and costs[place] < _ON_NAME:
            taken.append(_box(one, place))
            found.setdefault(place, set()).add(one.name)
    return {place: frozenset(names) for place, names in found.items()}


def _places(one: Spot, size: tuple[int, int]) -> Iterator[tuple[LabelPlace, _LabelBox, int]]:
    for rise, dy in enumerate(_RISES):
        for align, dx in _SIDES:
            left, top, right, bottom = box = _box(one, (align, dx, dy))
            if left >= 0 and top >= 0 and right <= size[0] and bottom <= size[1]:
                yield (align, dx, dy), box, rise


def _cost(
    box: _LabelBox, taken: Sequence[_LabelBox], points: Sequence[_LabelBox], steps: Sequence[_LabelBox], rise: int
) -> int:
    on_names, on_points, on_steps = (sum(_meet(box, one) for one in of) for of in (taken, points, steps))
    return _ON_NAME * on_names + _ON_POINT * on_points + _ON_LINE * on_steps + _FAR * rise


def _box(one: Spot, place: LabelPlace) -> _LabelBox:
    align, dx, dy = place
    width = _LETTER * len(one.name)
    left = one.x + dx - (width if align == "right" else 0)
    return left, one.y + dy - _TALL / 2, left + width, one.y + dy + _TALL / 2


def _around(x: float, y: float) -> _LabelBox:
    return x - _REACH, y - _REACH, x + _REACH, y + _REACH


def _steps(named: Sequence[Spot]) -> Iterator[_LabelBox]:
    """The line from each point across to the next one, then up to it."""
    for one, following in pairwise(named):
        yield one.x, one.y, following.x, one.y
        yield following.x, min(one.y, following.y), following.x, max(one.y, following.y)


def _meet(one: _LabelBox, other: _LabelBox) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
