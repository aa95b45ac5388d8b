"""What goes on, as evidence from another time, of a price that its source withdrew."""

from __future__ import annotations

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE, Step, conditions
from llmpricing.domain.publishing.timeline_entries import END

INPUT, OUTPUT, SEARCHES = "input_tokens", "output_tokens", "web_searches"
ABOVE_200K = (INPUT, conditions(step=Step(200_000)))


def told(found, meter, under=BASE):
    """(source, amount, end, whether it is carried on) of a meter's last price."""
    last = found.prices[Component(meter, under)][-1]
    return (
        last.source,
        str(last.segment.amount),
        None if last.end == END else f"{last.end:%Y-%m-%d}",
        last.is_carried_on,
    )


def test_a_tariff_that_its_source_gave_up_is_carried_from_its_last_list(book, day):
    """A later list that bills the model by characters took the total away that an earlier one had given."""
    found = book(
        (INPUT, "litellm", "2024-05-01", "0.125"),
        (OUTPUT, "litellm", "2024-05-01", "0.25"),
        (INPUT, "litellm", "2024-09-01"),
        (OUTPUT, "litellm", "2024-09-01"),
        ("input_characters", "litellm", "2024-09-01", "0.25"),
    )
    assert told(found, INPUT) == ("litellm", "0.125", None, True)
    assert told(found, OUTPUT) == ("litellm", "0.25", None, True)
    seen, carried = found.prices[Component(INPUT, BASE)]
    assert day("2024-05-01") < seen.end == carried.start < day("2024-09-01")
    assert not carried.is_fresh(day("2024-08-01"))


def test_a_price_that_comes_back_ends_what_was_carried(book, day):
    found = book(
        (INPUT, "litellm", "2024-01-01", "2"), (INPUT, "litellm", "2024-03-01"), (INPUT, "litellm", "2024-06-01", "3")
    )
    *_, carried, back = found.prices[Component(INPUT, BASE)]
    assert (carried.is_carried_on, back.is_carried_on, carried.end) == (True, False, back.start)
    assert back.is_fresh(day("2024-07-01"))


@pytest.mark.parametrize("other", ["genai-prices", "models-dev"])
def test_whoever_still_says_a_price_goes_before_what_was_withdrawn(book, other):
    found = book(
        (INPUT, "litellm", "2024-01-01", "2"), (INPUT, "litellm", "2024-03-01"), (INPUT, other, "2024-01-01", "3")
    )
    assert told(found, INPUT) == (other, "3", None, False)


def test_a_meter_withdrawn_from_a_tariff_that_goes_on_is_not_carried(book):
    """It may be contained in another one now; a fee that is charged no more would be charged for ever."""
    found = book(
        (INPUT, "litellm", "2024-01-01", "2"),
        (SEARCHES, "litellm", "2024-01-01", "10000"),
        (SEARCHES, "litellm", "2024-03-01"),
    )
    assert told(found, SEARCHES) == ("litellm", "10000", "2024-01-31", False)


def test_a_step_withdrawn_from_a_series_that_goes_on_is_not_carried(book):
    found = book(
        (INPUT, "litellm", "2024-01-01", "2"),
        (ABOVE_200K, "litellm", "2024-01-01", "4"),
        (ABOVE_200K, "litellm", "2024-03-01"),
    )
    assert told(found, *ABOVE_200K) == ("litellm", "4", "2024-01-31", False)


def test_a_fee_withdrawn_where_no_input_was_priced_ends_beside_what_is_sold_instead(book):
    found = book(
        ("output_images", "litellm", "2024-01-01", "40000"),
        ("output_images", "litellm", "2024-03-01"),
        ("output_image_tokens", "litellm", "2024-03-01", "30"),
    )
    assert told(found, "output_images") == ("litellm", "40000", "2024-03-01", True)


@pytest.mark.parametrize(("now", "until"), [("5", None), ("6", "2024-01-31")])
def test_the_price_of_output_goes_on_beside_the_same_input_alone(book, now, until):
    """A list that told pictures' output apart left out what other output costs."""
    found = book(
        (INPUT, "litellm", "2024-01-01", "5"),
        (OUTPUT, "litellm", "2024-01-01", "10"),
        (INPUT, "litellm", "2024-03-01", now),
        (OUTPUT, "litellm", "2024-03-01"),
        ("output_image_tokens", "litellm", "2024-03-01", "30"),
    )
    assert told(found, OUTPUT) == ("litellm", "10", until, until is None)


def test_the_price_that_mends_a_slip_is_carried_back_over_it(book, periods):
    """Nothing stood before the slip: the time in which it waited was unknown, whatever had answered for it before."""
    found = book(
        (INPUT, "litellm", "2025-11-01", "135000"),
        (INPUT, "litellm", "2026-02-01", "270000"),
        (INPUT, "litellm", "2026-05-14", "0.6"),
    )
    prices = found.prices[Component(INPUT, BASE)]
    assert [row[0] for row in periods(prices)] == ["0.6"] * len(prices)
    assert [row.is_carried_on for row in prices] == [True] * (len(prices) - 1) + [False]
    assert f"{prices[0].start:%Y-%m-%d}" == "2025-11-01"


def test_whoever_said_a_price_in_time_goes_before_what_is_carried_back(book):
    found = book(
        (INPUT, "litellm", "2025-11-01", "135000"),
        (INPUT, "litellm", "2026-02-01", "0.6"),
        (INPUT, "models-dev", "2025-11-01", "0.5"),
    )
    first = found.prices[Component(INPUT, BASE)][0]
    assert (first.source, str(first.segment.amount), first.is_carried_on) == ("models-dev", "0.5", False)


def test_a_price_is_not_carried_back_over_the_date_that_its_source_states(book, usd, periods):
    found = book(
        (INPUT, "litellm", "2025-11-01", "135000"),
        (INPUT, "litellm", "2026-02-01", usd("0.6", "2026-01-01")),
    )
    assert [row[0] for row in periods(found.prices[Component(INPUT, BASE)])] == ["?", "0.6"]
