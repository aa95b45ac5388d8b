"""A repair does not wait behind the slip that it puts right."""

from fractions import Fraction

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE
from llmpricing.domain.publishing.market import Market, OtherSeller
from llmpricing.domain.publishing.timelines import merge_source
from tests.flags import rules

MTOK = 1_000_000
USUAL = Market(usual=lambda mode, meter: (Fraction("0.02") / MTOK, Fraction(75) / MTOK))


def test_a_jump_into_the_usual_range_is_a_repair(book, periods):
    """watsonx granite-3-8b stood at 200 USD, of which nobody but LiteLLM ever spoke."""
    stated = (
        ("input_tokens", "litellm", "2025-11-01", "200"),
        ("output_tokens", "litellm", "2025-11-01", "200"),
        ("input_tokens", "litellm", "2026-05-14", "0.2"),
        ("output_tokens", "litellm", "2026-05-14", "0.2"),
    )
    assert rules(book(*stated)) == [("input_tokens", "jump"), ("output_tokens", "jump")]
    found = book(*stated, market=USUAL)
    assert rules(found) == []
    assert [row[0] for row in periods(found.prices["output_tokens", BASE])] == ["200", "0.2"]


@pytest.mark.parametrize(("before", "after"), [("20", "0.2"), ("0.2", "20"), ("0.2", "200"), ("2", "0.002")])
def test_a_jump_out_of_the_usual_range_or_within_it_waits(book, before, after):
    stated = ("input_tokens", "litellm", "2025-11-01", before), ("input_tokens", "litellm", "2026-05-14", after)
    assert rules(book(*stated, market=USUAL)) == [("input_tokens", "jump")]


def test_a_dear_price_that_was_seen_for_long_and_that_another_source_states_was_no_slip(book):
    stated = (
        ("input_tokens", "litellm", "2025-11-01", "150"),
        ("output_tokens", "litellm", "2026-02-01", "600"),  # a list of that day was read, input as before
        ("input_tokens", "litellm", "2026-05-14", "1.5"),
    )
    another = ("input_tokens", "genai-prices", "2025-10-10", "150"), ("input_tokens", "genai-prices", "2025-12-01")
    assert rules(book(*stated, market=USUAL)) == []
    assert rules(book(*stated, *another, market=USUAL)) == [("input_tokens", "jump")]
    short = stated[0], stated[2]
    assert rules(book(*short, *another, market=USUAL)) == []


def test_both_halves_of_an_entry_are_repaired_together(book):
    """The output lay within what is usual, its thousandth too; its input did not."""
    stated = (
        ("input_tokens", "litellm", "2025-11-01", "200"),
        ("output_tokens", "litellm", "2025-11-01", "60"),
        ("cache_read_tokens", "litellm", "2025-11-01", "20"),
        ("input_tokens", "litellm", "2026-05-14", "0.2"),
        ("output_tokens", "litellm", "2026-05-14", "0.6"),
        ("cache_read_tokens", "litellm", "2026-05-14", "0.02"),
    )
    found = book(*stated, market=USUAL)
    assert rules(found) == []
    assert {component.meter: str(rows[-1].segment.amount) for component, rows in found.prices.items()} == {
        "input_tokens": "0.2",
        "output_tokens": "0.6",
        "cache_read_tokens": "0.02",
    }


def test_a_jump_to_what_other_sellers_ask_is_a_repair(book, seen, day):
    entries = merge_source([seen("litellm", "2025-11-01", "0.3")], [day("2026-05-14")])
    market = Market(sellers=lambda: [OtherSeller("other", {Component("input_tokens", BASE): {"litellm": entries}})])
    stated = ("input_tokens", "litellm", "2025-11-01", "0.25"), ("input_tokens", "litellm", "2026-02-01", "20")
    repaired = ("input_tokens", "litellm", "2025-11-01", "20"), ("input_tokens", "litellm", "2026-05-14", "0.25")
    assert rules(book(*stated, market=market)) == [("input_tokens", "jump")]
    assert rules(book(*repaired)) == [("input_tokens", "jump")]
    assert rules(book(*repaired, market=market)) == [("input_tokens", "far_from_other_sellers")]
