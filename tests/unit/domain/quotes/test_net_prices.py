"""Prices less what was agreed bill what a quote bills by the contract rates themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import BASE, Conditions, Step
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.contract_rates import ContractRate, Terms
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.domain.quotes.net_prices import net_prices
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from tests.prices import price_of

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
SPOKEN = ("input_tokens", "output_tokens", "cache_read_tokens")
WHENS = (BASE, Conditions("batch"), Conditions(step=Step(200_000)))
AMOUNTS = st.decimals("0", "50", places=3)


def ask(number: int, meter: str, amount: Decimal, when: Conditions = BASE) -> Price:
    stated = DatedPrice(state=State.PRICED, amount=amount, per=METERS[meter].per, basis=Basis.DOCUMENTED)
    return price_of(number, meter, stated, when)


@st.composite
def priced(draw: st.DrawFn) -> list[Price]:
    """The usual prices of some meters, and besides some of batches and of large requests."""
    places = [(meter, when) for meter in draw(st.sets(st.sampled_from(SPOKEN), min_size=1)) for when in WHENS]
    kept = [place for place in places if place[1] == BASE or draw(st.booleans())]
    return [ask(number, meter, draw(AMOUNTS), when) for number, (meter, when) in enumerate(kept, 1)]


RATES = st.lists(
    st.one_of(
        st.builds(ContractRate, st.just(1), discount=st.decimals("0", "1", places=2)),
        st.builds(ContractRate, st.just(2), meter=st.sampled_from(SPOKEN), amount=AMOUNTS),
    ),
    max_size=3,
)
USAGE = st.fixed_dictionaries({"input_tokens": st.integers(1_000, 400_000), "output_tokens": st.integers(0, 9_000)})


@given(priced(), RATES, USAGE, st.integers(0, 1_000), st.sampled_from(("standard", "batch")))
def test_net_prices_bill_what_the_contract_bills(
    prices: list[Price], rates: list[ContractRate], counts: dict[str, int], cached: int, tier: str
) -> None:
    usage, asked = read_usage(counts | {"cache_read_tokens": cached}), context(service_tier=tier)
    by_contract = quote(OfferingPrices(prices), usage, AT, asked, Terms(tuple(rates)))
    by_net = quote(OfferingPrices(net_prices(prices, rates)), usage, AT, asked)
    assert by_net.total == by_contract.total


def test_an_agreed_amount_also_prices_what_no_list_does() -> None:
    rate = ContractRate(7, meter="cache_read_tokens", amount=Decimal("0.1"))
    found = CountingPrices([ask(1, "input_tokens", Decimal(2))], "acme/a", [rate])
    assert [(price.meter, price.amount) for price in found.prices] == [
        ("input_tokens", 2),
        ("cache_read_tokens", Decimal("0.1")),
    ]
    assert found.is_listed
    assert not CountingPrices([], "acme/a", [rate]).is_listed


@pytest.mark.parametrize("state", [State.UNKNOWN, State.NOT_OFFERED, State.FREE, State.SUBSCRIPTION])
def test_nothing_is_off_what_has_no_amount(state: State) -> None:
    stated = DatedPrice(state=state, amount=None, per=1_000_000, basis=Basis.DOCUMENTED)
    price = price_of(1, "input_tokens", stated)
    assert net_prices([price], [ContractRate(1, discount=Decimal("0.5"))]) == (price,)


def test_without_rates_prices_stay_as_they_are() -> None:
    prices = (ask(1, "input_tokens", Decimal(2)),)
    assert net_prices(prices, ()) == prices
