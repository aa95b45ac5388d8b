"""From how long a request on the prices of a row are dearer: by steps of the row's own prices alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import BASE, Conditions, Step
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.prices import Price
from llmpricing.services.catalogue.behind_rows import BehindRow
from llmpricing.services.catalogue.row_steps import DearerStep, step_in_row
from tests.prices import price_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LONG, LONGER = Conditions(step=Step(100_000)), Conditions(step=Step(200_000, inclusive=True))
BATCH = Conditions(service_tier="batch", step=Step(50_000))
INPUT, OUTPUT = "input_tokens", "output_tokens"


def price(amount: object, conditions: Conditions = BASE, meter: str = INPUT, **facts: object) -> Price:
    """A price per million tokens."""
    stated = {"state": State.PRICED, "currency": "USD", "per": 1_000_000, "basis": Basis.UNDATED, **facts}
    dated = DatedPrice(amount=None if amount is None else Decimal(str(amount)), **stated)
    return price_of(1, meter, dated, conditions)


def step(*prices: Price, window: int | None = None) -> DearerStep | None:
    return step_in_row(BehindRow(prices, ()), NOW, window)


def test_the_first_step_at_which_anything_is_dearer_counts() -> None:
    base = [price(1), price(5, meter=OUTPUT)]
    steps = [price(1, LONG), price(8, LONG, OUTPUT), price(4, LONGER), price(9, LONGER, OUTPUT)]
    assert step(*base, *steps) == DearerStep(100_001, "USD", {OUTPUT: Decimal(8)})
    assert step(*base, *steps[2:]) == DearerStep(200_000, "USD", {INPUT: Decimal(4), OUTPUT: Decimal(9)})


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(price(1, LONG), id="as dear"),
        pytest.param(price("0.5", LONG), id="cheaper"),
        pytest.param(price(3, BATCH), id="of another tier"),
        pytest.param(price(9, LONG, currency="CNY"), id="in another currency"),
        pytest.param(price(9, LONG, meter="audio_input_tokens"), id="of no column"),
        pytest.param(price(9, LONG, valid_until=datetime(2026, 11, 1, tzinfo=UTC)), id="of before"),
        pytest.param(price(9, LONG, meter=OUTPUT), id="without a usual price"),
        pytest.param(price(None, LONG, state=State.UNKNOWN), id="that nobody knows"),
    ],
)
def test_no_other_price_makes_a_step(other: Price) -> None:
    assert step(price(1), other) is None


def test_prices_of_different_quantities_are_compared_by_the_token() -> None:
    assert step(price(1), price("0.002", LONG, per=1_000)) == DearerStep(100_001, "USD", {INPUT: Decimal(2)})
    assert step(price(1), price("0.0005", LONG, per=1_000)) is None


def test_a_step_beyond_the_longest_request_is_none() -> None:
    prices = price(1), price(2, LONG)
    assert step(*prices, window=100_000) is None
    assert step(*prices, window=100_001) == step(*prices) == DearerStep(100_001, "USD", {INPUT: Decimal(2)})


def test_what_is_free_and_charged_beyond_a_step_is_dearer_there() -> None:
    free = price(0, state=State.FREE)
    assert step(free, price(2, LONG)) == DearerStep(100_001, "USD", {INPUT: Decimal(2)})
    assert step(price(1), price(0, LONG, state=State.FREE)) is None
