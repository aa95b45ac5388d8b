"""From which share of hits a prompt cache pays: there, and only from there on, the input costs less than without it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.choice.caching import pays_from

prices = st.none() | st.decimals(0, 1000, places=4)


@given(prices, prices, prices, st.fractions(0, 1))
def test_caching_costs_less_from_that_share_on_and_not_before(
    price: Decimal | None, read: Decimal | None, write: Decimal | None, hits: Fraction
) -> None:
    share = pays_from(price, read, write)
    if price is None or read is None:
        assert share is None
        return
    miss = Fraction(price if write is None else write)
    cached = hits * Fraction(read) + (1 - hits) * miss
    if share is None:
        assert read >= price
        return
    assert 0 <= share < 1
    if hits > share:
        assert cached < price
    elif hits < share:
        assert cached > price


def test_a_write_that_costs_a_quarter_more_pays_from_a_fifth_of_hits_on() -> None:
    assert pays_from(Decimal("3"), Decimal("0.3"), Decimal("3.75")) == Fraction(5, 23)
