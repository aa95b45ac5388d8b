"""What one source said, merged into one timeline."""

from decimal import Decimal

import pytest

from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.publishing.timeline_entries import same_value
from llmpricing.domain.publishing.timelines import Observation, changes, merge_source

SNAPSHOTS = ["2023-11-01", "2024-02-05", "2024-05-14", "2024-09-06"]


@pytest.fixture
def snapshots(day):
    return [day(text) for text in SNAPSHOTS]


def test_a_first_price_without_date_of_a_list_that_states_dates_holds_as_ever(seen, periods):
    rows = merge_source([seen("genai-prices", "2026-11-10", "2.5")])
    assert periods(rows) == [("2.5", None, None, "undated")]
    assert rows[0].known_from == rows[0].observed


def test_a_price_in_the_first_snapshot_of_all_is_first_observed_that_day(seen, periods, snapshots):
    rows = merge_source([seen("litellm", "2023-11-01 14:30", "15")], snapshots)
    assert periods(rows) == [("15", "2023-11-01", None, "first_observed")]
    assert rows[0].bracket_from is None


def test_a_price_that_a_later_snapshot_brings_is_bracketed_by_the_snapshot_before(seen, day, periods, snapshots):
    rows = merge_source([seen("litellm", "2024-05-14 09:00", "5")], snapshots)
    assert periods(rows) == [("5", "2024-05-14", None, "bracket")]
    assert rows[0].bracket_from == day("2024-02-05")


def test_a_changed_price_counts_from_the_middle_between_the_two_lists(seen, day, periods, snapshots):
    rows = merge_source([seen("litellm", "2023-11-01", "15"), seen("litellm", "2024-09-06 23:59", "5")], snapshots)
    assert periods(rows) == [("15", "2023-11-01", "2024-07-10", "first_observed"), ("5", "2024-07-10", None, "bracket")]
    assert rows[1].start == day("2024-05-14") + (day("2024-09-06 23:59") - day("2024-05-14")) / 2
    assert rows[1].bracket_from == day("2024-05-14")


def test_a_new_undated_price_of_a_list_that_states_dates_is_bracketed_too(seen, periods):
    rows = merge_source([seen("genai-prices", "2026-11-10", "2.5"), seen("genai-prices", "2026-12-01", "2")])
    assert periods(rows) == [("2.5", None, "2026-12-01", "undated"), ("2", "2026-12-01", None, "bracket")]
    assert rows[1].known_from == rows[0].observed


def test_saying_the_same_again_changes_nothing(seen):
    once = merge_source([seen("litellm", "2023-11-01", "15")])
    assert merge_source([seen("litellm", "2023-11-01", "15"), seen("litellm", "2024-02-05", "15.0")]) == once


def test_the_order_in_which_lists_are_handed_over_does_not_matter(seen, snapshots):
    lists = [seen("litellm", on, amount) for on, amount in zip(SNAPSHOTS, ("15", "10", "15", "5"), strict=True)]
    assert merge_source(lists[::-1], snapshots) == merge_source(lists, snapshots)


def test_a_withdrawn_price_ends_between_the_two_lists_and_may_come_back(seen, periods, snapshots):
    lists = [seen("litellm", "2023-11-01", "15"), seen("litellm", "2024-02-05"), seen("litellm", "2024-09-06", "15")]
    assert periods(merge_source(lists, snapshots)) == [
        ("15", "2023-11-01", "2023-12-19", "first_observed"),
        ("15", "2024-07-10", None, "bracket"),
    ]


def test_a_history_that_begins_undated_replaces_all_that_was_known(seen, usd, periods):
    lists = [
        seen("model-prices", "2026-01-01", "9"),
        seen("model-prices", "2026-06-01", usd("10", None, "2026-03-01"), usd("8", "2026-03-01")),
    ]
    assert periods(merge_source(lists)) == [
        ("10", None, "2026-03-01", "undated"),
        ("8", "2026-03-01", None, "documented"),
    ]


def test_what_was_known_before_a_stated_start_stays(seen, usd, periods):
    lists = [seen("genai-prices", "2026-01-01", "9"), seen("genai-prices", "2026-06-01", usd("8", "2026-03-15"))]
    assert periods(merge_source(lists)) == [
        ("9", None, "2026-03-15", "undated"),
        ("8", "2026-03-15", None, "documented"),
    ]


def test_a_promotion_with_an_end_continues_the_price_that_already_held(seen, usd, periods):
    lists = [
        seen("litellm", "2023-11-01", "9"),
        seen("litellm", "2024-02-05", usd("9", None, "2024-04-01"), usd("12", "2024-04-01")),
    ]
    assert periods(merge_source(lists)) == [
        ("9", "2023-11-01", "2024-04-01", "first_observed"),
        ("12", "2024-04-01", None, "documented"),
    ]


def test_an_announced_end_that_is_taken_back_reopens_the_price(seen, usd, periods):
    lists = [
        seen("genai-prices", "2026-01-01", usd("9", None, "2027-01-01"), usd("12", "2027-01-01")),
        seen("genai-prices", "2026-06-01", "9"),
    ]
    assert periods(merge_source(lists)) == [("9", None, None, "undated")]


def test_a_price_said_again_as_it_was_stated_keeps_when_it_was_first_observed(seen, usd):
    stated = (usd("10", None, "2026-03-01"), usd("8", "2026-03-01", "2026-09-01"))
    rows = merge_source(
        [
            seen("model-prices", "2026-04-01", *stated),
            seen("model-prices", "2026-10-01", *stated, usd("7", "2026-09-01")),
        ]
    )
    assert [row.observed.month for row in rows] == [4, 4, 10]


def test_two_lists_of_one_day_change_the_price_between_them(seen, day, periods, snapshots):
    lists = [seen("litellm", "2024-02-05 08:00", "15"), seen("litellm", "2024-02-05 20:00", "5")]
    rows = merge_source(lists, snapshots)
    assert periods(rows) == [("15", "2024-02-05", "2024-02-05", "bracket"), ("5", "2024-02-05", None, "bracket")]
    assert rows[1].start == day("2024-02-05 14:00")


def test_the_same_price_per_another_quantity_is_the_same_value():
    per_million = DatedPrice(State.PRICED, Decimal("2.5"), 1_000_000)
    assert same_value(per_million, DatedPrice(State.PRICED, Decimal("0.0000025"), 1))
    assert not same_value(per_million, DatedPrice(State.PRICED, Decimal("2.5"), 1000))
    assert not same_value(per_million, DatedPrice(State.PRICED, Decimal("2.5"), 1_000_000, currency="EUR"))


def test_another_spelling_of_the_same_price_is_no_change(day):
    lists = [
        Observation(
            "litellm", day(on), False, (DatedPrice(State.PRICED, Decimal(amount), 1, raw=amount, source_url=on),)
        )
        for on, amount in (("2023-11-01", "0.0000025"), ("2024-02-05", "2.5E-6"))
    ]
    assert changes(lists) == lists[:1]
