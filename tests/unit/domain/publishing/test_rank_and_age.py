"""Who may hold back whom: trust and freshness decide what a value is held against."""

from decimal import Decimal

import pytest

from llmpricing.domain.conditions import BASE
from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.publishing.market import Market
from tests.flags import rules

DERIVED = Market(derived_from={"model-prices": "models-dev"})


def test_a_more_trusted_value_is_not_held_because_a_carried_one_differs(book):
    """The map of 2023-11-01 has cohere/command-light at 15 USD; genai-prices says 0.3 three years later."""
    found = book(("input_tokens", "litellm", "2023-11-01", "15"), ("input_tokens", "genai-prices", "2026-11-10", "0.3"))
    assert rules(found) == []
    assert found.prices["input_tokens", BASE][-1].segment.amount == Decimal("0.3")


def test_a_more_trusted_value_is_not_held_because_a_less_trusted_one_differs_that_day(book):
    found = book(("input_tokens", "litellm", "2026-11-09", "15"), ("input_tokens", "genai-prices", "2026-11-10", "0.3"))
    assert rules(found) == []


@pytest.mark.parametrize(("other", "waits"), [("model-prices", True), ("litellm", True), (None, False)])
def test_two_fresh_sources_that_agree_hold_a_third_one(book, other, waits):
    found = book(
        ("input_tokens", "models-dev", "2026-11-08", "15"),
        *([("input_tokens", other, "2026-11-09", "14")] if other else []),
        ("input_tokens", "genai-prices", "2026-11-10", "0.28"),
    )
    assert [flag.key.source for flag in found.flags] == (["genai-prices"] if waits else [])


def test_two_of_which_one_quotes_the_other_are_one(book):
    stated = (
        ("input_tokens", "models-dev", "2026-11-08", "15"),
        ("input_tokens", "model-prices", "2026-11-09", "14"),
        ("input_tokens", "genai-prices", "2026-11-10", "0.28"),
    )
    assert rules(book(*stated)) == [("input_tokens", "disagreement")]
    assert rules(book(*stated, market=DERIVED)) == []


@pytest.mark.parametrize(("one", "other"), [(("litellm", "2026-01-01"), "14"), (("litellm", "2026-11-09"), "60")])
def test_two_of_which_one_is_carried_or_far_from_the_other_hold_nothing(book, one, other):
    found = book(
        ("input_tokens", *one, other),
        ("input_tokens", "models-dev", "2026-11-08", "15"),
        ("input_tokens", "genai-prices", "2026-11-10", "0.28"),
    )
    assert [flag for flag in found.flags if flag.key.source == "genai-prices"] == []


def test_a_less_trusted_value_waits_for_a_more_trusted_one_only_while_that_is_fresh(book):
    assert rules(
        book(("input_tokens", "genai-prices", "2026-10-01", "0.3"), ("input_tokens", "litellm", "2026-11-10", "30"))
    ) == [("input_tokens", "disagreement")]
    assert (
        rules(
            book(("input_tokens", "genai-prices", "2026-09-01", "0.3"), ("input_tokens", "litellm", "2026-11-10", "30"))
        )
        == []
    )


def test_a_later_list_that_still_says_so_keeps_a_value_fresh(book):
    found = book(
        ("input_tokens", "genai-prices", "2026-01-01", "0.3"),
        ("output_tokens", "genai-prices", "2026-11-01", "0.6"),  # a list of that day was read, input as before
        ("input_tokens", "litellm", "2026-11-10", "30"),
    )
    assert rules(found) == [("input_tokens", "disagreement")]


def test_a_price_that_becomes_a_subscription_waits(book, periods):
    subscription = DatedPrice(State.SUBSCRIPTION, None, 1_000_000)
    found = book(
        ("input_tokens", "litellm", "2026-05-01", "3"), ("input_tokens", "litellm", "2026-06-01", subscription)
    )
    assert rules(found) == [("input_tokens", "subscription_where_priced")]
    assert [row[0] for row in periods(found.prices["input_tokens", BASE])] == ["3"]
    assert rules(book(("input_tokens", "litellm", "2026-06-01", subscription))) == []


@pytest.mark.parametrize("mode", ["embedding", "audio_transcription", "image_generation", "rerank"])
def test_a_zero_waits_in_every_mode(book, mode):
    zero = DatedPrice(State.ZERO, Decimal(0), 1_000_000)
    for said in (zero, "0"):
        found = book(
            ("input_tokens", "litellm", "2026-05-01", "3"), ("input_tokens", "litellm", "2026-06-01", said), mode=mode
        )
        assert rules(found) == [("input_tokens", "zero_where_priced")]
