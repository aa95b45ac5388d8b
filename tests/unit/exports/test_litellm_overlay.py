"""LiteLLM's map where one of its numbers stands for the hours of two schedules."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import count
from typing import Any

from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.litellm import lay_over_map
from llmpricing.sources.litellm.placed_prices import PlacedEntry, placed_entries
from tests.prices import price_of

ENTRY = {
    "litellm_provider": "deepseek",
    "mode": "chat",
    "input_cost_per_token": 3e-7,
    "output_cost_per_token": 1.2e-6,
    "off_peak_pricing": {
        "input_cost_per_token": 1.5e-7,
        "output_cost_per_token": 6e-7,
        "windows": [
            {"hours_utc": ["00:00-01:00", "04:00-06:00"], "weekdays": [1, 2, 3, 4, 5]},
            {"hours_utc": "00:00-00:00", "weekdays": [6, 7]},
        ],
    },
}
DATA = json.dumps({"deepseek-flash": ENTRY}).encode()
_NUMBERS = count(1)


def off_peak(laid: Any) -> dict[str, Any]:
    return laid.document["deepseek-flash"]["off_peak_pricing"]


def schedules(placed: PlacedEntry) -> list[Any]:
    found = [p.conditions for p in placed.places if p.meter == "input_tokens" and p.conditions.schedule]
    assert len(found) == 2
    return found


def ask(amount: str, when: Any) -> Price:
    stated = DatedPrice(State.PRICED, Decimal(amount), per=METERS["input_tokens"].per, basis=Basis.DOCUMENTED)
    return price_of(next(_NUMBERS), "input_tokens", stated, when)


def lay(*amounts: str) -> Any:
    (placed,) = placed_entries(DATA)
    prices = [ask(amount, when) for amount, when in zip(amounts, schedules(placed), strict=False)]
    return lay_over_map(DATA, [placed], {placed.name.slug: CountingPrices(prices, placed.name.slug)})


def test_an_offering_without_prices_loses_the_number_once() -> None:
    """The second time there was nothing to take away, and no feed."""
    assert off_peak(lay()).keys() == {"windows"}


def test_both_schedules_asking_the_same_are_one_number() -> None:
    assert off_peak(lay("0.2", "0.2"))["input_cost_per_token"] == Decimal("0.0000002")


def test_two_that_differ_are_left_as_listed() -> None:
    assert off_peak(lay("0.2", "0.1"))["input_cost_per_token"] == Decimal("1.5E-7")
