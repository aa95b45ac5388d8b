"""What the tests of quotes share: prices made by hand, and a price list's statements as prices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import pytest

from llmpricing.domain.conditions import BASE
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Basis, Segment, State, Statement
from llmpricing.domain.prices import Price

KNOWN_FROM = datetime(2020, 1, 1, tzinfo=UTC)


def _price(number: int, meter: str, segment: Segment, conditions=BASE, source="list", **facts) -> Price:
    return Price(
        id=number,
        meter=meter,
        conditions=conditions,
        state=segment.state,
        amount=segment.amount,
        currency=segment.currency,
        per_quantity=segment.per_quantity,
        valid_from=segment.valid_from,
        valid_until=segment.valid_until,
        basis=segment.basis,
        source=source,
        minimum_quantity=segment.minimum_quantity,
        **{"known_from": KNOWN_FROM, **facts},
    )


@pytest.fixture(scope="session")
def price():
    """Makes a price: ``price("input_tokens", "2.5", conditions(...), valid_from=...)``; no amount for a state."""
    numbers = count(1)

    def make(meter, amount=None, conditions=BASE, *, state=None, per=None, **facts):
        stated = {name: facts.pop(name) for name in tuple(facts) if name in Segment.__slots__}
        value = None if amount is None else Decimal(amount)
        segment = Segment(
            state=state or (State.PRICED if value else State.FREE),
            amount=value,
            per_quantity=per or METERS[meter].per,
            **{"basis": Basis.DOCUMENTED, **stated},
        )
        return _price(next(numbers), meter, segment, conditions, **facts)

    return make


@pytest.fixture(scope="session")
def prices_of():
    """The prices that a price list's statements of one offering make, numbered from 1."""

    def make(statements: Iterable[Statement], source="list") -> list[Price]:
        said = [(s.meter, segment, s.conditions) for s in statements for segment in s.segments]
        return [_price(n, meter, segment, when, source) for n, (meter, segment, when) in enumerate(said, 1)]

    return make
