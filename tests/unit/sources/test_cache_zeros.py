"""Zeros of a cache beside a price of input: no list's zero makes what costs money free."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import BASE, Step, conditions
from llmpricing.domain.observations import DatedPrice, State, Statement
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from llmpricing.sources.reading.cache_zeros import without_cache_zeros
from llmpricing.sources.registry import SOURCES
from tests.prices import prices_of

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SPRING, AUTUMN = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)


def _genai(costs):
    names = {"input": "input_mtok", "output": "output_mtok", "read": "cache_read_mtok", "write": "cache_write_mtok"}
    prices = {names[name]: amount for name, amount in costs.items()}
    return [{"id": "acme", "name": "Acme", "models": [{"id": "m-9", "match": {"equals": "m-9"}, "prices": prices}]}]


def _model_prices(costs):
    names = {"read": "cache_read", "write": "cache_write"}
    rates = {names.get(name, name): amount for name, amount in costs.items()} | {"cache_write_1h_multiple": 2}
    return {"schema": 1, "prices": {"acme": {"m-9": {"standard": [{"start": None, "rates": rates}]}}}}


def _litellm(costs):
    names = {
        "input": "input_cost_per_token",
        "output": "output_cost_per_token",
        "read": "cache_read_input_token_cost",
        "write": "cache_creation_input_token_cost",
    }
    prices = {names[name]: amount / 1_000_000 for name, amount in costs.items()}
    return {"acme/m-9": {"litellm_provider": "acme", "mode": "chat", **prices}}


def _models_dev(costs):
    names = {"read": "cache_read", "write": "cache_write"}
    cost = {names.get(name, name): amount for name, amount in costs.items()}
    return {"acme": {"id": "acme", "name": "Acme", "models": {"m-9": {"id": "m-9", "name": "M 9", "cost": cost}}}}


LISTS = {"genai-prices": _genai, "model-prices": _model_prices, "litellm": _litellm, "models-dev": _models_dev}
every_list = pytest.mark.parametrize("source", LISTS)


def stated(source, **costs):
    (offering,) = SOURCES[source].parse(json.dumps(LISTS[source](costs)).encode()).offerings
    return offering.statements


def cost_of(statements, usage):
    said = [statement for statement in statements if not statement.is_zero]  # a zero is never published
    return quote(OfferingPrices(prices_of(said), "acme/m-9"), read_usage(usage), AT, context())


WRITTEN = {"input_tokens": 1000, "output_tokens": 100, "cache_write_tokens": 800}


@every_list
def test_a_write_at_zero_beside_a_priced_input_costs_what_input_costs(source):
    statements = stated(source, input=2, output=8, read=0.5, write=0)
    states = {one.meter: one.segments[0].state for one in statements}
    assert states.get("cache_write_tokens") in (State.ZERO, None)
    assert "cache_write_1h_tokens" not in states
    answer = cost_of(statements, WRITTEN)
    assert (answer.total, answer.warnings) == (Decimal("0.0028"), ())


@every_list
def test_a_read_at_zero_of_a_model_that_no_list_says_to_cache_is_billed_as_input(source):
    answer = cost_of(stated(source, input=2, output=8, read=0), {"input_tokens": 1000, "cache_read_tokens": 800})
    assert answer.total == Decimal("0.002")
    assert [notice.code for notice in answer.warnings] == ["STAND_IN"]


@pytest.mark.parametrize("source", ["genai-prices", "model-prices"])  # in the others, zeros alone say nothing
def test_a_free_model_stays_free_with_its_cache(source):
    answer = cost_of(stated(source, input=0, output=0, read=0, write=0), WRITTEN)
    assert (answer.total, answer.warnings) == (0, ())


def test_a_model_that_is_said_to_cache_may_read_for_nothing():
    """Tensormesh's map entries: supports_prompt_caching, and reads at 0, as its documentation says."""
    entry = _litellm({"input": 2, "output": 8, "read": 0})["acme/m-9"] | {"supports_prompt_caching": True}
    (offering,) = SOURCES["litellm"].parse(json.dumps({"acme/m-9": entry}).encode()).offerings
    answer = cost_of(offering.statements, {"input_tokens": 1000, "cache_read_tokens": 800})
    assert (answer.total, answer.warnings) == (Decimal("0.0004"), ())


def price(amount, since=None, until=None):
    amount = Decimal(amount)
    return DatedPrice(State.PRICED if amount else State.FREE, amount, 1_000_000, valid_from=since, valid_until=until)


def test_a_zero_that_follows_a_price_ends_it():
    """A list that dates its prices and writes 0 from the autumn on: nothing on top of input since."""
    written = Statement("cache_write_tokens", BASE, (price("2.5", None, AUTUMN), price(0, AUTUMN)))
    (_, read) = without_cache_zeros((Statement("input_tokens", BASE, (price(2),)), written))
    assert read.segments == (price("2.5", None, AUTUMN),)


def test_a_zero_while_input_was_free_is_kept():
    plain = Statement("input_tokens", BASE, (price(0, None, SPRING), price(2, SPRING)))
    written = Statement("cache_write_tokens", BASE, (price(0, None, SPRING),))
    assert without_cache_zeros((plain, written)) == (plain, written)


@pytest.mark.parametrize(
    "when", [BASE, conditions(step=Step(200_000)), conditions(service_tier="batch"), conditions(region="eu")]
)
def test_a_zero_is_seen_beside_the_input_that_stands_for_it(when):
    plain = Statement("input_tokens", BASE, (price(2),))
    _, read = without_cache_zeros((plain, Statement("cache_audio_write_tokens", when, (price(0),))))
    assert read.is_zero


_AMOUNTS = st.sampled_from(("0", "0.5", "2"))


@given(
    input_=_AMOUNTS,
    parts=st.lists(_AMOUNTS, min_size=1, max_size=3),
    meter=st.sampled_from(("cache_write_tokens", "cache_write_1h_tokens", "cache_read_tokens")),
    caches=st.booleans(),
)
def test_only_zeros_of_a_cache_beside_a_price_go(input_, parts, meter, caches):
    bounds = [None, SPRING, AUTUMN, None]
    plain = Statement("input_tokens", BASE, (price(input_),))
    cached = Statement(
        meter,
        BASE,
        tuple(
            price(part, bounds[place], bounds[place + 1] if place + 1 < len(parts) else None)
            for place, part in enumerate(parts)
        ),
    )
    first, read = without_cache_zeros((plain, cached), caches=caches)
    assert first == plain
    if input_ == "0" or (caches and meter == "cache_read_tokens"):
        assert read == cached
    else:
        priced = tuple(segment for segment in cached.segments if segment.amount)
        assert read.segments == priced if priced else read.is_zero
