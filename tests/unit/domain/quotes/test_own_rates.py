"""One's own rates: the total is one's own, the list's total stands beside it, with the ids of both."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import Step, conditions
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, Terms
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
USAGE = {"input_tokens": 1_000_000, "cache_read_tokens": 500_000, "output_tokens": 100_000}


@pytest.fixture
def chat(price):
    return [
        price("input_tokens", "2"),
        price("input_tokens", "1", conditions("batch")),
        price("input_tokens", "4", conditions(step=Step(2_000_000))),
        price("cache_read_tokens", "0.5"),
        price("output_tokens", "8"),
    ]


def cost(prices, *rates, usage=USAGE, at=AT, ctx=None, **options):
    return quote(OfferingPrices(prices), read_usage(usage), at, ctx or context(), Terms(rates, **options))


def test_without_own_rates_both_totals_are_equal(chat):
    answer = cost(chat)
    assert answer.total == answer.list_total == Decimal("2.05")
    assert all(line.amount == line.list_amount and line.rate_id is None for line in answer.lines)


def test_a_discount_takes_its_share_off_every_line(chat):
    answer = cost(chat, ContractRate(7, discount=Decimal("0.125")))
    assert (answer.total, answer.list_total) == (Decimal("1.79375"), Decimal("2.05"))
    line = answer.lines[0]
    assert (line.price_id, line.rate_id, line.rate, line.amount, line.list_amount) == (
        chat[0].id,
        7,
        Decimal("1.75"),
        Decimal("0.875"),
        Decimal("1"),
    )
    assert answer.total == sum(line.amount for line in answer.lines)
    assert answer.list_total == sum(line.list_amount for line in answer.lines)


def test_an_own_amount_replaces_its_meter_s_list_price_and_goes_before_a_discount(chat):
    answer = cost(
        chat, ContractRate(1, discount=Decimal("0.5")), ContractRate(2, meter="input_tokens", amount=Decimal("1.5"))
    )
    assert [(line.meter, line.rate, line.rate_id, line.rule) for line in answer.lines] == [
        ("input_tokens", Decimal("1.5"), 2, "contract rate"),
        ("cache_read_tokens", Decimal("0.25"), 1, "base"),
        ("output_tokens", Decimal(4), 1, "base"),
    ]
    assert answer.total == Decimal("0.75") + Decimal("0.125") + Decimal("0.4")
    assert answer.list_total == Decimal("2.05")


def test_an_own_amount_holds_at_every_size_of_request_but_not_in_another_tier(chat):
    own = ContractRate(2, meter="input_tokens", amount=Decimal("1.5"))
    large = cost(chat, own, usage={"input_tokens": 3_000_000})
    assert (large.total, large.list_total) == (Decimal("4.5"), Decimal(12))
    batch = cost(chat, own, usage={"input_tokens": 1_000_000}, ctx=context("batch"))
    assert batch.total == batch.list_total == 1


def test_the_first_of_several_rates_counts(chat):
    rates = [
        ContractRate(1, discount=Decimal("0.1"), meter="output_tokens"),
        ContractRate(2, discount=Decimal("0.2")),
        ContractRate(3, discount=Decimal("0.9")),
    ]
    assert [line.rate_id for line in cost(chat, *rates).lines] == [2, 2, 1]


def test_a_rate_counts_from_its_first_day_until_before_its_last(chat):
    june, july = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    own = ContractRate(1, discount=Decimal("0.5"), valid_from=june, valid_until=july)
    assert cost(chat, own, at=june).total == Decimal("1.025")
    assert cost(chat, own, at=july).total == Decimal("2.05")
    assert cost(chat, own, at=datetime(2026, 5, 31, tzinfo=UTC)).total == Decimal("2.05")


def test_an_own_amount_prices_what_the_list_does_not(price):
    answer = cost(
        [price("input_tokens", "2")],
        ContractRate(1, meter="output_tokens", amount=Decimal(3)),
        usage={"input_tokens": 10**6, "output_tokens": 10**6},
    )
    assert (answer.total, answer.list_total, answer.state) == (5, None, "priced")
    assert [(line.price_id is None, line.list_amount) for line in answer.lines] == [(False, Decimal(2)), (True, None)]


def test_an_own_amount_in_another_currency_stands_alone_without_a_rate_of_exchange(price):
    prices = [price("input_tokens", "2")]
    own = ContractRate(1, meter="input_tokens", amount=Decimal("1.5"), currency="EUR")
    usage = {"input_tokens": 10**6}
    answer = cost(prices, own, usage=usage)
    assert (answer.total, answer.currency, answer.list_total) == (Decimal("1.5"), "EUR", None)
    rate = Exchange("EUR", "USD", Decimal("1.25"), date(2026, 6, 1), "ecb")
    converted = cost(prices, own, usage=usage, currency="USD", exchanges=[rate])
    assert (converted.total, converted.list_total, converted.exchanges) == (Decimal("1.875"), 2, (rate,))


def test_open_facts_bound_one_s_own_total_too(price):
    prices = [price("input_tokens", a, conditions(region=where)) for where, a in (("us", "2"), ("eu", "3"))]
    answer = cost(prices, ContractRate(1, discount=Decimal("0.5")), usage={"input_tokens": 10**6})
    assert (answer.low, answer.high, answer.missing) == (1, Decimal("1.5"), ("region",))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"discount": Decimal("1.2")},
        {"discount": Decimal("-0.1")},
        {"amount": Decimal(1)},
        {"meter": "input_tokens", "amount": Decimal(-1)},
        {"meter": "input_tokens", "amount": Decimal(1), "discount": Decimal("0.1")},
    ],
)
def test_a_rate_is_a_discount_or_an_amount_of_a_meter(wrong):
    with pytest.raises(ValueError, match=r"rate|discount|amount"):
        ContractRate(1, **wrong)


def test_an_exchange_rate_is_positive():
    with pytest.raises(ValueError, match="positive"):
        Exchange("EUR", "USD", Decimal(0), date(2026, 6, 1), "ecb")
