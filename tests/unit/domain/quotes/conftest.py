"""What the tests of quotes share: prices made by hand, and a price list's statements as prices."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from itertools import count

import pytest

from llmpricing.domain.conditions import BASE
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Basis, DatedPrice, State
from tests.prices import price_of, prices_of

SEGMENT_FIELDS = {field.name for field in fields(DatedPrice)}


@pytest.fixture(scope="session")
def price():
    """Makes a price: ``price("input_tokens", "2.5", conditions(...), valid_from=...)``; no amount for a state."""
    numbers = count(1)

    def make(meter, amount=None, conditions=BASE, *, state=None, per=None, **facts):
        stated = {name: facts.pop(name) for name in tuple(facts) if name in SEGMENT_FIELDS}
        value = None if amount is None else Decimal(amount)
        segment = DatedPrice(
            state=state or (State.PRICED if value else State.FREE),
            amount=value,
            per=per or METERS[meter].per,
            **{"basis": Basis.DOCUMENTED, **stated},
        )
        return price_of(next(numbers), meter, segment, conditions, **facts)

    return make


@pytest.fixture(scope="session", name="prices_of")
def prices_of_a_list():
    """The prices that a price list's statements of one offering make, numbered from 1."""
    return prices_of
