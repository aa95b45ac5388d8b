"""What a quote says, rule by rule, on prices made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import Schedule, Step, conditions
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.quotes.context import ContextError, context
from llmpricing.domain.quotes.contract_rates import Exchange, Terms
from llmpricing.domain.quotes.linear import turns
from llmpricing.domain.quotes.notices import Code, Notice
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote, requote
from llmpricing.domain.quotes.requote import ClashingPriceIds, PriceIdError
from llmpricing.domain.quotes.unit_rates import PriceDataError
from llmpricing.domain.usage.formats import UsageError, read_usage

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


def cost(prices, usage, at=AT, ctx=None, **options):
    return quote(OfferingPrices(prices), read_usage(usage), at, ctx or context(), Terms(**options))


def codes(notices):
    return [(notice.code, notice.meter) for notice in notices]


def bill(answer):
    return [(line.meter, line.quantity, line.amount) for line in answer.lines]


def money(text):
    return Decimal(text)


@pytest.fixture
def chat(price):
    """Base prices of a chat model, batch for input and output only, a step over 200,000."""
    above = Step(200_000)
    return [
        price("input_tokens", "2"),
        price("output_tokens", "8"),
        price("cache_read_tokens", "0.5"),
        price("input_tokens", "1", conditions("batch")),
        price("output_tokens", "4", conditions("batch")),
        price("input_tokens", "4", conditions(step=above)),
        price("output_tokens", "12", conditions(step=above)),
        price("cache_read_tokens", "1", conditions(step=above)),
    ]


def test_lines_bill_each_token_once_and_sum_to_the_total(chat):
    answer = cost(chat, {"input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 500})
    assert bill(answer) == [
        ("input_tokens", 800, money("0.0016")),
        ("cache_read_tokens", 200, money("0.0001")),
        ("output_tokens", 500, money("0.004")),
    ]
    assert answer.total == answer.list_total == money("0.0057")
    assert (answer.currency, answer.state, answer.unpriced, answer.warnings) == ("USD", "priced", (), ())
    line = answer.lines[0]
    assert (line.rate, line.per, line.price_id, line.rule, line.source) == (2, 10**6, chat[0].id, "base", "list")


@pytest.mark.parametrize(("tokens", "total"), [(200_000, "0.4"), (200_001, "0.800004"), (0, "0"), (300_000, "1.2")])
def test_a_step_is_chosen_by_the_whole_request_and_leaves_its_bound_out(chat, tokens, total):
    assert cost(chat, {"input_tokens": tokens}).total == money(total)


def test_cached_tokens_count_for_the_step_and_output_pays_it_too(chat):
    answer = cost(chat, {"input_tokens": 200_001, "cache_read_tokens": 200_001, "output_tokens": 1000})
    assert bill(answer) == [
        ("cache_read_tokens", 200_001, money("0.200001")),
        ("output_tokens", 1000, money("0.012")),
    ]
    assert answer.lines[1].rule == "above=200000"


def test_an_inclusive_step_holds_from_its_bound_on(price):
    prices = [price("input_tokens", "1"), price("input_tokens", "2", conditions(step=Step(200, inclusive=True)))]
    assert cost(prices, {"input_tokens": 199}).total == money("0.000199")
    assert cost(prices, {"input_tokens": 200}).total == money("0.0004")


def test_a_marginal_step_bills_only_the_tokens_beyond_its_bound(price):
    prices = [
        price("input_tokens", "1"),
        price("cache_read_tokens", "0.1"),
        price("output_tokens", "10"),
        price("input_tokens", "2", conditions(step=Step(100, marginal=True))),
        price("input_tokens", "3", conditions(step=Step(500, inclusive=True, marginal=True))),
    ]
    answer = cost(prices, {"input_tokens": 600, "cache_read_tokens": 50, "output_tokens": 1})
    assert [(line.meter, line.quantity, line.rate, line.rule) for line in answer.lines] == [
        ("input_tokens", 101, 3, "from=500;marginal"),
        ("input_tokens", 399, 2, "above=100;marginal"),
        ("input_tokens", 50, 1, "base"),  # the cached prefix is the first 50 of the first 100
        ("cache_read_tokens", 50, money("0.1"), "base"),
        ("output_tokens", 1, 10, "base"),
    ]
    assert answer.total == sum(line.amount for line in answer.lines)


def test_a_marginal_price_needs_one_below_its_bound(price):
    prices = [price("input_tokens", "2", conditions(step=Step(100, marginal=True)))]
    with pytest.raises(PriceDataError, match="none holds below"):
        cost(prices, {"input_tokens": 101})


def test_a_tier_priced_for_some_meters_keeps_the_base_for_the_rest(chat):
    usage = {"input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 500}
    answer = cost(chat, usage, ctx=context("batch"))
    assert [(line.meter, line.rule) for line in answer.lines] == [
        ("input_tokens", "tier=batch"),
        ("cache_read_tokens", "base"),
        ("output_tokens", "tier=batch"),
    ]
    assert answer.total == money("0.0008") + money("0.0001") + money("0.002")


def test_a_tier_that_no_list_names_is_unknown(chat):
    answer = cost(chat, {"input_tokens": 1}, ctx=context("flex"))
    assert (answer.state, answer.total) == ("unknown", None)
    assert answer.unpriced[0].reason == "no list names tier flex of this offering"


def test_a_tier_is_unknown_before_its_first_date_and_after_its_last(price):
    prices = [
        price("input_tokens", "2"),
        price("input_tokens", "1", conditions("flex"), valid_from=JUNE, valid_until=JULY),
    ]
    before = cost(prices, {"input_tokens": 1}, datetime(2026, 5, 31, 23, 59, tzinfo=UTC), context("flex"))
    assert (before.state, before.total) == ("unknown", None)
    assert before.unpriced[0].reason == "service tier flex is unknown before 2026-06-01"
    assert cost(prices, {"input_tokens": 10**6}, JUNE, context("flex")).total == 1
    after = cost(prices, {"input_tokens": 1}, JULY, context("flex"))
    assert (after.state, after.total) == ("unknown", None)
    assert after.unpriced[0].reason == "no price of service tier flex is known after 2026-07-01"


@pytest.mark.parametrize("earlier", [True, False])
def test_a_tier_all_of_whose_prices_are_not_offered_now_has_no_total(price, earlier):
    fast = conditions("fast")
    ended = price("input_tokens", state=State.NOT_OFFERED, conditions=fast, valid_from=JULY if earlier else None)
    prices = [price("input_tokens", "1"), price("web_searches", "10"), ended]
    if earlier:
        prices.append(price("input_tokens", "6", fast, valid_until=JULY))
    for usage in ({"web_searches": 2}, {"input_tokens": 1000, "web_searches": 2}):
        answer = cost(prices, usage, JULY, context("fast"))
        assert (answer.state, answer.total) == ("not_offered", None)
        assert answer.unpriced[0].reason == "service tier fast is not offered"


def test_an_unknown_context_value_is_an_error_that_names_the_known_ones(chat, price):
    with pytest.raises(ContextError, match=r"service_tier 'turbo'.*batch.*standard") as caught:
        cost(chat, {"input_tokens": 1}, ctx=context("turbo"))
    assert caught.value.field == "service_tier"
    prices = [*chat, price("input_tokens", "2.2", conditions(region="eu"))]
    with pytest.raises(ContextError, match=r"known: .*eu, global, .*standard, us"):
        cost(prices, {"input_tokens": 1}, ctx=context(region="mars"))
    with pytest.raises(ContextError, match="none for this offering"):
        cost(prices, {"input_tokens": 1}, ctx=context(extra={"colour": "red"}))


def test_the_names_that_providers_answers_give_the_standard_tier_are_known(chat):
    assert cost(chat, {"input_tokens": 1}, ctx=context("default")) == cost(chat, {"input_tokens": 1})


def test_a_child_without_its_own_price_is_billed_at_its_nearest_priced_ancestor(chat):
    usage = {"input_tokens": 100, "input_image_tokens": 40, "cache_read_tokens": 30, "cache_image_read_tokens": 10}
    answer = cost(chat, usage)
    assert bill(answer) == [
        ("input_tokens", 70, money("0.00014")),
        ("cache_read_tokens", 30, money("0.000015")),
    ]
    assert answer.lines[0].rule == "base; counts input_image_tokens too, without a price of its own"
    assert (answer.warnings, codes(answer.notes)) == ((), [(Code.STAND_IN, None)])


def test_usage_without_any_price_makes_the_total_null_and_says_why(price):
    answer = cost([price("input_tokens", "2")], {"input_tokens": 1000, "output_tokens": 7})
    assert (answer.total, answer.list_total, answer.state) == (None, None, "unknown")
    assert bill(answer) == [("input_tokens", 1000, money("0.002"))]
    assert answer.unpriced == (("output_tokens", 7, "no price of output_tokens is known"),)


def test_an_offering_without_prices_is_unknown_also_for_no_usage():
    assert cost([], {"input_tokens": 0}).state == "unknown"
    assert cost([], {"input_tokens": 0}).total is None


def test_no_usage_of_a_priced_offering_costs_nothing(chat):
    answer = cost(chat, {"input_tokens": 0})
    assert (answer.total, answer.state, answer.lines) == (0, "priced", ())


def test_input_priced_by_its_parts_only_asks_for_the_parts(price):
    prices = [price("input_text_tokens", "5"), price("input_image_tokens", "10")]
    answer = cost(prices, {"input_tokens": 100, "input_text_tokens": 60})
    assert answer.total is None
    assert answer.unpriced[0].reason == (
        "input_tokens is priced by its parts only: state input_text_tokens, input_image_tokens"
    )
    assert cost(prices, {"input_tokens": 100, "input_text_tokens": 60, "input_image_tokens": 40}).total == money(
        "0.0007"
    )


def test_what_is_not_offered_adds_a_warning_and_the_total_stands(price):
    prices = [price("input_tokens", "0.02"), price("output_tokens", state=State.NOT_OFFERED)]
    answer = cost(prices, {"input_tokens": 1000, "output_tokens": 5})
    assert answer.total == money("0.00002")
    message = "output_tokens is not offered and costs nothing here"
    assert answer.warnings == (Notice(Code.NOT_OFFERED, message, "output_tokens"),)
    alone = cost(prices, {"output_tokens": 5})
    assert (alone.state, alone.total) == ("not_offered", None)


def test_free_is_exactly_zero_and_said_as_free(price):
    prices = [price("input_tokens", "0"), price("output_tokens", "0")]
    answer = cost(prices, {"input_tokens": 1000, "output_tokens": 5})
    assert (answer.total, answer.state) == (0, "free")
    assert len(answer.lines) == 2


@pytest.mark.parametrize("state", [State.INCLUDED, State.SUBSCRIPTION])
def test_what_something_else_pays_for_costs_nothing_and_is_not_called_free(price, state):
    prices = [price("input_tokens", "0"), price("web_searches", state=state)]
    answer = cost(prices, {"input_tokens": 1000, "web_searches": 5})
    assert (answer.total, answer.state) == (0, state)


def test_before_the_first_start_of_dated_prices_the_cost_is_unknown(price):
    prices = [price("input_tokens", "2", valid_from=JUNE), price("output_tokens", "2", valid_from=JULY)]
    answer = cost(prices, {"input_tokens": 1}, datetime(2026, 5, 31, 23, 59, 59, 999999, tzinfo=UTC))
    assert (answer.total, answer.state) == (None, "unknown")
    assert answer.unpriced[0].reason == "input_tokens is unknown before 2026-06-01"
    assert cost(prices, {"input_tokens": 1}, JUNE).state == "priced"


def test_after_the_last_end_the_cost_is_unknown(price):
    answer = cost([price("input_tokens", "2", valid_until=JUNE)], {"input_tokens": 1}, JUNE)
    assert (answer.state, answer.unpriced[0].reason) == (
        "unknown",
        "no price of input_tokens is known after 2026-06-01",
    )


def test_a_price_that_is_carried_to_a_time_says_so_and_one_that_is_stated_or_seen_then_does_not(price):
    prices = [price("input_tokens", "2", basis=Basis.UNDATED, fresh_from=JUNE, fresh_until=JULY)]
    before = cost(prices, {"input_tokens": 1}, JUNE - timedelta(microseconds=1))
    assert before.total == money("0.000002")
    message = "no list near that time states the price of input_tokens: that of list is carried back from 2026-06-01"
    assert before.warnings == (Notice(Code.DATE_UNKNOWN, message, "input_tokens"),)
    assert cost(prices, {"input_tokens": 1}, JUNE).warnings == ()
    (after,) = cost(prices, {"input_tokens": 1}, JULY).warnings
    assert after.code is Code.DATE_UNKNOWN
    assert after.message.endswith("carried on from a time before 2026-07-01")
    assert cost([price("input_tokens", "2", basis=Basis.UNDATED)], {"input_tokens": 1}, JUNE).warnings == ()


def test_several_meters_share_one_notice_of_a_code(price):
    meters = ("input_tokens", "output_tokens")
    prices = [price(meter, "2", basis=Basis.UNDATED, fresh_from=JUNE) for meter in meters]
    (warning,) = cost(prices, dict.fromkeys(meters, 1), datetime(2026, 1, 1, tzinfo=UTC)).warnings
    assert (warning.code, warning.meter) == (Code.DATE_UNKNOWN, None)
    assert all(meter in warning.message for meter in meters)


def test_a_request_fee_counts_once_unless_the_requests_are_stated(price):
    prices = [price("input_tokens", "1"), price("requests", "5")]
    assert cost(prices, {"input_tokens": 10**6}).total == money("1.005")
    assert cost(prices, {"input_tokens": 10**6, "requests": 3}).total == money("1.015")


def test_a_minimum_is_billed_once_and_only_where_something_was_used(price):
    hour = [
        price("audio_seconds", "0.111", minimum_quantity=Decimal(10)),
        price("input_audio_seconds", "0.111", minimum_quantity=Decimal(10)),
    ]
    short = cost(hour, {"audio_seconds": Decimal("2.5"), "input_audio_seconds": Decimal("0.5")})
    assert sum(line.quantity for line in short.lines) == 10
    assert short.total == sum(line.amount for line in short.lines) == money("0.000308333333")
    assert short.lines[0].rule == "base; minimum 10"
    assert cost(hour, {"audio_seconds": 3600}).total == money("0.111")
    assert cost(hour, {"audio_seconds": 0}).total == 0


def test_amounts_that_do_not_end_in_decimals_still_sum_to_the_total(price):
    prices = [
        price("input_audio_seconds", "1.02"),
        price("output_audio_seconds", "1.02"),
        price("rerank_searches", "1", per=3),
    ]
    answer = cost(prices, {"input_audio_seconds": 1, "output_audio_seconds": 1, "rerank_searches": 1})
    assert answer.total == sum(line.amount for line in answer.lines) == money("0.333900000000")
    assert [str(line.amount) for line in answer.lines] == ["0.000283333334", "0.000283333333", "0.333333333333"]


def test_the_total_is_rounded_once_and_half_to_even(price):
    prices = [price("input_tokens", "0.0000005"), price("output_tokens", "0.000001")]
    assert cost(prices, {"input_tokens": 1}).total == 0
    assert cost(prices, {"input_tokens": 3}).total == money("0.000000000002")
    assert cost(prices, {"input_tokens": 1, "output_tokens": 1}).total == money("0.000000000002")


def test_two_prices_that_apply_alike_are_a_data_error(price):
    prices = [
        price("output_images", "1", conditions(quality="high")),
        price("output_images", "2", conditions(size="big")),
    ]
    with pytest.raises(PriceDataError, match="apply alike"):
        cost(prices, {"output_images": 1}, ctx=context(extra={"quality": "high", "size": "big"}))


def test_a_priced_state_without_amount_is_a_data_error(price):
    with pytest.raises(PriceDataError, match="no usable amount"):
        cost([price("input_tokens", state=State.PRICED)], {"input_tokens": 1})


@pytest.fixture
def regional(price):
    return [
        price("input_tokens", "2"),
        price("input_tokens", "3", conditions(region="eu")),
        price("input_tokens", "2", conditions(region="us")),
        price("output_tokens", "8"),
        price("web_searches", "10", conditions(search_context_size="low")),
        price("web_searches", "14", conditions(search_context_size="high")),
    ]


def test_an_unstated_fact_that_the_price_depends_on_gives_low_and_high_and_its_name(regional):
    regional = [price for price in regional if price.meter != "input_tokens" or price.conditions.region]
    answer = cost(regional, {"input_tokens": 10**6, "output_tokens": 10**6})
    assert (answer.total, answer.list_total, answer.state) == (None, None, "unknown")
    assert (answer.low, answer.high, answer.missing) == (10, 11, ("region",))
    assert bill(answer) == [("output_tokens", 10**6, 8)]
    both = cost(regional, {"input_tokens": 10**6, "web_searches": 1000})
    assert (both.low, both.high, both.missing) == (12, 17, ("region", "search_context_size"))


def test_a_stated_fact_decides(regional):
    usage = {"input_tokens": 10**6, "web_searches": 1000}
    asked = context(region="eu", extra={"search_context_size": "low"})
    assert cost(regional, usage, ctx=asked).total == 13
    assert cost(regional, {"input_tokens": 10**6}, ctx=context(region="standard")).total == 2


def test_facts_that_do_not_matter_for_the_usage_are_not_asked_for(regional):
    assert cost(regional, {"output_tokens": 10**6}).total == 8
    same = [price for price in regional if price.conditions.region != "eu"]
    assert cost(same, {"input_tokens": 10**6}).total == 2


@pytest.fixture
def clocked(price):
    night = Schedule("Asia/Shanghai", ((30, 8 * 60 + 30),), weekdays=(1, 2, 3, 4, 5))
    return [price("input_tokens", "4"), price("input_tokens", "1", conditions(schedule=night))]


def test_a_clock_price_holds_in_its_window_only(clocked):
    usage = {"input_tokens": 10**6}
    assert cost(clocked, usage, datetime(2026, 6, 1, 16, 29, tzinfo=UTC)).total == 4
    assert cost(clocked, usage, datetime(2026, 6, 1, 16, 30, tzinfo=UTC)).total == 1
    assert cost(clocked, usage, datetime(2026, 6, 2, 0, 30, tzinfo=UTC)).total == 4


def test_where_only_the_day_is_known_its_clock_prices_give_low_and_high(clocked, price):
    usage = {"input_tokens": 10**6}
    workday = cost(clocked, usage, JUNE, context(time_known=False))
    assert (workday.total, workday.low, workday.high, workday.missing) == (None, 1, 4, ("time",))
    sunday = cost(clocked, usage, datetime(2026, 6, 6, 12, tzinfo=UTC), context(time_known=False))
    assert sunday.total == 4
    unclocked = [price("input_tokens", "4")]
    assert cost(unclocked, usage, JUNE, context(time_known=False)).total == 4


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_have_prices_too(price, zone, at):
    night = Schedule(zone, ((22 * 60, 6 * 60),))
    prices = [price("input_tokens", "4"), price("input_tokens", "1", conditions(schedule=night))]
    usage = {"input_tokens": 10**6}
    assert cost(prices, usage, at).total in (1, 4)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    assert cost(prices, usage, midnight, context(time_known=False)).high == 4
    assert turns(OfferingPrices(prices), (), [midnight])


def test_a_change_within_the_day_counts_too_where_only_the_day_is_known(price):
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    prices = [price("input_tokens", "4", valid_until=noon), price("input_tokens", "2", valid_from=noon)]
    answer = cost(prices, {"input_tokens": 10**6}, JUNE, context(time_known=False))
    assert (answer.low, answer.high, answer.missing) == (2, 4, ("time",))


def test_the_native_currency_stays_and_a_dated_rate_converts_it_in_sight(price):
    prices = [price("input_tokens", "7.2", currency="CNY"), price("output_tokens", "14.4", currency="CNY")]
    usage = {"input_tokens": 10**6, "output_tokens": 500_000}
    native = cost(prices, usage)
    assert (native.total, native.currency, native.exchanges) == (money("14.4"), "CNY", ())
    rate = Exchange("CNY", "USD", Decimal("0.14"), date(2026, 6, 1), "ecb")
    converted = cost(prices, usage, currency="USD", exchanges=[rate])
    assert (converted.total, converted.currency, converted.exchanges) == (money("2.016"), "USD", (rate,))
    assert [(line.rate, line.rate_currency, line.amount, line.currency) for line in converted.lines] == [
        (money("7.2"), "CNY", money("1.008"), "USD"),
        (money("14.4"), "CNY", money("1.008"), "USD"),
    ]
    inverse = Exchange("USD", "CNY", Decimal("7.2"), date(2026, 6, 1), "ecb")
    assert cost(prices, usage, currency="USD", exchanges=[inverse]).total == 2


def test_a_second_denomination_counts_where_it_is_asked_for_only(price):
    prices = [
        price("input_tokens", "3"),
        price("output_tokens", "15"),
        price("input_tokens", "42", conditions(currency="DBU"), currency="DBU"),
        price("output_tokens", "214", conditions(currency="DBU"), currency="DBU"),
    ]
    usage = {"input_tokens": 10**6, "output_tokens": 10**6}
    for asked in (context(), context(extra={"currency": "USD"}), context(extra={"currency": "standard"})):
        answer = cost(prices, usage, ctx=asked)
        assert (answer.total, answer.currency, answer.missing) == (18, "USD", ())
    answer = cost(prices, usage, ctx=context(extra={"currency": "DBU"}))
    assert (answer.total, answer.currency) == (256, "DBU")
    with pytest.raises(ContextError, match="DBU, USD, standard"):
        cost(prices, usage, ctx=context(extra={"currency": "EUR"}))


def test_totals_of_two_currencies_are_not_compared(price):
    prices = [
        price("input_tokens", "1", conditions(region="us")),
        price("input_tokens", "1", conditions(region="cn"), currency="CNY"),
    ]
    answer = cost(prices, {"input_tokens": 10**6})
    assert (answer.total, answer.low, answer.high, answer.currency) == (None, None, None, None)
    assert answer.missing == ("region",)


def test_mixed_currencies_have_no_total_without_a_rate(price):
    prices = [price("input_tokens", "1"), price("output_tokens", "7", currency="CNY")]
    usage = {"input_tokens": 10**6, "output_tokens": 10**6}
    answer = cost(prices, usage)
    assert (answer.total, answer.state, answer.missing) == (None, "unknown", ("exchange rate CNY to USD",))
    assert [(line.amount, line.currency) for line in answer.lines] == [(1, "USD"), (7, "CNY")]
    rate = Exchange("CNY", "USD", Decimal("0.14"), date(2026, 6, 1), "ecb")
    assert cost(prices, usage, exchanges=[rate]).total == money("1.98")


def test_price_ids_posted_back_reproduce_the_total_whatever_was_published_since(chat, price):
    usage = read_usage({"input_tokens": 250_000, "cache_read_tokens": 200_000, "output_tokens": 500})
    first = quote(OfferingPrices(chat), usage, AT)
    ids = [line.price_id for line in first.lines]
    later = [*chat, price("cache_read_tokens", "0.01", conditions(step=Step(200_001, inclusive=True)))]
    again = requote(OfferingPrices(later), ids, usage, AT)
    assert (again.total, bill(again)) == (first.total, bill(first))


def test_posted_ids_reproduce_a_quote_with_something_not_offered_and_in_a_tier(price):
    prices = [
        price("input_tokens", "2"),
        price("input_tokens", "1", conditions("batch", region="eu")),
        price("output_tokens", state=State.NOT_OFFERED),
    ]
    usage = read_usage({"input_tokens": 10, "output_tokens": 1})
    asked = context("batch", "eu")
    first = quote(OfferingPrices(prices), usage, AT, asked)
    again = requote(OfferingPrices(prices), [first.lines[0].price_id], usage, AT, asked)
    assert again.total == first.total == money("0.00001")


def test_posted_ids_work_beside_prices_of_the_same_meters_that_were_not_offered(price):
    prices = [
        price("input_tokens", "2"),
        price("output_tokens", "8"),
        *(price(m, state=State.NOT_OFFERED, conditions=conditions("fast")) for m in ("input_tokens", "output_tokens")),
        price("cache_read_tokens", state=State.NOT_OFFERED),
        price("cache_read_tokens", state=State.NOT_OFFERED, conditions=conditions("batch")),
    ]
    usage = read_usage({"input_tokens": 1000, "cache_read_tokens": 10, "output_tokens": 10})
    first = quote(OfferingPrices(prices), usage, AT)
    again = requote(OfferingPrices(prices), [line.price_id for line in first.lines], usage, AT)
    assert (again.total, bill(again)) == (first.total, bill(first)) == (money("0.00206"), bill(first))


def test_what_is_not_offered_in_another_tier_keeps_no_usage_from_posted_ids(price):
    prices = [
        price("input_tokens", "2"),
        price("input_tokens", "1", conditions("batch")),
        price("cache_read_tokens", state=State.NOT_OFFERED, conditions=conditions("batch")),
    ]
    usage = read_usage({"input_tokens": 1000, "cache_read_tokens": 10})
    ids = [p.id for p in prices]
    assert requote(OfferingPrices(prices), ids[:1], usage, AT).total == money("0.002")
    assert requote(OfferingPrices(prices), ids[1:2], usage, AT).total == money("0.00099")


def test_posted_ids_of_marginal_bands_of_which_the_lowest_billed_nothing(price):
    marginal = conditions(step=Step(100, marginal=True))
    prices = [
        price("input_tokens", "1"),
        price("input_tokens", "2", marginal),
        price("output_tokens", "3"),
        price("output_tokens", "4", marginal),
        price("cache_read_tokens", "0.5"),
    ]
    usage = read_usage({"input_tokens": 250, "cache_read_tokens": 150, "output_tokens": 10})
    first = quote(OfferingPrices(prices), usage, AT)
    again = requote(OfferingPrices(prices), [line.price_id for line in first.lines], usage, AT)
    assert (again.total, bill(again)) == (first.total, bill(first)) == (money("0.000315"), bill(first))


def test_posted_ids_of_two_prices_for_the_same_usage_are_refused(chat):
    with pytest.raises(ClashingPriceIds):
        requote(OfferingPrices(chat), [chat[0].id, chat[3].id], read_usage({"input_tokens": 1}), AT)


def test_a_tier_that_the_usage_object_names_leaves_posted_ids_as_they_are(chat, price):
    prices = [*chat, price("input_tokens", "3", conditions("batch", region="us"))]
    raw = {"input_tokens": 1000, "output_tokens": 10, "service_tier": "batch", "inference_geo": "us"}
    usage = read_usage(raw, "anthropic")
    first = quote(OfferingPrices(prices), usage, AT)
    again = requote(OfferingPrices(prices), [line.price_id for line in first.lines], usage, AT)
    assert again.total == first.total == money("0.00304")


def test_an_id_of_no_price_of_the_offering_is_refused(chat):
    with pytest.raises(PriceIdError, match="999999"):
        requote(OfferingPrices(chat), [chat[0].id, 999999], read_usage({"input_tokens": 1}), AT)


def test_what_the_usage_object_says_of_the_request_counts_where_the_caller_says_nothing(chat):
    raw = {"input_tokens": 10**6, "output_tokens": 0, "service_tier": "batch", "inference_geo": "us"}
    usage = read_usage(raw, "anthropic")
    small = [price for price in chat if price.conditions.step is None]
    answer = quote(OfferingPrices(small), usage, AT)
    assert answer.total == 1
    assert (answer.warnings, codes(answer.notes)) == ((), [(Code.REGION_ASSUMED, None)])
    assert quote(OfferingPrices(small), usage, AT, context("standard")).total == 2


def test_an_overlap_that_was_not_stated_is_said_where_it_has_a_price(chat, price):
    usage = {"input_tokens": 100, "input_audio_tokens": 40, "cache_read_tokens": 30}
    assert cost(chat, usage).warnings == ()
    audio = [*chat, price("cache_audio_read_tokens", "1")]
    assert cost(audio, usage).warnings == (
        Notice(Code.STAND_IN, "cache_audio_read_tokens was not stated and is taken as 0", "cache_audio_read_tokens"),
    )


def test_cache_writes_priced_by_life_alone_ask_for_it(price):
    prices = [price("input_tokens", "1"), price("cache_write_1h_tokens", "2")]
    answer = cost(prices, {"input_tokens": 10, "cache_write_tokens": 10})
    assert codes(answer.warnings) == [(Code.STAND_IN, "cache_write_tokens")]
    assert "state cache_write_1h_tokens" in answer.warnings[0].message


def test_a_negative_share_never_reaches_a_price():
    with pytest.raises(UsageError):
        read_usage({"input_tokens": 1, "cache_read_tokens": 2})


def test_prices_of_an_unknown_meter_are_a_data_error(price):
    stray = price("input_tokens", "1").__class__
    sample = price("input_tokens", "1")
    broken = stray(**{name: getattr(sample, name) for name in stray.__slots__} | {"meter": "smells"})
    with pytest.raises(PriceDataError, match="unknown meter"):
        OfferingPrices([broken])


def test_caches_stay_bounded_under_ever_new_questions(chat):
    offering = OfferingPrices(chat)
    meters = ["input_text_tokens", "input_audio_tokens", "input_image_tokens", "input_video_tokens"]
    more = [m.replace("input_", "output_") for m in meters] + [f"{m[:-7]}_tool_tokens" for m in meters]
    for number in range(2**11):
        some = {m: 1 for place, m in enumerate([*meters, *more]) if number >> place & 1}
        usage = read_usage({"input_tokens": 20, "output_tokens": 20} | some)
        assert quote(offering, usage, AT).lines
    pricing = offering.pricing(AT, context())
    assert len(pricing._variants) <= 1024


def test_a_region_that_the_usage_names_counts_where_it_has_a_price(price):
    prices = [price("input_tokens", "10"), price("input_tokens", "11", conditions(region="us"))]
    usage = read_usage({"input_tokens": 10**6, "output_tokens": 0, "inference_geo": "us"}, "anthropic")
    answer = quote(OfferingPrices(prices), usage, AT)
    assert (answer.total, answer.warnings) == (11, ())
    assert quote(OfferingPrices(prices), usage, AT, context(region="standard")).total == 10


def test_too_many_open_facts_at_once_are_asked_for(price):
    prices = [
        price("output_images", str(number + 1), conditions(size=f"s{number}", quality=f"q{number}"))
        for number in range(60)
    ]
    with pytest.raises(ContextError, match="not stated"):
        cost(prices, {"output_images": 1})
    assert cost(prices, {"output_images": 1}, ctx=context(extra={"size": "s3", "quality": "q3"})).total == 4


def test_a_line_tells_what_its_price_rests_on(price):
    listed = price("input_tokens", "2", valid_from=JUNE, basis=Basis.FIRST_OBSERVED)
    line = cost([listed], {"input_tokens": 1}).lines[0]
    assert (line.basis, line.valid_from, line.state, line.rate_id) == ("first_observed", JUNE, "priced", None)


def test_a_meter_priced_for_another_kind_of_request_only_says_so(price):
    prices = [price("input_tokens", "2"), price("output_tokens", "1", conditions("batch"), valid_from=JUNE)]
    answer = cost(prices, {"input_tokens": 1, "output_tokens": 1}, JULY)
    assert answer.unpriced[0].reason == "no price of output_tokens is known for this kind of request"
