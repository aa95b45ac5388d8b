"""Mistakes in the figure itself: another unit, another currency."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse

_FINE = 5_000_000  # the 200th part of a billionth
_SLIPS = {
    1000: "1,000x: a price per thousand taken for one per million, or the reverse",
    10**6: "1,000,000x: a price per million taken for one per token, or the reverse",
    100: "100x: cents taken for dollars, or the reverse",
}


def unit_slip(use: AuditedUse) -> Iterator[AuditedUse]:
    """The figure is right but for a power of ten."""
    for factor, detail in _SLIPS.items():
        yield use.times(Fraction(factor), detail)
        yield use.times(Fraction(1, factor), detail)


def currency_slip(use: AuditedUse) -> Iterator[AuditedUse]:
    """The amount of one currency is written down as one of another, without or with a wrong exchange."""
    for rate in use.exchanges:
        worth = Fraction(rate.rate)
        if worth != 1:
            yield use.times(worth, f"{rate.base} for {rate.quote}")
            yield use.times(1 / worth, f"{rate.quote} for {rate.base}")


def flat_share(logged: int, units: int) -> str | None:
    """By how many per cent the figure differs, where that is a whole number or a half: as discounts and fees are."""
    if units <= 0 or logged <= 0:
        return None
    halves = round(Fraction(logged - units, units) * 200)
    is_flat = halves and -200 < halves <= 40 and abs(units * (200 + halves) - 200 * logged) <= max(200, units // _FINE)
    return f"{halves / 2:+g} %" if is_flat else None
