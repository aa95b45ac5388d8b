"""Amounts: compared by the unit, exactly, and only where they can be."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.observations import Amount, State

POSITIVE = st.decimals("0.0001", "100000", places=6).filter(bool)


def priced(amount, per=1_000_000, currency="USD"):
    return Amount(State.PRICED, Decimal(amount), per, currency)


FREE = Amount(State.FREE, Decimal(0), 1)


@given(POSITIVE, POSITIVE, st.integers(1, 10**6))
def test_a_factor_is_exact_and_knows_its_inverse(one, other, per):
    first, second = priced(one, per), priced(other)
    assert first.factor(second) == Fraction(one) / per / (Fraction(other) / 1_000_000)
    assert first.factor(second) * second.factor(first) == 1


@given(POSITIVE, st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_quantity_that_a_price_is_stated_for_makes_no_difference(amount, per, times):
    assert priced(amount, per).same_as(priced(amount * times, per * times))


@given(POSITIVE, POSITIVE, st.integers(1, 10**6), st.integers(1, 10**6))
def test_amounts_are_the_same_where_their_unit_prices_are(one, other, per, other_per):
    first, second = priced(one, per), priced(other, other_per)
    assert first.same_as(second) == (first.unit_price == second.unit_price)


def test_free_costs_nothing_and_has_no_factor():
    assert FREE.unit_price == 0
    assert FREE.factor(priced(1)) is priced(1).factor(FREE) is None


@pytest.mark.parametrize("state", [State.INCLUDED, State.SUBSCRIPTION, State.NOT_OFFERED, State.UNKNOWN])
def test_what_is_not_sold_by_the_unit_has_no_unit_price(state):
    assert Amount(state, None, 1).unit_price is None
    assert Amount(state, None, 1).factor(priced(1)) is None


def test_currencies_are_not_compared():
    assert priced(1).factor(priced(1, currency="EUR")) is None
    assert not priced(1).same_as(priced(1, currency="EUR"))
