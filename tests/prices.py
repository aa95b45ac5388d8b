"""A price list's statements as prices, for tests that quote without a store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from llmpricing.domain.conditions import BASE, Conditions
from llmpricing.domain.observations import DatedPrice, Statement
from llmpricing.domain.prices import Price

KNOWN_FROM = datetime(2020, 1, 1, tzinfo=UTC)


def price_of(
    number: int, meter: str, segment: DatedPrice, conditions: Conditions = BASE, source: str = "list", **facts
) -> Price:
    """The price, numbered, that a segment makes; ``facts`` are further fields of it."""
    return Price(
        id=number,
        meter=meter,
        conditions=conditions,
        state=segment.state,
        amount=segment.amount,
        currency=segment.currency,
        per=segment.per,
        valid_from=segment.valid_from,
        valid_until=segment.valid_until,
        basis=segment.basis,
        source=source,
        minimum_quantity=segment.minimum_quantity,
        **{"known_from": KNOWN_FROM, **facts},
    )


def prices_of(statements: Iterable[Statement], source: str = "list") -> list[Price]:
    """The prices that a price list's statements of one offering make, numbered from 1; a mere zero makes none."""
    said = [(s.meter, segment, s.conditions) for s in statements if not s.is_zero for segment in s.segments]
    return [price_of(n, meter, segment, when, source) for n, (meter, segment, when) in enumerate(said, 1)]
