"""Kinds of requests as the vectors need them: what each costs per unit of each meter, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from llmpricing.domain.quotes.linear import Linear
from llmpricing.services.usage_log.price_lookup import FoundPrices
from llmpricing.services.usage_log.row_by_row import RowAnswer, RowQuote

ROOM = 2**62


@dataclass(frozen=True)
class PricedKind:
    """Cost in 1e-12: (``fixed`` + the sum of ``rates`` x share) / ``divisor``. ``limit`` is the largest share for which
    64 bits hold it. Without an ``answer`` each row must be quoted by itself.
    """

    answer: RowAnswer | None
    rates: Mapping[str, int] = field(default_factory=dict)
    fixed: int = 0
    divisor: int = 1
    limit: int = ROOM


BY_ITSELF = PricedKind(None)


def priced_kind(found: FoundPrices, example: RowQuote) -> PricedKind:
    """The kind that the example is of."""
    asked = example.asked
    if asked is None:
        return BY_ITSELF
    if example.total is None and not found.prices.prices:
        return PricedKind(example.answer)  # no offering bears the name, or it has no price
    try:
        kind = found.kind(asked)
    except ValueError:
        return PricedKind(example.answer)  # an unknown fact, or contradicting prices: as the quote said
    if kind.refused and example.total is None:
        return PricedKind(example.answer)
    if kind.linear is None or example.total is None:
        return BY_ITSELF
    linear = kind.linear
    limit = _limit(linear)
    if not limit or linear.units(asked.usage.leaves) != int(example.total.scaleb(12)):
        return BY_ITSELF
    rates = dict(zip(asked.usage.keys, linear.coefficients, strict=True))
    return PricedKind(example.answer, rates, linear.fixed, linear.divisor, limit)


def _limit(linear: Linear) -> int:
    """The largest share, of every meter at once, whose cost 64 bits hold; 0 where the rates alone do not fit."""
    room, rates = ROOM - linear.fixed, sum(linear.coefficients)
    if room <= 0 or rates > ROOM or linear.divisor > ROOM // 4:
        return 0
    return room // rates if rates else ROOM
