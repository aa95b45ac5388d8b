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
from llmpricing.exports.ratio_config import left_out, ratios_of
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


def unknown(meter: str) -> str:
    return f"the price of {meter} is not known, or waits for a person"


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ((), "no price of it is known, or the first one waits for a person"),
        ((OUTPUT,), "it is paid by output_tokens"),
        ((ask("input_tokens", state=State.UNKNOWN), OUTPUT), unknown("input_tokens")),
        ((INPUT, ask("output_tokens", state=State.UNKNOWN)), unknown("output_tokens")),
        ((ask("input_tokens", "2.5", currency="EUR"), ask("output_tokens", "1", currency="EUR")), "it is asked in EUR"),
        (
            (ask("input_tokens", state=State.SUBSCRIPTION), ask("output_tokens", state=State.SUBSCRIPTION)),
            "a subscription pays for it",
        ),
        ((INPUT, OUTPUT, ask("requests", "5")), "each request costs a fee beside its tokens"),
        ((INPUT, OUTPUT, ask("requests", state=State.UNKNOWN)), unknown("requests")),
        ((FREE, OUTPUT), "output is paid where input is free"),
        ((ask("input_tokens", "1", when=conditions(service_tier="batch")),), "no usual price of it is known"),
        ((ask("requests", "5"), ask("web_searches", "1")), "it is paid by requests, web_searches"),
        ((ask("requests", state=State.UNKNOWN),), unknown("requests")),
    ],
)
def test_a_name_is_left_out_where_ratios_would_bill_something_else_and_the_report_says_why(
    prices: tuple[Price, ...], reason: str
) -> None:
    assert told(*prices) == {}
    assert list(left_out({"name": CountingPrices(prices, "acme/name")})) == [("name", None, reason)]


def test_what_is_free_is_0_and_what_is_paid_by_the_request_has_a_price_of_one() -> None:
    assert told(FREE, ask("output_tokens", state=State.FREE)) == {"model_ratio": 0}
    assert told(ask("requests", "5")) == {"model_price": Decimal("0.005")}
    assert told(ask("output_images", "0.04")) == {"model_price": Decimal("0.04")}


def test_a_model_without_output_has_the_ratio_of_its_input_alone() -> None:
    assert told(INPUT) == told(INPUT, ask("output_tokens", state=State.NOT_OFFERED)) == {"model_ratio": Decimal("1.25")}


def test_caching_of_unknown_price_is_left_out() -> None:
    prices = (INPUT, OUTPUT, ask("cache_read_tokens", state=State.UNKNOWN), ask("cache_write_tokens", "5"))
    assert told(*prices) == {"model_ratio": Decimal("1.25"), "completion_ratio": 4, "create_cache_ratio": 2}
    reported = list(left_out({"name": CountingPrices(prices, "acme/name")}))
    assert reported == [("name", "cache_ratio", unknown("cache_read_tokens"))]
