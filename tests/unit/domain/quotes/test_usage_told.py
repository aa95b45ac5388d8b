"""Quotes of usage that says more than counts, over small lists of prices; amounts are of a million or a thousand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import Step, conditions
from llmpricing.domain.observations import State
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from llmpricing.domain.usage.quantities import Told, count

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def sonar(price):
    """One list has the highest fee of a request, the other all by the size of the search."""
    fees = {"low": "5", "medium": "8", "high": "12"}
    by_size = [price("requests", fee, conditions(search_context_size=size), per=1000) for size, fee in fees.items()]
    flat = [price("input_tokens", "1"), price("output_tokens", "1"), price("requests", "12", per=1000)]
    return OfferingPrices([*flat, *by_size], "perplexity/sonar")


def codes(answer):
    return [notice.code for notice in (*answer.warnings, *answer.notes)]


def test_a_request_fee_goes_by_the_size_of_the_search_in_the_usage_and_counts_once(sonar):
    """1,000 + 500 tokens at 1, one request at 5 per 1,000: 0.0065."""
    raw = {"prompt_tokens": 1000, "completion_tokens": 500, "num_search_queries": 1}
    low = quote(sonar, read_usage(raw | {"search_context_size": "low"}, "perplexity"), AT)
    assert (low.total, low.unpriced) == (Decimal("0.0065"), ())
    high = quote(sonar, read_usage(raw | {"search_context_size": "high"}, "perplexity"), AT)
    assert high.total == Decimal("0.0135")
    stated = quote(
        sonar,
        read_usage(raw | {"search_context_size": "low"}, "auto"),
        AT,
        context(extra={"search_context_size": "medium"}),
    )
    assert stated.total == Decimal("0.0095"), "the caller's word counts before the object's"


@pytest.mark.parametrize(("window", "total"), [((0, 200_000), "0.3"), ((200_001, None), "0.6")])
def test_a_sum_that_names_its_side_of_the_step_has_that_total_alone(price, window, total):
    """300,000 tokens of three requests at 1, and at 2 beyond a step of 200,000 that their sum is large enough for."""
    step = conditions(step=Step(200_000))
    prices = OfferingPrices([price("input_tokens", "1"), price("input_tokens", "2", step)])
    usage = count({"input_tokens": 300_000, "requests": 3})
    silent = quote(prices, usage, AT)
    assert (silent.low, silent.high, codes(silent)) == (Decimal("0.3"), Decimal("0.6"), [Code.AGGREGATE])
    named = quote(prices, usage._replace(request_input=window[0], told=Told(window=window)), AT)
    assert (named.total, named.low, named.high, codes(named)) == (Decimal(total), None, None, [])


def test_a_size_without_a_price_of_its_own_is_said(price):
    prices = OfferingPrices([price("input_tokens", "1"), price("requests", "14", per=1000)])
    usage = read_usage({"prompt_tokens": 1000, "search_context_size": "low"}, "perplexity")
    assert Code.NOT_UNDERSTOOD in codes(quote(prices, usage, AT))


def test_searches_are_billed_beside_where_they_have_a_price(price):
    prices = OfferingPrices([price("input_tokens", "1"), price("web_searches", "5", per=1000)])
    usage = read_usage({"prompt_tokens": 1000, "num_search_queries": 3}, "perplexity")
    assert quote(prices, usage, AT).total == Decimal("0.016")


def test_fees_count_for_each_of_many_requests(price):
    prices = OfferingPrices([price("input_tokens", "2"), price("requests", "5", per=1000)])
    answer = quote(prices, read_usage({"input_tokens": 400_000, "requests": 20}), AT)
    assert answer.total == Decimal("0.8") + 20 * Decimal("0.005")


def test_how_many_requests_they_were_costs_nothing_where_none_has_a_fee(price):
    prices = OfferingPrices([price("input_tokens", "2")])
    answer = quote(prices, read_usage({"input_tokens": 400_000, "requests": 20}), AT)
    assert (answer.total, answer.unpriced, codes(answer)) == (Decimal("0.8"), (), [])
    alone = quote(prices, read_usage({"requests": 3}), AT)
    assert (alone.total, [share.meter for share in alone.unpriced]) == (None, ["requests"])


def test_a_sum_above_a_step_in_the_mean_is_billed_beyond_it(price):
    step = conditions(step=Step(272_000))
    prices = OfferingPrices([price("input_tokens", "2"), price("input_tokens", "4", step)])
    answer = quote(prices, read_usage({"input_tokens": 600_000, "requests": 2}), AT)
    assert (answer.total, answer.low, answer.high) == (Decimal("2.4"), Decimal("1.2"), Decimal("2.4"))
    assert codes(answer) == [Code.AGGREGATE]
    one = quote(prices, read_usage({"input_tokens": 600_000}), AT)
    assert (one.total, one.low, codes(one)) == (Decimal("2.4"), None, [])


def test_a_step_that_changes_no_price_of_what_was_used_is_a_note_only(price):
    step = conditions(step=Step(1000))
    prices = OfferingPrices(
        [price("input_tokens", "2"), price("output_tokens", "3"), price("output_tokens", "6", step)]
    )
    answer = quote(prices, read_usage({"input_tokens": 8000, "requests": 2}), AT)
    assert (answer.low, answer.warnings, [note.code for note in answer.notes]) == (None, (), [Code.AGGREGATE])


def test_beside_provisioned_throughput_only_what_is_no_token_is_billed(price):
    prices = OfferingPrices([price("input_tokens", "2"), price("web_searches", "14", per=1000)])
    usage = read_usage({"promptTokenCount": 1000, "trafficType": "PROVISIONED_THROUGHPUT"}, "google")
    answer = quote(prices, usage, AT)
    assert (answer.total, answer.state, codes(answer)) == (0, "subscription", [Code.BY_SUBSCRIPTION])
    scale = read_usage({"input_tokens": 1000, "web_search_calls": 2, "service_tier": "scale"}, "openai")
    assert quote(prices, scale, AT).total == Decimal("0.028")


def test_a_tier_that_nobody_knows_is_said_and_not_refused(price):
    prices = OfferingPrices([price("input_tokens", "2")])
    usage = read_usage({"input_tokens": 1000, "service_tier": "lightning"}, "openai")
    answer = quote(prices, usage, AT)
    assert (answer.total, codes(answer)) == (Decimal("0.002"), [Code.NOT_UNDERSTOOD])


def test_one_unknown_iteration_leaves_the_sum_unknown(price):
    step = conditions(step=Step(200_000))
    prices = OfferingPrices([price("input_tokens", "5"), price("input_tokens", None, step, state=State.UNKNOWN)])
    steps = [{"type": "compaction", "input_tokens": 300_000}, {"type": "message", "input_tokens": 1000}]
    answer = quote(prices, read_usage({"input_tokens": 1000, "iterations": steps}, "anthropic"), AT)
    assert (answer.total, answer.state, [share.quantity for share in answer.unpriced]) == (None, "unknown", [300_000])
