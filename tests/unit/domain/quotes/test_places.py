"""Where a request ran: clouds' names of places, the seller's default, and what is charged apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.domain.conditions import conditions
from llmpricing.domain.quotes.context import ContextError, context
from llmpricing.domain.quotes.contract_rates import ContractRate, Terms
from llmpricing.domain.quotes.linear import request_kind
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.places import listed_place, zones_of
from llmpricing.domain.quotes.quote import quote, requote
from llmpricing.domain.usage.formats import read_usage

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
USAGE = {"input_tokens": 1000, "output_tokens": 500}
TOKENS = ("input_tokens", "output_tokens")


@pytest.fixture
def book(price):
    """Input and output prices of an offering by region: ``book("acme/x", {"": ("5", "25"), "us": ("6", "30")})``."""

    def make(offering, by_region):
        listed = [
            price(meter, amount, conditions(region=region))
            for region, amounts in by_region.items()
            for meter, amount in zip(TOKENS, amounts, strict=True)
        ]
        return OfferingPrices(listed, offering)

    return make


@pytest.fixture
def opus(book):
    """What LiteLLM's map of 2026-11-12 states of claude-opus-5."""
    return book("anthropic/claude-opus-5", {"": ("5", "25"), "us": ("5.5", "27.5")})


def cost(prices, region=None, usage=USAGE, usage_format="llmpricing"):
    return quote(prices, read_usage(usage, usage_format), AT, context(region=region))


def test_a_request_without_a_place_pays_the_seller_s_default_and_is_told_the_others(opus):
    answer = cost(opus)
    assert (answer.total, answer.warnings, answer.missing) == (Decimal("0.0175"), (), ())
    (note,) = answer.notes
    assert (note.code, note.other_total) == (Code.REGION_ASSUMED, Decimal("0.01925"))
    assert "us would cost 0.01925" in note.message


@pytest.mark.parametrize("region", ["global", "standard"])
def test_standard_and_global_mean_the_default(opus, region):
    answer = cost(opus, region)
    assert (answer.total, answer.notes) == (Decimal("0.0175"), ())


@pytest.mark.parametrize("geo", ["global", "not_available", ""])
def test_what_anthropic_writes_where_no_place_was_chosen_is_the_default(opus, geo):
    usage = {"input_tokens": 1000, "output_tokens": 500, "inference_geo": geo}
    answer = cost(opus, usage=usage, usage_format="anthropic")
    assert answer.total == Decimal("0.0175")
    assert [note.code for note in answer.notes] == ([] if geo else [Code.REGION_ASSUMED])


@pytest.mark.parametrize("region", ["standard", "global"])
def test_an_offering_without_regions_takes_the_words_for_the_default(book, region):
    assert cost(book("acme/large", {"": ("5", "25")}), region).total == Decimal("0.0175")


def test_a_place_priced_for_global_requests_and_others_has_the_global_price_as_its_default(book):
    prices = book("azure/gpt-5.4", {"global": ("5", "25"), "eu": ("5.5", "27.5")})
    assert cost(prices).total == cost(prices, "standard").total == Decimal("0.0175")


def test_where_the_seller_has_no_default_the_total_is_null_between_low_and_high(book):
    for offering, regions in (
        ("acme/large", {"us": ("5.5", "27.5"), "eu": ("6", "30")}),
        ("aws/anthropic.claude-sonnet-4-5-20250929-v1:0", {"": ("5.5", "27.5"), "eu": ("6", "30")}),
    ):
        answer = cost(book(offering, regions))
        assert (answer.total, answer.low, answer.high) == (None, Decimal("0.01925"), Decimal("0.021"))
        assert answer.missing == ("region",)
    same = book("aws/anthropic.claude-sonnet-4-5-20250929-v1:0", {"": ("5", "25"), "us": ("5", "25")})
    assert cost(same).total == Decimal("0.0175")


@pytest.mark.parametrize(
    ("offering", "place", "listed"),
    [
        ("azure/gpt-5.4", "swedencentral", "eu"),
        ("azure/gpt-5.4", "EastUS2", "us"),
        ("google-vertex/claude-opus-5", "us-east5", "regional"),
        ("google-vertex/claude-opus-5", "europe-west1", "eu"),
        ("aws/meta.llama3-70b-instruct-v1:0", "us-east-1", "us-east-1"),
        ("aws/amazon.nova-pro-v1:0", "eu-central-1", "eu"),
        ("aws/amazon.nova-pro-v1:0", "ap-northeast-1", "apac"),
        ("aws/anthropic.claude-opus-5", "us-gov-west-1", "us-gov"),
    ],
)
def test_a_cloud_s_own_name_of_a_place_finds_the_listed_one(book, offering, place, listed):
    prices = book(offering, {"": ("5", "25"), listed: ("5.5", "27.5")})
    answer = cost(prices, place)
    assert (answer.total, answer.notes, answer.missing) == (Decimal("0.01925"), (), ())


def test_a_place_that_no_list_prices_apart_pays_the_usual_price_with_a_note(book):
    answer = cost(book("groq/llama", {"": ("5", "25")}), "eu-central-1")
    assert answer.total == Decimal("0.0175")
    assert [note.code for note in answer.notes] == [Code.REGION_ASSUMED]


@pytest.mark.parametrize(
    ("offering", "place"),
    [
        ("anthropic/claude-opus-5", "us"),
        ("azure/gpt-5.4", "eu"),
        ("openai/gpt-5.4", "eu"),
        ("google-vertex/claude-opus-4-6@default", "europe-west1"),
        ("aws/anthropic.claude-opus-4-6-v1", "us-east-1"),
    ],
)
def test_a_place_that_the_seller_charges_apart_and_no_list_has_is_unknown_and_costs_at_least_the_base(
    book, offering, place
):
    prices = book(offering, {"": ("5", "25")})
    answer = cost(prices, place)
    assert (answer.total, answer.state, answer.low, answer.high) == (None, "unknown", Decimal("0.0175"), None)
    assert place in answer.unpriced[0].reason
    assert request_kind(prices, read_usage(USAGE), AT, context(region=place)).refused


@pytest.mark.parametrize(
    ("offering", "total", "notes"),
    [("anthropic/claude-opus-5", None, []), ("groq/llama", Decimal("0.0175"), [Code.REGION_ASSUMED])],
)
def test_before_a_place_is_known_to_cost_more_its_price_is_not_silently_the_usual_one(price, offering, total, notes):
    """1,000 x 5 + 500 x 25 millionths before, and a tenth more since."""
    since = AT - timedelta(days=1)
    listed = [
        price(meter, amount, conditions(region=region), valid_from=since if region else None)
        for region, amounts in {"": ("5", "25"), "us": ("5.5", "27.5")}.items()
        for meter, amount in zip(TOKENS, amounts, strict=True)
    ]
    prices = OfferingPrices(listed, offering)
    assert cost(prices, "us").total == Decimal("0.01925")
    before = quote(prices, read_usage(USAGE), since - timedelta(days=1), context(region="us"))
    assert (before.total, [note.code for note in before.notes]) == (total, notes)
    assert (before.low or before.total) == Decimal("0.0175")
    kind = request_kind(prices, read_usage(USAGE), since - timedelta(days=1), context(region="us"))
    assert kind.refused is (total is None)
    if total is None:
        assert "and no list has it for that time: who knows it enters it" in before.unpriced[0].reason
        assert (
            "(llmpricing pin anthropic/claude-opus-5 METER AMOUNT --conditions 'region=us')"
            in before.unpriced[0].reason
        )


@pytest.mark.parametrize("offering", ["anthropic/claude-opus-4-1", "openai/gpt-4o", "aws/anthropic.claude-v2:1"])
def test_older_models_are_charged_alike_wherever_they_run(book, offering):
    assert cost(book(offering, {"": ("5", "25")}), "us").total == Decimal("0.0175")


def test_what_is_no_place_is_refused_with_those_that_are_known(opus):
    with pytest.raises(ContextError, match=r"known: .*eu, global, .*standard, us.*, or any region of AWS.*us-east-1"):
        cost(opus, "mars")
    usage = {"input_tokens": 1000, "output_tokens": 500, "inference_geo": "mars"}
    answer = cost(opus, usage=usage, usage_format="anthropic")
    assert answer.total == Decimal("0.0175")
    assert [warning.code for warning in answer.warnings] == [Code.NOT_UNDERSTOOD]


def test_contract_rates_count_in_the_other_totals_too(opus):
    terms = Terms((ContractRate(1, discount=Decimal("0.5")),))
    answer = quote(opus, read_usage(USAGE), AT, context(), terms)
    assert (answer.total, answer.list_total) == (Decimal("0.00875"), Decimal("0.0175"))
    assert answer.notes[0].other_total == Decimal("0.009625")


def test_posted_ids_reproduce_an_assumed_place_and_a_mapped_one(book):
    prices = book("azure/gpt-5.4", {"": ("5", "25"), "eu": ("5.5", "27.5")})
    for region in (None, "swedencentral"):
        first = cost(prices, region)
        ids = [line.price_id for line in first.lines]
        again = requote(prices, ids, read_usage(USAGE), AT, context(region=region))
        assert again.total == first.total


def test_a_search_size_that_was_not_stated_is_the_seller_s_documented_default(price):
    sizes = {"low": "5", "medium": "8", "high": "12"}
    listed = [price("web_searches", amount, conditions(search_context_size=size)) for size, amount in sizes.items()]
    usage = read_usage({"web_searches": 1000})
    known = quote(OfferingPrices(listed, "perplexity/sonar"), usage, AT)
    assert known.total == 5
    assert [(note.code, note.other_total) for note in known.notes] == [(Code.DEFAULT_ASSUMED, 12)]
    unknown = quote(OfferingPrices(listed, "acme/large"), usage, AT)
    assert (unknown.total, unknown.low, unknown.high, unknown.missing) == (None, 5, 12, ("search_context_size",))


PLACES = ["us-east-1", "eu-central-1", "us-east5", "europe-west1", "swedencentral", "ap-south-1", "us", "eu", "jp"]


@given(st.sampled_from(PLACES), st.sets(st.sampled_from(["us", "eu", "apac", "us-east-1", "regional"])))
def test_a_place_finds_itself_first_and_never_what_is_not_listed(place, listed):
    found = listed_place(place, listed)
    assert found is None or found in listed
    assert found == place or place not in listed
    assert zones_of(place.upper()) == zones_of(place)
