"""Money and quantities as exact decimals: from the source's text to the answer's text."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from fractions import Fraction

_SNAP = Fraction(1, 10**12)  # relative distance at which a float's residue is taken for its short form
_SHORT_DIGITS = 12
_MAX_DIGITS = 60  # longer numbers in a price list are a mistake, and cost time


_FOUR_DIGITS = Context(prec=4)


class MoneyError(ValueError):
    """The text is no finite decimal number."""


def parse_decimal(text: str) -> Decimal:
    """The exact decimal that ``text`` writes, e.g. ``"1.5e-06"``; raises MoneyError for anything else."""
    text = text.strip()
    if not text or len(text) > _MAX_DIGITS or "_" in text or not text.isascii():
        raise MoneyError("not a decimal number")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise MoneyError("not a decimal number") from None
    if not value.is_finite() or abs(value.adjusted()) > _MAX_DIGITS:
        raise MoneyError("not a finite decimal number")
    return value


def snap(value: Decimal) -> Decimal:
    """``value`` without a binary float's residue: 0.30000000000000004 is 0.3.

    Only numbers of 15 digits or more are touched, and only where 12 digits lie within 1e-12 relative.
    """
    if len(value.as_tuple().digits) < 15:
        return value
    short = Context(prec=_SHORT_DIGITS).plus(value).normalize()
    if abs(Fraction(short) - Fraction(value)) <= abs(Fraction(value)) * _SNAP:
        return short
    return value


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The exact product; numbers from parse_decimal never need more than 1,000 digits."""
    with localcontext(Context(prec=1000, traps=[Inexact])):
        return left * right


def to_text(value: Decimal) -> str:
    """Plain text without exponent or trailing zeros: ``"2.5"``, ``"10"``, ``"0"``."""
    if not value:
        return "0"
    text = str(value)  # three times as fast as a format, which only exponents need
    if "E" in text:
        text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def ratio_text(ratio: Fraction) -> str:
    """How many times one price is another, to four significant digits: ``"1.5"``, ``"1000"``, ``"0.0012"``."""
    return quotient_text(Decimal(ratio.numerator), Decimal(ratio.denominator))


def quotient_text(one: Decimal, other: Decimal) -> str:
    """``ratio_text`` of ``one`` / ``other``, for thousands of them: no fraction is made."""
    return to_text(_FOUR_DIGITS.divide(one, other))


def quantise(value: Fraction) -> Decimal:
    """An exact rational as a decimal of at most 12 places, half even; done once, at the edge of a quote."""
    scaled = round(value * 10**12)  # round() on a Fraction is exact and half even
    return Decimal(scaled).scaleb(-12, Context(prec=max(len(str(abs(scaled))), 1)))


def is_within(between: tuple[Decimal, Decimal] | None, most: Decimal) -> bool | None:
    """Whether a cost that lies between two amounts is at most so much; None where nobody knows, as where ``most`` lies
    between them.
    """
    if between is None:
        return None
    low, high = between
    return True if high <= most else False if low > most else None
