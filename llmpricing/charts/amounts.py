"""How pages and pictures write digits of amounts and shares: all where they end, a few that tell where they do not."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from functools import lru_cache

from llmpricing.domain.money import to_text

_CUT_FROM, _SMALL_RATIO = 9, 1000  # significant digits, and the largest denominator, of a quotient that a list cut
_SHOWN_OF_CUT = 6  # its digits
_NUMBER, _MOST_DIGITS = re.compile(r"\d[\d,]*", re.ASCII), 15
_NEARLY_ALL, _MOST_PLACES = Fraction(99, 100), 6


def amount(value: Decimal) -> str:
    """Every digit of the value, and two decimals at least: ``2.50``, ``0.075``, ``1,250.00``; of a quotient that does
    not end, which a list cut somewhere, the first six: ``0.866666…``.
    """
    if is_cut(value):
        return f"{_first_digits(value)}\N{HORIZONTAL ELLIPSIS}"
    return exact(value)


def exact(value: Decimal) -> str:
    """Every digit of the value, as it is kept, and two decimals at least."""
    whole, _, fraction = to_text(value).partition(".")
    return f"{int(whole):,}.{fraction:0<2}"


@lru_cache(maxsize=4096)  # lists share their prices
def is_cut(value: Decimal) -> bool:
    """Whether the value is a quotient that goes on, cut at its last digit: a ratio of small numbers rounds to it."""
    _, digits, exponent = value.as_tuple()
    if len(digits) < _CUT_FROM or not isinstance(exponent, int):
        return False
    zeros = max(0, -value.adjusted())  # behind the point: the ratio is one of the digits after them
    scaled = Fraction(value.scaleb(zeros))
    ratio = scaled.limit_denominator(_SMALL_RATIO)
    return ratio != scaled and abs(ratio - scaled) < Fraction(10) ** (exponent + zeros)


def _first_digits(value: Decimal) -> str:
    places = max(2, _SHOWN_OF_CUT - 1 - value.adjusted())
    return exact(value.quantize(Decimal(1).scaleb(-places), ROUND_DOWN))


def per_cent(share: Fraction | None) -> str:
    """A share in whole per cents: ``35 %``, ``-4 %``; of nearly all with the digits that tell how much is left:
    ``99.82 %``, ``99.98 %``; a dash where there is none.
    """
    if share is None:
        return "–"
    if not _NEARLY_ALL < share < 1:
        return f"{round(share * 100):,} %"
    left = Decimal((1 - share).numerator) * 100 / (1 - share).denominator
    places = min(1 - left.adjusted(), _MOST_PLACES)
    least = Decimal(1).scaleb(-places)
    return f"{to_text(100 - max(left.quantize(least), least))} %"


def by_number(text: str) -> str:
    """The text as it is sorted, its numbers by how much they are: ``more than 32,000`` before ``more than 128,000``."""
    return _NUMBER.sub(lambda found: found[0].replace(",", "").zfill(_MOST_DIGITS), text)
