"""LiteLLM's map where one of its numbers stands for the hours of two schedules, and where a step says nothing more."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import count
from typing import Any

from llmpricing.domain.conditions import BASE, Step, conditions
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


def ask(amount: str, when: Any, meter: str = "input_tokens") -> Price:
    stated = DatedPrice(State.PRICED, Decimal(amount), per=METERS[meter].per, basis=Basis.DOCUMENTED)
    return price_of(next(_NUMBERS), meter, stated, when)


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


FLAT = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 3e-6, "output_cost_per_token": 1.2e-5}
BEYOND = conditions(step=Step(128_000))


def beyond(output: str) -> dict[str, Any]:
    """The keys of a step with this price of output that the map does not have; that of input is the usual one."""
    data = json.dumps({"a-model": FLAT}).encode()
    (placed,) = placed_entries(data)
    usual = (ask("3", BASE), ask("12", BASE, "output_tokens"))
    prices = CountingPrices((*usual, ask("3", BEYOND), ask(output, BEYOND, "output_tokens")), placed.name.slug)
    entry = lay_over_map(data, [placed], {placed.name.slug: prices}).document["a-model"]
    return {key: value for key, value in entry.items() if "_above_128k" in key}


def test_a_step_gets_its_keys_only_where_tokens_beyond_it_cost_something_else() -> None:
    """So one entry of an offering is not told the step that another one lists at the usual prices."""
    assert beyond("12") == {}
    assert beyond("15")["output_cost_per_token_above_128k_tokens"] == Decimal("0.000015")
    assert "input_cost_per_token_above_128k_tokens" in beyond("15")  # by which LiteLLM finds the step
