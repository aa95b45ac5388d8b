"""When a prompt cache pays: from which share of hits on it costs less than reading all input anew."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def pays_from(price: Decimal | None, read: Decimal | None, write: Decimal | None) -> Fraction | None:
    """The share of input (0 to 1) that must be read from the cache before it pays, where each miss is written to it.

    Prices are for the same quantity; ``write`` None: a miss costs what input does. None where input or reads have no
    price, and where no share pays, for a read costs as much as input.
    """
    if price is None or read is None or read >= price:
        return None
    written = price if write is None else write
    if written <= price:
        return Fraction(0)
    return Fraction(written - price) / Fraction(written - read)
