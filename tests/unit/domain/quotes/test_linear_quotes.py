"""Quotes of one kind of request: their numbers give each of them the total, state and warnings of its quote."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import Step, conditions
from llmpricing.domain.prices import OtherPrice, OtherReason
from llmpricing.domain.quotes.context import UNSTATED, context
from llmpricing.domain.quotes.contract_rates import Terms
from llmpricing.domain.quotes.linear_quotes import kind_steps, linear_quote
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.quantities import count
from tests.unit.domain.quotes.test_quote_properties import INSTANTS, START, books

METERS = ("input_tokens", "output_tokens", "cache_read_tokens", "output_reasoning_tokens", "requests")
BESIDE = st.lists(st.sampled_from([*OtherReason]), min_size=16, max_size=16)
SHARES = st.one_of(st.just(0), st.integers(1, 400_000), st.sampled_from([99, 100, 199_999, 200_000, 10**9]))


def usage(shares):
    fresh, cached, output, reasoning = shares
    stated = {"input_tokens": fresh + cached, "cache_read_tokens": cached}
    return count({**stated, "output_tokens": output + reasoning, "output_reasoning_tokens": reasoning, "requests": 1})


def in_units(total):
    return None if total is None else int(total.scaleb(12))


def assert_as_quoted(prices, example, request, at, stated):
    """Whether there were numbers: those of the example give the quote of the request."""
    found = linear_quote(prices, example, at, stated)
    if found is None:
        return False
    answer = quote(prices, request, at, stated, Terms((), "USD"))
    total = found.total(request.leaves)
    assert total == in_units(answer.total)
    codes = tuple(notice.code for notice in answer.warnings)
    assert (found.state, found.warned(total, request.leaves)) == (answer.state, codes)
    return True


@given(
    books(meters=METERS, withheld=True),
    books(meters=METERS),
    BESIDE,
    st.tuples(*[SHARES] * 4),
    st.tuples(*[SHARES] * 4),
    INSTANTS,
    st.sampled_from([UNSTATED, context("batch"), context(region="eu"), context(region="us")]),
)
def test_the_numbers_of_a_kind_say_of_every_request_of_it_what_its_quote_says(
    book, beside, reasons, one, other, at, stated
):
    others = [
        OtherPrice(reason, replace(price, source=f"list {number % 2}"))
        for number, (reason, price) in enumerate(zip(reasons, beside.prices, strict=False))
    ]
    prices = OfferingPrices(book.prices, "", others)
    example, request = usage(one), usage(other)
    between = [sum(step <= used.request_input for step in kind_steps(prices, at)) for used in (example, request)]
    if example.keys != request.keys or between[0] != between[1]:
        request = example
    assert_as_quoted(prices, example, request, at, stated)


def test_another_list_is_told_of_by_what_it_asks_on_either_side_of_its_own_step(price):
    """Ours has no step: theirs asks the same below 1,000 tokens, and twice as much beyond."""
    theirs = [price("input_tokens", "2"), price("input_tokens", "4", conditions(step=Step(1_000)))]
    others = [OtherPrice(OtherReason.DISAGREEMENT, replace(one, source="theirs")) for one in theirs]
    prices = OfferingPrices([price("input_tokens", "2")], "", others)
    assert kind_steps(prices, START) == [1_001]
    short, long = (linear_quote(prices, count({"input_tokens": n}), START, UNSTATED) for n in (1_000, 1_001))
    assert short is not None
    assert long is not None
    assert short.warned(short.total([900]), [900]) == ()
    assert long.warned(long.total([5_000]), [5_000]) == ("DISAGREEMENT",)
    for counted in (1, 1_000, 1_001, 10**6):
        asked = count({"input_tokens": counted})
        assert assert_as_quoted(prices, asked, asked, START, UNSTATED)


def test_what_nobody_prices_has_numbers_too_and_what_depends_on_facts_left_open_has_none(price):
    asked = count({"input_tokens": 10, "output_tokens": 3})
    unpriced = OfferingPrices([price("input_tokens", "1")])
    assert assert_as_quoted(unpriced, asked, asked, START, UNSTATED)
    assert linear_quote(unpriced, asked, START, UNSTATED).total(asked.leaves) is None
    regions = [price("input_tokens", amount, conditions(region=place)) for amount, place in (("1", "us"), ("2", "eu"))]
    assert linear_quote(OfferingPrices(regions), count({"input_tokens": 10}), START, UNSTATED) is None
    foreign = OfferingPrices([replace(price("input_tokens", "1"), currency="CNY", amount=Decimal(7))])
    assert linear_quote(foreign, count({"input_tokens": 10}), START, UNSTATED) is None
