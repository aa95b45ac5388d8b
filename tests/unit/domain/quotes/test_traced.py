"""Whole numbers that remember how they were made: as the numbers themselves, and true of other counts too."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.quotes.traced import Trace, Traced

COUNTS = st.lists(st.integers(0, 60), min_size=2, max_size=2)
STEPS = st.lists(st.tuples(st.sampled_from("+-*rR<=>!?"), st.integers(0, 9)), max_size=8)


def worked_out(counts: list, steps: list[tuple[str, int]]) -> tuple[object, list[bool]]:
    """What the steps make of the counts, and what was asked on the way."""
    found, told = counts[0], []
    for step, number in steps:
        other = counts[1] if number % 2 else number
        if step == "+":
            found = found + other
        elif step == "-":
            found = found - other
        elif step == "r":
            found = number - found
        elif step == "R":
            found = sum([found, other])
        elif step == "*":
            found = found * number
        elif step == "?":
            told.append(bool(found))
        else:
            told.append({"<": found < other, "=": found == other, ">": found > other, "!": found <= other}[step])
    return found, told


def at(terms: tuple[int, ...], counts: list[int]) -> int:
    return sum(term * count for term, count in zip(terms, [*counts, 1], strict=True))


@given(COUNTS, STEPS, COUNTS)
def test_sums_hold_for_all_counts_of_which_the_same_is_true(counts, steps, others) -> None:
    trace = Trace()
    found, told = worked_out(trace.counts(counts), steps)
    assert (found.value, told) == worked_out(counts, steps)
    assert at(found.terms, counts) == found.value
    is_alike = all(
        ((at(one.terms, others) == 0) if one.of_zero else (at(one.terms, others) < 0)) == one.outcome
        for one in trace.told()
    )
    if is_alike:
        assert (at(found.terms, others), told) == worked_out(others, steps)


@pytest.mark.parametrize(
    "refused",
    [
        Decimal,
        lambda one: one + Decimal("0.5"),
        lambda one: one == Decimal(4),
        lambda one: one == "4",
        lambda one: one * one,
        lambda one: one // 0,
        lambda one: (one // 3) + 1,
        lambda one: (one // 3) < 1,
        lambda one: {one: 1},
        int,
    ],
)
def test_what_is_no_sum_of_counts_is_refused(refused) -> None:
    (one,) = Trace().counts([4])
    with pytest.raises(TypeError):
        refused(one)


def test_a_division_is_rounded_down_at_the_end() -> None:
    (one,) = Trace().counts([7])
    found = (one * 5) // 3
    assert isinstance(found, Traced)
    assert (found.value, found.terms, found.divisor) == (11, (5, 0), 3)
