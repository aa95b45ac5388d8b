"""What is published of one offering when several sources speak."""

from decimal import Decimal

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, Step, conditions
from llmpricing.domain.observations import Basis
from llmpricing.domain.publishing.publish import pin, publish_offering
from tests.dissents import dissents

INPUT = Component("input_tokens", BASE)
ABOVE_272K = Component("input_tokens", conditions(step=Step(272_000)))
ABOVE_200K = Component("input_tokens", conditions(step=Step(200_000)))


@pytest.fixture
def publish(day):
    def build(observed, **more):
        return publish_offering(observed, snapshots={"litellm": [day("2024-01-01")]}, mode="chat", **more)

    return build


@pytest.fixture
def dissent_of(day):
    def build(observed, **more):
        return list(dissents(observed, {"litellm": [day("2024-01-01")]}, "chat", **more))

    return build


def by_source(rows):
    return [
        (row.source, row.segment.valid_from and row.segment.valid_from.date().isoformat(), str(row.segment.amount))
        for row in rows
    ]


def test_the_most_trusted_source_speaks_and_the_others_dissent(publish, dissent_of, seen):
    observed = {INPUT: [seen("genai-prices", "2024-01-01", "2.5"), seen("litellm", "2024-01-01", "3")]}
    book = publish(observed)
    assert by_source(book.prices[INPUT]) == [("genai-prices", None, "2.5")]
    (dissent,) = dissent_of(observed)
    assert (dissent.stated.source, dissent.factor) == ("litellm", Decimal("1.2"))


def test_a_dated_price_outranks_an_undated_one_before_its_source_was_first_read(publish, seen):
    book = publish({INPUT: [seen("genai-prices", "2026-11-10", "2.5"), seen("litellm", "2024-05-14", "5")]})
    assert by_source(book.prices[INPUT]) == [
        ("genai-prices", None, "2.5"),
        ("litellm", "2024-05-14", "5"),
        ("genai-prices", "2026-11-10", "2.5"),
    ]
    assert book.prices[INPUT][0].known_from == book.prices[INPUT][2].known_from


def test_an_undated_price_yields_to_no_other_undated_one(publish, seen):
    book = publish({INPUT: [seen("genai-prices", "2026-11-10", "2.5"), seen("model-prices", "2026-10-26", "5")]})
    assert by_source(book.prices[INPUT]) == [("genai-prices", None, "2.5")]


def test_a_dated_price_of_the_most_trusted_source_holds_from_its_own_start(publish, seen, usd):
    lists = {INPUT: [seen("genai-prices", "2026-11-10", usd("2", "2025-06-10")), seen("litellm", "2024-05-14", "5")]}
    assert by_source(publish(lists).prices[INPUT]) == [
        ("litellm", "2024-05-14", "5"),
        ("genai-prices", "2025-06-10", "2"),
    ]


def test_steps_of_one_series_are_never_mixed_from_two_sources(publish, seen):
    book = publish(
        {
            INPUT: [seen("genai-prices", "2024-01-01", "2"), seen("litellm", "2024-01-01", "2")],
            ABOVE_272K: [seen("genai-prices", "2024-01-01", "4")],
            ABOVE_200K: [seen("litellm", "2024-01-01", "5")],
        }
    )
    assert {row.source for rows in book.prices.values() for row in rows} == {"genai-prices"}
    assert ABOVE_200K not in book.prices


def test_another_meter_may_come_from_a_source_that_has_it(publish, seen):
    reads = Component("cache_read_tokens", BASE)
    book = publish({INPUT: [seen("genai-prices", "2024-01-01", "2")], reads: [seen("litellm", "2024-01-01", "0.2")]})
    assert by_source(book.prices[reads]) == [("litellm", "2024-01-01", "0.2")]


def test_ranks_of_the_provider_decide_who_is_believed(publish, seen):
    lists = {INPUT: [seen("genai-prices", "2024-01-01", "2.5"), seen("litellm", "2024-01-01", "3")]}
    book = publish(lists, ranks={"litellm": 1, "genai-prices": 2})
    assert by_source(book.prices[INPUT]) == [("genai-prices", None, "2.5"), ("litellm", "2024-01-01", "3")]


def test_where_the_most_trusted_source_withdraws_the_next_one_speaks(publish, seen):
    lists = {
        INPUT: [
            seen("genai-prices", "2024-01-01", "2.5"),
            seen("genai-prices", "2024-06-01"),
            seen("litellm", "2024-01-01", "3"),
        ]
    }
    assert by_source(publish(lists).prices[INPUT]) == [("genai-prices", None, "2.5"), ("litellm", "2024-06-01", "3")]


def test_a_pin_holds_against_imports_while_the_drift_stays_visible(publish, dissent_of, seen, usd, day):
    held = pin(usd("1.8", "2024-03-01"), day("2024-03-05"))
    lists = {INPUT: [seen("genai-prices", "2024-01-01", "2.5"), seen("genai-prices", "2024-06-01", "2")]}
    book = publish(lists, pins={INPUT: [held]})
    assert by_source(book.prices[INPUT]) == [("genai-prices", None, "2.5"), ("manual", "2024-03-01", "1.8")]
    assert book.prices[INPUT][1].segment.basis is Basis.MANUAL
    drift = dissent_of(lists, pins={INPUT: [held]})
    assert [str(dissent.stated.segment.amount) for dissent in drift] == ["2.5", "2"]


def test_a_pin_with_an_end_gives_the_price_back(publish, seen, usd, day):
    held = pin(usd("1.8", "2024-03-01", "2024-04-01"), day("2024-03-05"))
    book = publish({INPUT: [seen("genai-prices", "2024-01-01", "2.5")]}, pins={INPUT: [held]})
    assert by_source(book.prices[INPUT])[1:] == [("manual", "2024-03-01", "1.8"), ("genai-prices", "2024-04-01", "2.5")]


def test_a_later_pin_replaces_an_earlier_one(publish, usd, day):
    pins = [pin(usd("1", "2024-03-01"), day("2024-03-05")), pin(usd("2", "2024-05-01"), day("2024-05-05"))]
    book = publish({}, pins={INPUT: pins[::-1]})
    assert by_source(book.prices[INPUT]) == [("manual", "2024-03-01", "1"), ("manual", "2024-05-01", "2")]


def test_what_an_undated_price_says_of_the_time_before_it_was_read_is_no_dissent(dissent_of, seen):
    observed = {INPUT: [seen("genai-prices", "2026-11-10", "2.5"), seen("litellm", "2024-05-14", "5")]}
    assert {dissent.stated.source for dissent in dissent_of(observed)} == {"litellm"}
