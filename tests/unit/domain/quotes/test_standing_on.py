"""What an offering's own lists lack is told by the offering of the same model that claims its id."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from llmpricing.domain.conditions import Step, conditions
from llmpricing.domain.observations import State
from llmpricing.domain.prices import OtherPrice, OtherReason
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.quotes.standing_on import standing_on
from llmpricing.domain.usage.formats import read_usage

APRIL, JUNE = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
LONG = conditions(step=Step(200_000))
BATCH = conditions(service_tier="batch")


def ask(own, claimed, usage, at=JUNE, beside=(), **facts):
    prices, others = standing_on(own, (), claimed, beside, "acme/alias")
    return quote(OfferingPrices(prices, "acme/snapshot", others), read_usage(usage), at, context(**facts))


def test_a_time_at_which_its_own_lists_know_nothing_is_the_claimed_offerings(price):
    own = [price("input_tokens", "3", valid_from=JUNE)]
    claimed = [price("input_tokens", "2", valid_until=JUNE), price("input_tokens", "4", valid_from=JUNE)]
    before, after = (ask(own, claimed, {"input_tokens": 10**6}, at) for at in (APRIL, JUNE))
    assert (before.total, after.total) == (2, 3)
    assert [(n.code, n.meter) for n in before.notes] == [(Code.VIA_OFFERING, "input_tokens")]
    assert after.notes == ()


def test_meters_tiers_and_steps_come_from_it_where_both_ask_the_same_for_input(price):
    own = [price("input_tokens", "3")]
    claimed = [
        price("input_tokens", "3.01"),
        price("input_tokens", "6", LONG),
        price("input_tokens", "1.5", BATCH),
        price("web_searches", "10"),
    ]
    searched = ask(own, claimed, {"input_tokens": 1000, "web_searches": 1})
    assert (searched.total, [line.meter for line in searched.lines]) == (
        Decimal("0.013"),
        ["input_tokens", "web_searches"],
    )
    assert ask(own, claimed, {"input_tokens": 250_000}).total == Decimal("1.5")
    batch = ask(own, claimed, {"input_tokens": 1000}, service_tier="batch")
    assert (batch.total, batch.lines[0].unit_rate.price.via) == (Decimal("0.0015"), "acme/alias")


def test_nothing_comes_from_it_where_it_asks_another_price_for_input(price):
    own, claimed = [price("input_tokens", "3")], [price("input_tokens", "2"), price("web_searches", "10")]
    assert ask(own, claimed, {"input_tokens": 1000, "web_searches": 1}).total is None


def test_its_steps_do_not_mix_with_steps_of_ones_own(price):
    own = [price("input_tokens", "3"), price("input_tokens", "5", conditions(step=Step(272_000)))]
    claimed = [price("input_tokens", "3"), price("input_tokens", "6", LONG)]
    assert ask(own, claimed, {"input_tokens": 250_000}).total == Decimal("0.75")


def test_what_waits_for_review_is_not_taken_from_it(price):
    assert ask([], [price("input_tokens", state=State.UNKNOWN)], {"input_tokens": 10**6}).total is None


def test_other_totals_come_with_what_is_taken(price):
    claimed = [price("input_tokens", "3"), price("input_tokens", "6", LONG)]
    flat = OtherPrice(OtherReason.DISAGREEMENT, replace(price("input_tokens", "3"), source="other"))
    beyond = ask([price("input_tokens", "3")], claimed, {"input_tokens": 250_000}, beside=[flat])
    assert (beyond.total, [(w.code, w.other_total) for w in beyond.warnings]) == (
        Decimal("1.5"),
        [(Code.DISAGREEMENT, Decimal("0.75"))],
    )
    assert ask([price("input_tokens", "3")], claimed[:1], {"input_tokens": 250_000}, beside=[flat]).warnings == ()
