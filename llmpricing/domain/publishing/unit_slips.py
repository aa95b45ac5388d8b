"""Slips of unit: which mistake in a price list multiplies a price by a given factor."""

from __future__ import annotations

from fractions import Fraction

# What the price was and what it was taken for, by the factor by which it came out too dear.
_TOO_DEAR = (
    (10**3, "per 1K read as per token"),
    (10**5, "cents per 1K read as dollars per token"),
    (10**6, "per 1M read as per token"),
    (10**2, "cents read as dollars"),
)
_TOO_CHEAP = (
    (10**3, "per 1K read as per 1M"),
    (10**6, "per token read as per 1M"),
    (10**2, "dollars read as cents"),
)
_TOLERANCE = 3  # a slip may come together with an ordinary change
_LIKELY_PER_MTOK = (Fraction(1, 50), Fraction(100))  # USD per million tokens, where nearly all prices lie


def slip_of_factor(factor: Fraction) -> str | None:
    """The slip that explains a jump by ``factor`` (new / old), if one does."""
    known, size = (_TOO_DEAR, factor) if factor > 1 else (_TOO_CHEAP, 1 / factor)
    fits = [(max(size / by, by / size), name) for by, name in known]
    distance, name = min(fits)
    return name if distance <= _TOLERANCE else None


def slip_of_value(per_mtok: Fraction) -> str | None:
    """The slip that explains a price per million tokens that no seller asks: undone, it is a likely price."""
    low, high = _LIKELY_PER_MTOK
    if per_mtok > high:
        return next((name for by, name in _TOO_DEAR if low <= per_mtok / by <= high), None)
    return next((name for by, name in _TOO_CHEAP if low <= per_mtok * by <= high), None)


def slip_of_call(price: Fraction) -> str | None:
    """The slip that explains a price per call of whole dollars: calls are sold by the thousand."""
    return "per 1K read as per call" if price <= 1000 else None
