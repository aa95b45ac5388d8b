"""Ratios bill what is asked, or they are not there."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import BASE, Conditions, conditions
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.ratio_config import ratios_of
from tests.prices import price_of

_NUMBERS = count(1)
PRICES = st.decimals("0.0001", "10000", places=4)


def ask(meter: str, amount: Any = None, state: State = State.PRICED, when: Conditions = BASE, **more: Any) -> Price:
    value = None if amount is None else Decimal(amount)
    stated = DatedPrice(state=state, amount=value, per=METERS[meter].per, basis=Basis.DOCUMENTED, **more)
    return price_of(next(_NUMBERS), meter, stated, when)


def told(*prices: Price) -> dict[str, Decimal]:
    """The fields in which a name with these prices stands."""
    found = ratios_of({"name": CountingPrices(prices, "acme/name")})
    return {field: numbers["name"] for field, numbers in found.items() if numbers}


INPUT, OUTPUT = ask("input_tokens", "2.5"), ask("output_tokens", "10")
FREE = ask("input_tokens", state=State.FREE)


@given(PRICES, PRICES, PRICES, PRICES)
def test_what_new_api_bills_by_the_ratios_is_what_is_asked(
    paid: Decimal, output: Decimal, read: Decimal, write: Decimal
) -> None:
    asked = {"output_tokens": output, "cache_read_tokens": read, "cache_write_tokens": write}
    found = told(ask("input_tokens", paid), *(ask(meter, amount) for meter, amount in asked.items()))
    assert found["model_ratio"] * 2 == paid
    for field, amount in zip(("completion_ratio", "cache_ratio", "create_cache_ratio"), asked.values(), strict=True):
        assert abs(found[field] * paid - amount) <= amount * Decimal("1e-26")


@pytest.mark.parametrize(
    "prices",
    [
        (),
        (OUTPUT,),
        (ask("input_tokens", state=State.UNKNOWN), OUTPUT),
        (INPUT, ask("output_tokens", state=State.UNKNOWN)),
        (ask("input_tokens", "2.5", currency="EUR"), ask("output_tokens", "10", currency="EUR")),
        (ask("input_tokens", state=State.SUBSCRIPTION), ask("output_tokens", state=State.SUBSCRIPTION)),
        (INPUT, OUTPUT, ask("requests", "5")),
        (INPUT, OUTPUT, ask("requests", state=State.UNKNOWN)),
        (FREE, OUTPUT),
        (ask("input_tokens", "1", when=conditions(service_tier="batch")),),
        (ask("requests", "5"), ask("web_searches", "1")),
        (ask("requests", state=State.UNKNOWN),),
    ],
)
def test_a_name_is_left_out_where_ratios_would_bill_something_else(prices: tuple[Price, ...]) -> None:
    assert told(*prices) == {}


def test_what_is_free_is_0_and_what_is_paid_by_the_request_has_a_price_of_one() -> None:
    assert told(FREE, ask("output_tokens", state=State.FREE)) == {"model_ratio": 0}
    assert told(ask("requests", "5")) == {"model_price": Decimal("0.005")}
    assert told(ask("output_images", "0.04")) == {"model_price": Decimal("0.04")}


def test_a_model_without_output_has_the_ratio_of_its_input_alone() -> None:
    assert told(INPUT) == told(INPUT, ask("output_tokens", state=State.NOT_OFFERED)) == {"model_ratio": Decimal("1.25")}


def test_caching_of_unknown_price_is_left_out() -> None:
    known = told(INPUT, OUTPUT, ask("cache_read_tokens", state=State.UNKNOWN), ask("cache_write_tokens", "5"))
    assert known == {"model_ratio": Decimal("1.25"), "completion_ratio": 4, "create_cache_ratio": 2}
