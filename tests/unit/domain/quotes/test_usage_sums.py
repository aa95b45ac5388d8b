"""Usage summed up costs what its requests cost one by one, at any prices."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.observations import DatedPrice, State
from llmpricing.domain.quotes.context import UNSTATED, context
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, Terms
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.quotes.usage_sums import SumCost, added_costs, at_one_time, cost_of
from llmpricing.domain.usage.quantities import count
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.sums.log_sums import Divisions, LogSums
from tests.prices import price_of
from tests.unit.domain.quotes.test_linear import SHARES, TIMES, usage
from tests.unit.domain.quotes.test_quote_properties import CONDITIONS, START, books

TERMS = Terms((ContractRate(1, discount=Decimal("0.125"), meter="output_tokens"),))
LOGS = st.lists(
    st.tuples(st.tuples(*[SHARES] * 4), TIMES, st.sampled_from([context("batch"), UNSTATED])), min_size=1, max_size=12
)


@given(books(when=CONDITIONS), LOGS, TIMES)
def test_sums_cost_what_their_requests_cost_at_the_prices_of_any_one_time(book, log, at):
    prices = at_one_time(book, at)
    sums, divisions = LogSums(), Divisions([prices])
    quoted = defaultdict(list)
    for shares, when, stated in log:
        record = UsageRecord("model", when, usage(shares), context=stated)
        sums.add(record, divisions)
        try:
            total = quote(prices, record.usage, when, stated, TERMS).total
        except ValueError:
            total = None
        quoted[_key(record, divisions)].append(total)
    for key, one in sums.sums.items():
        cost, totals = cost_of(prices, one, key.asked.context, TERMS), quoted[key]
        assert one.records == len(totals)
        if cost.total is None:
            assert cost.reason
            # What is not in proportion (minimum quantities, marginal steps) is refused, and never guessed.
            assert None in totals or "proportion" in cost.reason
        else:
            exact = sum(Fraction(total) * 10**12 for total in totals)
            assert abs(cost.total - exact) <= Fraction(len(totals), 2)  # each quote is rounded to 1e-12


def _key(record, divisions):
    """The key that a record was counted under: that of a sum of it alone."""
    alone = LogSums()
    alone.add(record, divisions)
    return next(iter(alone.sums))


def test_a_fee_of_each_request_is_paid_as_often_as_there_are_requests():
    """3 x (1,000 x 2 + 100 x 8) / 1,000,000 + 3 x 0.005 = 0.0084 + 0.015."""
    prices = OfferingPrices(
        [
            price_of(1, "input_tokens", DatedPrice(State.PRICED, Decimal(2), 1_000_000)),
            price_of(2, "output_tokens", DatedPrice(State.PRICED, Decimal(8), 1_000_000)),
            price_of(3, "requests", DatedPrice(State.PRICED, Decimal(5), 1_000)),
        ]
    )
    sums = LogSums()
    for minute in range(3):
        used = count({"input_tokens": 1_000, "output_tokens": 100})
        sums.add(UsageRecord("model", START + timedelta(minutes=minute), used), Divisions([prices]))
    (one,) = sums.sums.values()
    assert cost_of(prices, one, UNSTATED, Terms()).total == Fraction("0.0234") * 10**12


def test_prices_of_another_currency_are_turned_by_its_rate_and_unknown_without_one():
    """1,000,000 x 7 EUR at 1.08 USD = 7.56 USD."""
    prices = OfferingPrices([price_of(1, "input_tokens", DatedPrice(State.PRICED, Decimal(7), 1_000_000, "EUR"))])
    sums = LogSums()
    sums.add(UsageRecord("model", START, count({"input_tokens": 1_000_000})), Divisions([prices]))
    (one,) = sums.sums.values()
    euro = Exchange("EUR", "USD", Decimal("1.08"), START.date(), "tests")
    assert cost_of(prices, one, UNSTATED, Terms((), None, (euro,))).total == Fraction("7.56") * 10**12
    unknown = cost_of(prices, one, UNSTATED, Terms())
    assert unknown.total is None
    assert "exchange rate" in unknown.reason or "EUR" in unknown.reason


def test_what_several_sums_lack_is_told_once():
    costs = [SumCost(reason="no price of a; no price of b"), SumCost(reason="no price of b")]
    assert added_costs(costs).reason == "no price of a; no price of b"
