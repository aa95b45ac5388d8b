"""What is kept beside the published prices of one offering."""

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, Step, conditions
from llmpricing.domain.prices import OtherReason
from llmpricing.domain.publishing.publish import pin, publish_offering

INPUT, OUTPUT, READS = (Component(meter, BASE) for meter in ("input_tokens", "output_tokens", "cache_read_tokens"))
ABOVE_200K = Component("input_tokens", conditions(step=Step(200_000)))


@pytest.fixture
def beside(day):
    """(reason, meter, amount, from, until, source) of all that is kept beside, in the order of time."""

    def build(observed, snapshots=None, **more):
        lists = {source: [day(on) for on in days] for source, days in (snapshots or {}).items()}
        book = publish_offering(observed, snapshots=lists, mode="chat", **more)
        return sorted(
            (
                other.reason,
                other.component.text,
                str(other.entry.segment.amount),
                str(other.entry.segment.valid_from or "")[:10],
                str(other.entry.segment.valid_until or "")[:10],
                other.entry.source,
            )
            for other in book.others
        )

    return build


def test_one_list_that_never_changed_leaves_nothing_to_keep(beside, seen):
    assert beside({INPUT: [seen("genai-prices", "2024-01-01", "2")]}) == []


def test_another_fresh_list_agrees_or_differs_while_it_is_fresh(beside, seen):
    lists = {
        INPUT: [seen("genai-prices", "2024-01-01", "2"), seen("litellm", "2024-01-10", "3")],
        OUTPUT: [seen("genai-prices", "2024-01-01", "8"), seen("litellm", "2024-01-10", "8.01")],
    }
    assert beside(lists) == [
        (OtherReason.AGREEMENT, "output_tokens|", "8.01", "2024-01-10", "", "litellm"),
        (OtherReason.DISAGREEMENT, "input_tokens|", "3", "2024-01-10", "", "litellm"),
    ]


def test_a_carried_price_is_no_disagreement(beside, seen):
    lists = {INPUT: [seen("litellm", "2024-01-01", "3"), seen("genai-prices", "2025-01-01", "2")]}
    assert [other for other in beside(lists) if other[3] >= "2024-02"] == []


def test_a_step_that_only_one_fresh_list_knows_is_a_disagreement_over_the_whole_series(beside, seen):
    lists = {
        INPUT: [seen("genai-prices", "2024-01-01", "3"), seen("litellm", "2024-01-01", "3")],
        ABOVE_200K: [seen("genai-prices", "2024-01-01", "6")],
    }
    assert beside(lists) == [(OtherReason.DISAGREEMENT, "input_tokens|", "3", "2024-01-01", "", "litellm")]


def test_a_meter_that_only_the_differing_list_has_belongs_to_its_tariff(beside, seen):
    lists = {
        INPUT: [seen("genai-prices", "2024-01-01", "2"), seen("litellm", "2024-01-01", "3")],
        READS: [seen("litellm", "2024-01-01", "0.3")],
    }
    assert [(reason, text) for reason, text, *_ in beside(lists)] == [
        (OtherReason.DISAGREEMENT, "cache_read_tokens|"),
        (OtherReason.DISAGREEMENT, "input_tokens|"),
    ]


def test_between_two_lists_both_values_stand_beside_each_other(beside, seen):
    lists = {INPUT: [seen("litellm", "2024-01-01", "2"), seen("litellm", "2024-03-01", "3")]}
    assert beside(lists, {"litellm": ["2024-01-01", "2024-02-20", "2024-03-01"]}) == [
        (OtherReason.BETWEEN_SIGHTINGS, "input_tokens|", "2", "2024-02-25", "2024-03-01", "litellm"),
        (OtherReason.BETWEEN_SIGHTINGS, "input_tokens|", "3", "2024-02-20", "2024-02-25", "litellm"),
    ]


def test_a_price_withdrawn_with_its_tariff_goes_on_and_nothing_stands_beside_it(beside, seen):
    lists = {INPUT: [seen("litellm", "2024-01-01", "2"), seen("litellm", "2024-03-01")]}
    assert beside(lists, {"litellm": ["2024-01-01", "2024-03-01"]}) == []


def test_a_meter_withdrawn_from_a_tariff_that_goes_on_is_told_until_that_list(beside, seen):
    lists = {
        INPUT: [seen("litellm", "2024-01-01", "2")],
        READS: [seen("litellm", "2024-01-01", "1"), seen("litellm", "2024-03-01")],
    }
    assert beside(lists, {"litellm": ["2024-01-01", "2024-03-01"]}) == [
        (OtherReason.BETWEEN_SIGHTINGS, "cache_read_tokens|", "1", "2024-01-31", "2024-03-01", "litellm")
    ]


def test_a_step_that_moved_is_told_with_its_base(beside, seen):
    above_128k = Component("input_tokens", conditions(step=Step(128_000)))
    lists = {
        INPUT: [seen("litellm", "2024-01-01", "2")],
        ABOVE_200K: [seen("litellm", "2024-01-01", "4"), seen("litellm", "2024-01-11")],
        above_128k: [seen("litellm", "2024-01-11", "4")],
    }
    first_half = [
        other[1] for other in beside(lists, {"litellm": ["2024-01-01", "2024-01-11"]}) if other[3] < "2024-01-06"
    ]
    assert first_half == [INPUT.text, above_128k.text]


def test_a_change_of_a_list_that_does_not_speak_is_not_kept(beside, seen):
    lists = {
        INPUT: [
            seen("genai-prices", "2024-01-01", "2"),
            seen("litellm", "2024-01-01", "2"),
            seen("litellm", "2024-01-21", "3"),
        ]
    }
    found = beside(lists, {"genai-prices": ["2024-01-01"], "litellm": ["2024-01-01", "2024-01-21"]})
    assert OtherReason.BETWEEN_SIGHTINGS not in {other[0] for other in found}


def test_what_waits_stands_beside_the_value_that_holds(beside, seen):
    lists = {INPUT: [seen("litellm", "2024-01-01", "2"), seen("litellm", "2024-03-01", "2000")]}
    found = [other for other in beside(lists, {"litellm": ["2024-01-01", "2024-02-20", "2024-03-01"]})]
    assert (OtherReason.UNDER_REVIEW, "input_tokens|", "2000", "2024-02-25", "", "litellm") in found


def test_nothing_is_kept_beside_a_price_that_a_person_holds(beside, seen, usd, day):
    lists = {INPUT: [seen("genai-prices", "2024-01-01", "2"), seen("litellm", "2024-01-01", "3")]}
    held = {INPUT: [pin(usd("2.5"), day("2024-02-01"))]}
    assert beside(lists, pins=held) == []
