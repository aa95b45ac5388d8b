"""What is published of one offering when several sources speak."""

from dataclasses import replace
from decimal import Decimal

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, Schedule, Step, conditions
from llmpricing.domain.observations import Basis
from llmpricing.domain.publishing.publish import pin, publish_offering
from llmpricing.domain.publishing.sightings import readings_in
from llmpricing.domain.publishing.timeline_entries import END
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


def test_a_price_that_is_seen_goes_before_a_carried_one_and_of_carried_ones_the_nearer_holds(publish, seen):
    """An old list ends in May 2024 and the trusted one begins in November 2026: they meet in the middle."""
    book = publish({INPUT: [seen("genai-prices", "2026-11-10", "2.5"), seen("litellm", "2024-05-14", "5")]})
    assert by_source(book.prices[INPUT]) == [
        ("genai-prices", None, "2.5"),
        ("litellm", "2024-05-14", "5"),
        ("genai-prices", "2025-08-12", "2.5"),
    ]
    assert book.prices[INPUT][0].known_from == book.prices[INPUT][2].known_from


def test_a_source_speaks_for_45_days_after_its_last_list_unless_a_later_one_of_it_says_otherwise(publish, seen):
    stale = publish({INPUT: [seen("genai-prices", "2024-01-01", "2"), seen("litellm", "2024-06-01", "3")]})
    assert by_source(stale.prices[INPUT]) == [
        ("genai-prices", None, "2"),
        ("litellm", "2024-06-01", "3"),
    ]
    close = publish({INPUT: [seen("genai-prices", "2024-05-01", "2"), seen("litellm", "2024-06-01", "3")]})
    assert by_source(close.prices[INPUT]) == [("genai-prices", None, "2")]


def test_beyond_the_newest_list_a_source_stands_while_it_is_at_most_45_days_older(publish, seen, day):
    lists = {INPUT: [seen("genai-prices", "2024-01-01", "2"), seen("litellm", "2023-12-01", "3")]}
    still = readings_in(lists, {})
    assert by_source(publish(lists, readings=still).prices[INPUT])[-1][0] == "genai-prices"
    silent = replace(
        still, lists={**still.lists, "litellm": [day("2023-12-01"), day("2024-03-01")]}, newest=day("2024-03-01")
    )
    assert by_source(publish(lists, readings=silent).prices[INPUT])[-1] == ("litellm", "2024-02-15", "3")


def test_what_a_list_leaves_out_is_carried_from_the_list_before(publish, seen, day):
    lists = {INPUT: [seen("genai-prices", "2024-01-01", "2"), seen("litellm", "2024-01-01", "3")]}
    known = readings_in(lists, {"genai-prices": [day("2024-02-01")], "litellm": [day("2024-02-01")]})
    left_out = replace(known, left_out={"genai-prices": day("2024-02-01")})
    assert by_source(publish(lists, readings=left_out).prices[INPUT]) == [
        ("genai-prices", None, "2"),
        ("litellm", "2024-01-01", "3"),
    ]
    assert publish(lists, readings=left_out).prices[INPUT][0].superseded_at == day("2024-02-01")


def test_of_two_prices_carried_back_the_one_that_was_seen_earlier_holds(publish, seen):
    book = publish({INPUT: [seen("genai-prices", "2026-11-10", "2.5"), seen("model-prices", "2026-10-26", "5")]})
    assert by_source(book.prices[INPUT]) == [("model-prices", None, "5"), ("genai-prices", "2026-11-10", "2.5")]


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


READS = Component("cache_read_tokens", BASE)


def test_a_meter_that_the_voice_lacks_comes_from_a_source_that_asks_the_same_for_input(publish, seen):
    reads = {READS: [seen("litellm", "2024-01-01", "0.2")]}
    voice = seen("genai-prices", "2024-01-01", "2")
    same = publish(reads | {INPUT: [voice, seen("litellm", "2024-01-01", "2.005")]})
    assert by_source(same.prices[READS]) == [("litellm", "2024-01-01", "0.2")]
    assert READS not in publish(reads | {INPUT: [voice, seen("litellm", "2024-01-01", "2.1")]}).prices
    assert READS not in publish(reads | {INPUT: [voice]}).prices


def test_output_comes_from_the_source_that_speaks_for_input(publish, seen):
    output = Component("output_tokens", BASE)
    lists = {
        INPUT: [seen("litellm", "2024-01-01", "3"), seen("models-dev", "2024-01-01", "4")],
        output: [seen("models-dev", "2024-01-01", "12"), seen("litellm", "2024-01-01", "9")],
    }
    ranks = {"models-dev": 1, "litellm": 2}
    assert by_source(publish(lists, ranks=ranks).prices[output]) == [("models-dev", "2024-01-01", "12")]


def test_without_a_price_of_input_each_meter_is_chosen_for_itself(publish, seen):
    images, searches = Component("output_images", BASE), Component("web_searches", BASE)
    lists = {images: [seen("genai-prices", "2024-01-01", "2")], searches: [seen("litellm", "2024-01-01", "3")]}
    book = publish(lists)
    assert by_source(book.prices[images]) == [("genai-prices", None, "2")]
    assert by_source(book.prices[searches]) == [("litellm", "2024-01-01", "3")]


def test_hours_that_know_weekdays_beat_those_that_do_not_where_the_base_is_the_same(publish, seen):
    every_day, workdays = (
        Component("input_tokens", conditions(schedule=Schedule("UTC", ((60, 240),), days)))
        for days in ((), (1, 2, 3, 4, 5))
    )
    base = [seen("genai-prices", "2024-01-01", "1"), seen("litellm", "2024-01-01", "1")]
    peaks = {every_day: [seen("genai-prices", "2024-01-01", "2")], workdays: [seen("litellm", "2024-01-01", "2")]}
    book = publish({INPUT: base} | peaks)
    assert by_source(book.prices[workdays]) == [("litellm", "2024-01-01", "2")]
    assert every_day not in book.prices or book.prices[every_day][0].end <= book.prices[workdays][0].start
    other = publish({INPUT: [base[0], seen("litellm", "2024-01-01", "1.5")]} | peaks)
    assert workdays not in other.prices


def test_ranks_of_the_provider_decide_who_is_believed(publish, seen):
    lists = {INPUT: [seen("genai-prices", "2024-01-01", "2.5"), seen("litellm", "2024-01-01", "3")]}
    book = publish(lists, ranks={"litellm": 1, "genai-prices": 2})
    assert by_source(book.prices[INPUT]) == [("genai-prices", None, "2.5"), ("litellm", "2024-01-01", "3")]


def test_where_the_most_trusted_source_withdraws_the_next_one_speaks(publish, seen, day):
    lists = {
        INPUT: [
            seen("genai-prices", "2024-01-01", "2.5"),
            seen("genai-prices", "2024-06-01"),
            seen("litellm", "2024-01-01", "3"),
        ]
    }
    rows = publish(lists).prices[INPUT]
    assert (rows[0].source, rows[-1].source, rows[-1].end) == ("genai-prices", "litellm", END)
    assert rows[0].superseded_at == day("2024-06-01")


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
