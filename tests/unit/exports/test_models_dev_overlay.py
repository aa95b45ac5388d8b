"""What is laid over models.dev's list can be read by opencode, and says of large requests what our quotes do."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from llmpricing.domain.conditions import BASE, Conditions, Step
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.models_dev import lay_over_api
from llmpricing.exports.overlay import FieldChange, Note
from llmpricing.sources.bundled import bundled
from llmpricing.sources.models_dev.price_list import parse
from llmpricing.sources.registry import SOURCES
from tests.prices import price_of

_NUMBERS = count(1)
BEYOND = Conditions(step=Step(128_000))


def ask(meter: str, amount: Any, when: Conditions = BASE, state: State = State.PRICED) -> Price:
    value = None if amount is None else Decimal(amount)
    stated = DatedPrice(state=state, amount=value, per=METERS[meter].per, basis=Basis.DOCUMENTED)
    return price_of(next(_NUMBERS), meter, stated, when)


USUAL = (ask("input_tokens", "2"), ask("output_tokens", "8"), ask("cache_read_tokens", "0.5"))


def laid(cost: Any, *prices: Price) -> tuple[Any, list[Note]]:
    """The cost of a model with these prices that the list says costs this, and what that changed."""
    data = json.dumps({"acme": {"models": {"m": {"id": "m", "cost": cost}}}}).encode()
    found = lay_over_api(data, parse(data), {"acme/m": CountingPrices(prices, "acme/m")})
    return json.loads(found.as_json())["acme"]["models"]["m"].get("cost"), found.notes


def test_what_nobody_prices_in_the_price_book_costs_what_the_list_asks_and_its_cached_tokens_too() -> None:
    cached = {"cache_read": 2, "cache_write": 2}
    data = json.dumps({"acme": {"models": {"m": {"id": "m", "cost": {"input": 2, "output": 8}}}}}).encode()
    unknown = lay_over_api(data, parse(data), {})
    assert unknown.document["acme"]["models"]["m"]["cost"] == {"input": 2, "output": 8, **cached}
    assert {note.field: (note.change, note.exported) for note in unknown.notes} == {
        f"cost.{key}": (FieldChange.ADDED, 2) for key in cached
    }
    by_another_meter, _ = laid({"input": 2, "output": 8}, ask("input_characters", "1"), ask("output_tokens", "9"))
    assert by_another_meter == {"input": 2, "output": 9, **cached}


@pytest.mark.parametrize("listed", [None, {"input": 5, "output": 10}])
def test_output_of_a_model_that_makes_only_pictures_asks_the_price_of_pictures(listed: Any) -> None:
    """As a quote of output that says no more does, also after the export was imported again."""
    data = json.dumps({"openai": {"models": {"gpt-image-1.5": {"id": "gpt-image-1.5", "cost": listed}}}}).encode()
    asked = (ask("input_tokens", "5"), ask("output_tokens", "10"), ask("output_image_tokens", "32"))
    published = {"openai/gpt-image-1.5": CountingPrices(asked, "openai/gpt-image-1.5")}
    once = lay_over_api(data, parse(data), published).as_json()
    assert json.loads(once)["openai"]["models"]["gpt-image-1.5"]["cost"]["output"] == 32
    assert lay_over_api(once, parse(once), published).as_json() == once


def test_laying_over_the_whole_bundled_list_again_changes_nothing() -> None:
    """As where nobody prices anything: each pass reads what the one before wrote."""
    data = bundled(SOURCES["models-dev"]).data
    once = lay_over_api(data, parse(data), {}).as_json()
    again = lay_over_api(once, parse(once), {})
    assert again.notes == []
    assert again.as_json() == once


def test_a_step_that_the_list_lacks_becomes_a_tier() -> None:
    steps = (ask("input_tokens", "4", BEYOND), ask("output_tokens", "12", BEYOND))
    cost, notes = laid({"input": 2, "output": 8, "cache_read": 0.5, "cache_write": 2}, *USUAL, *steps)
    size = {"type": "context", "size": 128_000}
    assert cost["tiers"] == [{"input": 4, "output": 12, "cache_read": 0.5, "cache_write": 4, "tier": size}]
    assert {note.field: note.change for note in notes} == {
        f"cost.tiers.0.{key}": FieldChange.ADDED for key in ("input", "output", "cache_read", "cache_write")
    }


def test_a_step_is_not_said_where_the_list_would_mean_another() -> None:
    at_the_bound = Conditions(step=Step(128_000, inclusive=True))
    cost, _ = laid({"input": 2, "output": 8}, *USUAL, ask("input_tokens", "4", at_the_bound))
    assert "tiers" not in cost


@pytest.mark.parametrize("place", ["tiers", "context_over_200k"])
def test_no_tier_is_left_with_half_its_prices(place: str) -> None:
    tier = {"input": 4, "output": 12}
    listed = {"tiers": [tier | {"tier": {"type": "context", "size": 200_000}}]} if place == "tiers" else {place: tier}
    beyond = Conditions(step=Step(200_000))
    unknown = ask("output_tokens", None, beyond, State.UNKNOWN)
    cost, _ = laid({"input": 2, "output": 8} | listed, *USUAL, ask("input_tokens", "4", beyond), unknown)
    assert place not in cost
    assert (cost["input"], cost["output"]) == (2, 8)


def test_the_older_form_of_a_tier_goes_where_it_would_begin_elsewhere() -> None:
    tier = {"input": 4, "output": 12}
    listed = {"tiers": [tier | {"tier": {"type": "context", "size": 128_000}}], "context_over_200k": tier}
    steps = (ask("input_tokens", "4", BEYOND), ask("output_tokens", "12", BEYOND))
    cost, notes = laid({"input": 2, "output": 8} | listed, *USUAL, *steps)
    assert "context_over_200k" not in cost
    assert len(cost["tiers"]) == 1
    gone = {note.field for note in notes if note.change is FieldChange.WITHOUT_PRICE}
    assert gone == {"cost.context_over_200k.input", "cost.context_over_200k.output"}


def test_a_price_that_is_not_believed_is_no_price_and_reported() -> None:
    cost, notes = laid({"input": 2, "output": 8})
    assert cost is None
    assert [(note.field, note.change) for note in notes] == [
        ("cost.input", FieldChange.WITHOUT_PRICE),
        ("cost.output", FieldChange.WITHOUT_PRICE),
    ]
    assert laid({"input": 0, "output": 0}) == ({"input": 0, "output": 0}, [])


def test_what_a_subscription_pays_is_left_as_listed() -> None:
    paid = (ask("input_tokens", None, state=State.SUBSCRIPTION), ask("output_tokens", None, state=State.SUBSCRIPTION))
    assert laid({"input": 1, "output": 2}, *paid) == ({"input": 1, "output": 2}, [])
