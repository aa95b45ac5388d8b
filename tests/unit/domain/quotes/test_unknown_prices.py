"""A price that waits for review is unknown: nothing stands in for it, and nothing is free for it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import Step, conditions
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.contract_rates import ContractRate, Terms
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
WAITS = "what the seller's list says of cache_read_tokens was stopped for review"


@pytest.fixture
def cost(price):
    """The quote of a usage at an input and output price and further ones."""

    def ask(usage, *more, ctx=None, rates=()):
        prices = [price("input_tokens", "2"), price("output_tokens", "8"), *more]
        return quote(OfferingPrices(prices), read_usage(usage), AT, ctx or context(), Terms(tuple(rates)))

    return ask


def test_cached_tokens_are_not_billed_as_input_while_their_price_waits(cost, price):
    waiting = price("cache_read_tokens", state=State.UNKNOWN)
    answer = cost({"input_tokens": 1000, "cache_read_tokens": 200}, waiting)
    assert (answer.total, answer.state) == (None, "unknown")
    assert [(share.meter, share.quantity, share.reason) for share in answer.unpriced] == [
        ("cache_read_tokens", 200, WAITS)
    ]
    assert [(line.meter, line.quantity) for line in answer.lines] == [("input_tokens", 800)]
    assert cost({"input_tokens": 1000}, waiting).total == Decimal("0.002")


def test_a_step_that_waits_is_not_billed_at_the_price_below_it(cost, price):
    waiting = price("input_tokens", conditions=conditions(step=Step(1000)), state=State.UNKNOWN)
    assert cost({"input_tokens": 1000}, waiting).total == Decimal("0.002")
    assert cost({"input_tokens": 1001}, waiting).total is None


def test_a_band_that_waits_is_not_free(cost, price):
    base = price("output_tokens", "8"), price("input_tokens", state=State.UNKNOWN)
    marginal = price("input_tokens", "4", conditions(step=Step(1000, marginal=True)))
    answer = quote(OfferingPrices([*base, marginal]), read_usage({"input_tokens": 2000}), AT)
    assert (answer.total, answer.state) == (None, "unknown")


def test_a_tier_that_waits_is_not_billed_at_the_standard_price(cost, price):
    waiting = price("input_tokens", conditions=conditions("batch"), state=State.UNKNOWN)
    assert cost({"input_tokens": 1000}, waiting, ctx=context("batch")).total is None


def test_a_fee_per_request_that_waits_leaves_no_total(cost, price):
    answer = cost({"input_tokens": 1000}, price("requests", state=State.UNKNOWN))
    assert answer.total is None
    assert [(share.meter, share.quantity) for share in answer.unpriced] == [("requests", 1)]


def test_ones_own_price_holds_whatever_waits(cost, price):
    own = ContractRate(id=1, discount=None, meter="cache_read_tokens", amount=Decimal("0.1"), currency="USD", per=10**6)
    answer = cost(
        {"input_tokens": 1000, "cache_read_tokens": 1000}, price("cache_read_tokens", state=State.UNKNOWN), rates=(own,)
    )
    assert (answer.total, answer.list_total) == (Decimal("0.0001"), None)
