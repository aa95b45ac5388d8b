"""An arrival is compared with what other sellers ask for the same model."""

from decimal import Decimal

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE
from llmpricing.domain.publishing.market import Market, OtherSeller
from llmpricing.domain.publishing.timelines import merge_source
from tests.flags import rules

INPUT = Component("input_tokens", BASE)


@pytest.fixture
def sold(seen):
    """A market of other sellers: (provider, source, day, input price)."""

    def build(*asked):
        sellers = [
            OtherSeller(provider, {INPUT: {source: merge_source([seen(source, on, amount)])}})
            for provider, source, on, amount in asked
        ]
        return Market(sellers=lambda: sellers)

    return build


@pytest.mark.parametrize(
    ("amount", "waits"),
    [("2.5", False), ("0.1", False), ("80", False), ("83", True), ("250", True), ("0.07", True)],
)
def test_far_off_what_others_ask_waits(book, sold, amount, waits):
    market = sold(("a", "litellm", "2026-10-20", "2.5"), ("b", "litellm", "2026-11-01", "2.5"))
    found = book(("input_tokens", "litellm", "2026-11-01", amount), market=market)
    assert rules(found) == ([("input_tokens", "far_from_other_sellers")] if waits else [])


def test_what_waits_names_the_slip_and_what_the_others_ask(book, sold):
    found = book(
        ("input_tokens", "litellm", "2026-11-01", "250"),
        ("output_tokens", "litellm", "2026-11-01", "900"),
        market=sold(("a", "litellm", "2026-11-01", "2.5")),
    )
    assert rules(found) == [("input_tokens", "far_from_other_sellers"), ("output_tokens", "companion")]
    finding = found.flags[0].finding
    assert (finding.against, finding.factor, finding.slip) == (
        "other sellers of the model",
        100,
        "cents read as dollars",
    )
    assert finding.old.amount == Decimal("2.5")


def test_the_median_of_the_sellers_counts_each_once(book, sold):
    market = sold(
        ("a", "litellm", "2026-11-01", "0.1"),
        ("a", "models-dev", "2026-11-01", "0.1"),
        ("a", "litellm", "2026-11-01", "0.1"),
        ("b", "litellm", "2026-11-01", "9"),
        ("c", "litellm", "2026-11-01", "10"),
    )
    assert rules(book(("input_tokens", "litellm", "2026-11-01", "8"), market=market)) == []


@pytest.mark.parametrize(
    "asked", [("a", "genai-prices", "2026-01-01", "2.5"), ("a", "models-dev", "2026-11-01", "2.5")]
)
def test_a_carried_or_less_trusted_price_elsewhere_holds_nothing(book, sold, asked):
    assert rules(book(("input_tokens", "litellm", "2026-11-01", "250"), market=sold(asked))) == []


def test_only_an_arrival_is_compared(book, sold):
    market = sold(("a", "litellm", "2026-11-01", "2.5"))
    known = ("input_tokens", "litellm", "2026-05-01", "100"), ("input_tokens", "litellm", "2026-11-01", "120")
    assert rules(book(*known, market=market)) == []


def test_what_another_source_states_of_the_offering_itself_goes_before_the_sellers(book, sold):
    market = sold(("a", "genai-prices", "2026-11-01", "2.5"))
    stated = ("input_tokens", "genai-prices", "2026-10-30", "200"), ("input_tokens", "litellm", "2026-11-01", "250")
    assert [flag.key.source for flag in book(*stated, market=market).flags] == []
