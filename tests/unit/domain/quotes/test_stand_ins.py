"""What is billed at another meter's price, with which word, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import Step, conditions
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, Terms
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def cost(price):
    """The quote of a usage at an input price of 2 and an output price of 8, and further prices."""

    def ask(usage, *more, offering="acme/large", ctx=None, **terms):
        listed = [price("input_tokens", "2"), price("output_tokens", "8"), *more]
        return quote(OfferingPrices(listed, offering), read_usage(usage), AT, ctx or context(), Terms(**terms))

    return ask


def said(notices):
    return [(notice.code, notice.meter) for notice in notices]


def bounds(answer):
    return answer.total, answer.low, answer.high


def test_cache_reads_without_a_price_are_billed_as_input_and_said_to_be_a_bound(cost):
    answer = cost({"input_tokens": 1000, "cache_read_tokens": 400})
    assert answer.total == Decimal("0.002")
    assert (said(answer.warnings), answer.notes) == ([(Code.STAND_IN, "cache_read_tokens")], ())


@pytest.mark.parametrize("offering", ["anthropic/claude-opus-5", "aws/anthropic.claude-v2:1", "minimax/m3"])
def test_cache_writes_without_a_price_cost_between_once_and_twice_the_input_where_they_are_charged(cost, offering):
    usage = {"input_tokens": 1000, "cache_write_tokens": 400, "output_tokens": 10}
    answer = cost(usage, offering=offering)
    assert (answer.state, *bounds(answer)) == ("unknown", None, Decimal("0.00208"), Decimal("0.00288"))
    assert [(share.meter, share.quantity) for share in answer.unpriced] == [("cache_write_tokens", 400)]


def test_cache_writes_cost_what_input_costs_without_a_word_where_nobody_charges_for_them(cost):
    answer = cost({"input_tokens": 1000, "cache_write_tokens": 400}, offering="openai/gpt-4o")
    assert (answer.total, answer.warnings, answer.notes) == (Decimal("0.002"), (), ())


def test_an_hour_s_write_at_the_price_of_five_minutes_is_said(cost, price):
    usage = {"input_tokens": 100, "cache_write_tokens": 100, "cache_write_1h_tokens": 100}
    answer = cost(usage, price("cache_write_tokens", "2.5"), offering="anthropic/claude-x")
    assert answer.total == Decimal("0.00025")
    assert said(answer.warnings) == [(Code.STAND_IN, "cache_write_1h_tokens")]
    five = cost(usage | {"cache_write_1h_tokens": 0, "cache_write_5m_tokens": 100}, price("cache_write_tokens", "2.5"))
    assert (five.total, five.warnings) == (Decimal("0.00025"), ())


def test_audio_is_never_billed_at_the_price_of_text(cost, price):
    """openai/gpt-4o-audio-preview in the lists that come with us: 2.5 in, 10 out, of text."""
    listed = [price("input_tokens", "2.5"), price("output_tokens", "10")]
    raw = {"input_tokens": 1000, "input_audio_tokens": 900, "output_tokens": 500, "output_audio_tokens": 400}
    answer = quote(OfferingPrices(listed, "openai/gpt-4o-audio-preview"), read_usage(raw), AT)
    assert (answer.state, *bounds(answer)) == ("unknown", None, Decimal("0.00125"), None)
    assert [share.meter for share in answer.unpriced] == ["input_audio_tokens", "output_audio_tokens"]


@pytest.mark.parametrize("modality", ["image", "video"])
def test_pictures_and_films_in_cost_what_text_costs_with_a_note_and_made_ones_are_unknown(cost, modality):
    seen = cost({"input_tokens": 1000, f"input_{modality}_tokens": 900})
    assert (seen.total, seen.warnings) == (Decimal("0.002"), ())
    assert said(seen.notes) == [(Code.STAND_IN, f"input_{modality}_tokens")]
    made = cost({"output_tokens": 1000, f"output_{modality}_tokens": 900})
    assert bounds(made) == (None, Decimal("0.0008"), None)


def test_what_makes_nothing_else_has_its_output_price_for_that(cost):
    usage = {"output_tokens": 1000, "output_audio_tokens": 1000}
    assert cost(usage, offering="google/gemini-2.5-flash-preview-tts").total == Decimal("0.008")
    assert cost(usage, offering="google/gemini-2.5-flash").total is None


def test_cached_audio_without_a_price_costs_at_most_what_audio_costs(cost, price):
    shares = {"input_audio_tokens": 900, "cache_read_tokens": 100, "cache_audio_read_tokens": 100}
    more = (price("input_audio_tokens", "40"), price("cache_read_tokens", "1"))
    answer = cost({"input_tokens": 1000, **shares}, *more)
    assert answer.total == Decimal("0.0362")
    assert said(answer.warnings) == [(Code.STAND_IN, "cache_audio_read_tokens")]


def test_reasoning_and_text_cost_what_they_are_part_of_without_a_word(cost):
    usage = {"input_tokens": 9, "input_text_tokens": 9, "output_tokens": 9, "output_reasoning_tokens": 5}
    answer = cost(usage)
    assert (answer.total, answer.warnings, answer.notes) == (Decimal("0.00009"), (), ())


def test_what_is_free_or_not_sold_needs_no_stand_in(price):
    usage = read_usage({"input_tokens": 10, "cache_read_tokens": 10})
    free = quote(OfferingPrices([price("input_tokens", "0")], "acme/free"), usage, AT)
    assert (free.total, free.warnings) == (0, ())
    unsold = quote(OfferingPrices([price("input_tokens", state=State.NOT_OFFERED)]), usage, AT)
    assert said(unsold.warnings) == [(Code.NOT_OFFERED, "input_tokens")]


@pytest.fixture
def flex(price):
    """google/gemini-3.1-pro-preview: both usual prices step at 200,000, those of flex do not in any list."""
    above = Step(200_000)
    return OfferingPrices(
        [
            price("input_tokens", "2"),
            price("input_tokens", "4", conditions(step=above)),
            price("output_tokens", "12"),
            price("output_tokens", "18", conditions(step=above)),
            price("input_tokens", "1", conditions("flex")),
            price("output_tokens", "6", conditions("flex")),
        ],
        "google/gemini-3.1-pro-preview",
    )


def test_a_tier_without_the_usual_step_is_bounded_beyond_it(flex):
    usage = read_usage({"input_tokens": 250_000, "output_tokens": 1000})
    answer = quote(flex, usage, AT, context("flex"))
    assert (answer.state, *bounds(answer)) == ("unknown", None, Decimal("0.256"), Decimal("0.509"))
    assert all("beyond the context step" in share.reason for share in answer.unpriced)
    half = quote(flex, usage, AT, context("flex"), Terms((ContractRate(1, discount=Decimal("0.5")),)))
    assert bounds(half) == (None, Decimal("0.128"), Decimal("0.2545"))


def test_a_tier_without_the_usual_step_holds_up_to_it(flex):
    usage = read_usage({"input_tokens": 200_000, "output_tokens": 1000})
    assert quote(flex, usage, AT, context("flex")).total == Decimal("0.206")


def test_bounds_in_another_currency_are_not_given(cost):
    day = datetime(2026, 11, 20, tzinfo=UTC).date()
    usage = {"input_tokens": 1000, "cache_write_tokens": 400}
    rate = Exchange("USD", "EUR", Decimal("0.9"), day, "ecb")
    answer = cost(usage, offering="anthropic/claude-x", currency="EUR", exchanges=[rate])
    assert bounds(answer) == (None, None, None)


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_the_bounds_of_charged_writes_hold_both_ends_of_what_they_may_cost(price, fresh, written, said_tokens):
    usage = {
        "input_tokens": fresh + written,
        "cache_write_tokens": written,
        "output_tokens": said_tokens,
    }
    listed = [price("input_tokens", "2"), price("output_tokens", "8")]
    unlisted = quote(OfferingPrices(listed, "anthropic/claude-x"), read_usage(usage), AT)
    for amount in ("2", "2.5", "4"):
        known = [*listed, price("cache_write_tokens", amount)]
        total = quote(OfferingPrices(known, "anthropic/claude-x"), read_usage(usage), AT).total
        assert total is not None
        if written:
            assert unlisted.low <= total <= unlisted.high
        else:
            assert unlisted.total == total
