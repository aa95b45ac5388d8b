"""What prices say of names at the moment asked: which offerings have one, and which two ask different ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _has_price(slug: str) -> bool:
    return True


def _never(one: str, other: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Moment:
    """``priced(slug)``: the offering has a price then; ``differ(slug, slug)``: two that one name may mean ask different
    ones.
    """

    priced: Callable[[str], bool] = _has_price
    differ: Callable[[str, str], bool] = _never


ANY_MOMENT = Moment()
