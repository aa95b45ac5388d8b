"""What a quote names beside its total: other lists' totals, both sides of a change, and a value that waits."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import BASE, Step, conditions
from llmpricing.domain.observations import State
from llmpricing.domain.prices import OtherPrice, OtherReason
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage

JUNE, JULY = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
AT = datetime(2026, 6, 15, tzinfo=UTC)
LONG = conditions(step=Step(200_000))


@pytest.fixture
def beside(price):
    """Makes a price of another list, kept beside the published ones."""

    def make(reason, meter, amount, when=BASE, source="other", **facts):
        return OtherPrice(reason, replace(price(meter, amount, when, **facts), source=source))

    return make


def ask(prices, others, usage, at=AT, **facts):
    return quote(OfferingPrices(prices, "acme/large", others), read_usage(usage), at, context(**facts))


def test_a_fresh_list_that_asks_another_total_is_named_with_it(price, beside):
    prices = [price("input_tokens", "2"), price("output_tokens", "8")]
    others = [beside(OtherReason.DISAGREEMENT, "input_tokens", "3")]
    (told,) = ask(prices, others, {"input_tokens": 1_000_000, "output_tokens": 500_000}).warnings
    assert (told.code, told.other_total, told.other_source, told.meter) == (
        Code.DISAGREEMENT,
        Decimal(7),
        "other",
        "input_tokens",
    )


def test_lists_that_differ_by_half_a_percent_or_in_meters_that_were_not_used_are_no_disagreement(price, beside):
    prices = [price("input_tokens", "2"), price("output_tokens", "8")]
    near, unused = (
        [beside(OtherReason.DISAGREEMENT, "input_tokens", "2.01")],
        [beside(OtherReason.DISAGREEMENT, "output_tokens", "9")],
    )
    assert ask(prices, near, {"input_tokens": 1000}).warnings == ()
    assert ask(prices, unused, {"input_tokens": 1000}).warnings == ()


def test_a_step_that_another_list_does_not_know_matters_only_beyond_it(price, beside):
    prices = [price("input_tokens", "3"), price("input_tokens", "6", LONG)]
    others = [beside(OtherReason.DISAGREEMENT, "input_tokens", "3")]
    assert ask(prices, others, {"input_tokens": 200_000}).warnings == ()
    beyond = ask(prices, others, {"input_tokens": 250_000})
    assert (beyond.total, beyond.warnings[0].other_total) == (Decimal("1.5"), Decimal("0.75"))


def test_in_a_bracket_both_values_are_told(price, beside):
    prices = [price("input_tokens", "2", valid_until=AT), price("input_tokens", "1", valid_from=AT)]
    others = [
        beside(OtherReason.BETWEEN_SIGHTINGS, "input_tokens", "1", valid_from=JUNE, valid_until=AT),
        beside(OtherReason.BETWEEN_SIGHTINGS, "input_tokens", "2", valid_from=AT, valid_until=JULY),
    ]
    found = [ask(prices, others, {"input_tokens": 10**6}, at) for at in (JUNE, AT, JULY)]
    assert [answer.total for answer in found] == [2, 1, 1]
    assert [[(w.code, w.other_total) for w in answer.warnings] for answer in found] == [
        [(Code.BETWEEN_SIGHTINGS, 1)],
        [(Code.BETWEEN_SIGHTINGS, 2)],
        [],
    ]


def test_a_value_that_waits_is_told_also_where_nothing_else_is_known(price, beside):
    others = [beside(OtherReason.UNDER_REVIEW, "input_tokens", "0.2")]
    (known,) = ask([price("input_tokens", "200")], others, {"input_tokens": 10**6}).warnings
    assert (known.code, known.other_total) == (Code.UNDER_REVIEW, Decimal("0.2"))
    unknown = ask([price("input_tokens", state=State.UNKNOWN)], others, {"input_tokens": 10**6})
    assert (unknown.total, unknown.warnings[0].other_total) == (None, Decimal("0.2"))


def test_an_agreement_gives_no_notice_and_stands_in_the_evidence_of_its_line(price, beside):
    listed = [price("input_tokens", "2"), price("output_tokens", "8")]
    prices = OfferingPrices(
        listed,
        "acme/large",
        [
            beside(OtherReason.AGREEMENT, "input_tokens", "2", source="b"),
            beside(OtherReason.DISAGREEMENT, "output_tokens", "0.009", source="c", per=1000, valid_until=JULY),
        ],
    )
    assert [w.code for w in quote(prices, read_usage({"input_tokens": 10}), AT).warnings] == []
    input_, output = (prices.evidence(own, AT) for own in listed)
    assert (input_.agrees, input_.differs) == (("b",), ())
    assert (output.agrees, output.differs) == ((), (("c", Decimal(9)),))
    assert prices.evidence(listed[1], JULY).differs == ()
