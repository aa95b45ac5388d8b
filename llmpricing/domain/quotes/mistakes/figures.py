"""Mistakes in the figure itself: another unit, another currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse

_FINE = 5_000_000  # the 200th part of a billionth
_SLIPS = {
    1000: "1,000x: a price per thousand taken for one per million, or the reverse",
    10**6: "1,000,000x: a price per million taken for one per token, or the reverse",
    100: "100x: cents taken for dollars, or the reverse",
}


class Slip(NamedTuple):
    """What a figure was multiplied by, and what that is in words."""

    factor: Fraction
    detail: str


_UNIT_SLIPS = tuple(
    Slip(each, detail) for factor, detail in _SLIPS.items() for each in (Fraction(factor), Fraction(1, factor))
)


def unit_slips(_use: AuditedUse) -> Iterable[Slip]:
    """The figure is right but for a power of ten."""
    return _UNIT_SLIPS


def currency_slips(use: AuditedUse) -> Iterator[Slip]:
    """The amount of one currency is written down as one of another, without or with a wrong exchange."""
    for rate in use.exchanges:
        worth = Fraction(rate.rate)
        if worth != 1:
            yield Slip(worth, f"{rate.base} for {rate.quote}")
            yield Slip(1 / worth, f"{rate.quote} for {rate.base}")


def flat_share(logged: int, units: int) -> str | None:
    """By how many per cent the figure differs, where that is a whole number or a half: as discounts and fees are."""
    if units <= 0 or logged <= 0:
        return None
    halves = round(Fraction(logged - units, units) * 200)
    is_flat = halves and -200 < halves <= 40 and abs(units * (200 + halves) - 200 * logged) <= max(200, units // _FINE)
    return f"{halves / 2:+g} %" if is_flat else None
