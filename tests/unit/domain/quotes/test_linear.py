"""Requests of one kind: their one formula gives each of them the total of its quote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import Schedule, Step, conditions
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.contract_rates import ContractRate, Terms
from llmpricing.domain.quotes.linear import request_kind, steps, turns
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from tests.unit.domain.quotes.test_quote_properties import CONDITIONS, START, books

DAYS = [START.replace(hour=0) + timedelta(days=n) for n in range(-2, 405)]
SHARES = st.integers(0, 300_000)
TIMES = st.builds(lambda hours: START + timedelta(hours=hours), st.integers(-30, 9600))
RATES = st.lists(
    st.sampled_from(
        [
            ContractRate(1, discount=Decimal("0.125")),
            ContractRate(2, amount=Decimal("1.7"), meter="input_tokens", valid_from=START + timedelta(days=50)),
            ContractRate(3, discount=Decimal(1) / 8, meter="output_tokens", valid_until=START + timedelta(days=120)),
        ]
    ),
    max_size=2,
    unique=True,
)


def usage(shares):
    read, written, output, searches = shares
    counted = {"cache_read_tokens": read, "cache_write_tokens": written, "output_tokens": output}
    return read_usage(counted | {"input_tokens": read + written + 7, "web_searches": searches})


def total_in_units(answer):
    return None if answer.total is None else int(answer.total.scaleb(12))


@given(books(when=CONDITIONS), st.tuples(*[SHARES] * 4), st.tuples(*[SHARES] * 4), TIMES, RATES)
def test_the_formula_of_a_kind_gives_every_request_of_it_the_total_of_its_quote(book, one, other, at, rates):
    prices, stated = book, context("batch")
    example, request = usage(one), usage(other)
    try:
        found = request_kind(prices, example, at, stated, rates)
    except ValueError:
        return
    bounds = steps(prices)
    between = [sum(bound <= used.request_input for bound in bounds) for used in (example, request)]
    if example.keys != request.keys or between[0] != between[1]:
        request = example
    answer = quote(prices, request, at, stated, Terms(rates))
    if found.linear:
        assert found.linear.units(request.leaves) == total_in_units(answer)
    elif found.refused:
        assert answer.total is None


@given(books(), TIMES, TIMES, RATES)
def test_between_two_turns_all_times_are_priced_alike(book, one, other, rates):
    prices, request = book, usage((5, 7, 9, 1))
    cuts = turns(prices, rates, DAYS)
    if sum(cut <= one for cut in cuts) != sum(cut <= other for cut in cuts):
        other = one
    stated = context(region="eu") if "eu" in prices.regions else context()
    assert (
        quote(prices, request, one, stated, Terms(rates)).total
        == quote(prices, request, other, stated, Terms(rates)).total
    )


def test_prices_per_hour_are_rounded_half_even_once(price):
    per_hour = price("audio_seconds", "1.02", per=3600)
    per_request = price("requests", "0.0000000000035", per=7)
    prices = OfferingPrices([per_hour, per_request])
    for seconds in range(1, 400):
        request = read_usage({"audio_seconds": seconds})
        found = request_kind(prices, request, START)
        assert found.linear is not None
        assert found.linear.units(request.leaves) == total_in_units(quote(prices, request, START))


def test_marginal_steps_minimums_and_several_currencies_have_no_formula(price):
    marginal = [price("input_tokens", "1"), price("input_tokens", "2", conditions(step=Step(1000, marginal=True)))]
    minimum = [price("audio_seconds", "1", minimum_quantity=Decimal(10))]
    currencies = [price("input_tokens", "1"), price("output_tokens", "1", currency="EUR")]
    requests = {"input_tokens": 2000, "output_tokens": 5}, {"audio_seconds": 5}, {"input_tokens": 3, "output_tokens": 4}
    for book, said in zip((marginal, minimum, currencies), requests, strict=True):
        book = [*book, price("output_tokens", "3")] if book is marginal else book
        found = request_kind(OfferingPrices(book), read_usage(said), START)
        assert found.linear is None
        assert not found.refused


def test_facts_left_open_leave_a_formula_only_where_they_do_not_matter(price):
    region = price("input_tokens", "2", conditions(region="eu"))
    request = read_usage({"input_tokens": 10})
    other = price("input_tokens", "1", conditions(region="us"))
    assert request_kind(OfferingPrices([other, region]), request, START).linear is None
    usual = request_kind(OfferingPrices([price("input_tokens", "1"), region]), request, START)
    assert usual.linear == request_kind(OfferingPrices([price("input_tokens", "1")]), request, START).linear
    assert request_kind(OfferingPrices([price("input_tokens", "2"), region]), request, START).linear is not None


def test_what_is_not_offered_or_unknown_is_refused_as_a_whole(price):
    book = OfferingPrices([price("input_tokens", "1"), price("output_tokens", state=State.NOT_OFFERED)])
    assert request_kind(book, read_usage({"output_tokens": 3}), START).refused
    assert request_kind(book, read_usage({"web_searches": 3}), START).refused
    assert request_kind(book, read_usage({"input_tokens": 3}), START, context("batch")).refused


def test_clock_prices_turn_with_the_local_clock(price):
    night = Schedule("Europe/Berlin", ((22 * 60, 6 * 60),))
    prices = OfferingPrices([price("input_tokens", "2"), price("input_tokens", "1", conditions(schedule=night))])
    day = datetime(2025, 3, 30, tzinfo=UTC)  # the clocks go forward
    assert datetime(2025, 3, 30, 4, tzinfo=UTC) in turns(prices, (), [day])
    assert turns(prices, (), []) == []
