"""A fee that one list writes for each request and another for each search counts once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmpricing.domain.conditions import conditions
from llmpricing.domain.quotes.context import context
from llmpricing.domain.quotes.contract_rates import ContractRate, Terms
from llmpricing.domain.quotes.notices import Code
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote, requote
from llmpricing.domain.usage.formats import read_usage

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKENS = {"input_tokens": 1000, "output_tokens": 500}


@pytest.fixture
def sonar(price):
    """Perplexity's sonar: genai-prices has 12 for 1,000 requests, LiteLLM's map 5 to 12 for 1,000 searches by size."""
    sizes = {"low": "5", "medium": "8", "high": "12"}
    return [
        price("input_tokens", "1"),
        price("output_tokens", "1"),
        price("requests", "12"),
        *(price("web_searches", amount, conditions(search_context_size=size)) for size, amount in sizes.items()),
    ]


@pytest.mark.parametrize("usage", [TOKENS, TOKENS | {"web_searches": 1}, TOKENS | {"web_searches": 3}])
@pytest.mark.parametrize(("size", "total"), [("low", "0.0065"), ("medium", "0.0095"), ("high", "0.0135")])
def test_the_fee_is_that_of_the_request_s_size_once(sonar, usage, size, total):
    prices, asked = OfferingPrices(sonar, "perplexity/sonar"), context(extra={"search_context_size": size})
    answer = quote(prices, read_usage(usage), AT, asked)
    assert (answer.total, answer.warnings, answer.notes) == (Decimal(total), (), ())
    again = requote(prices, [line.price_id for line in answer.lines], read_usage(usage), AT, asked)
    assert again.total == answer.total


def test_perplexity_s_own_usage_object_is_billed_so(sonar):
    raw = {"prompt_tokens": 1000, "completion_tokens": 500, "search_context_size": "low", "num_search_queries": 2}
    answer = quote(OfferingPrices(sonar, "perplexity/sonar"), read_usage(raw, "perplexity"), AT)
    assert answer.total == Decimal("0.0065")


def test_without_a_size_it_is_the_seller_s_default(sonar):
    answer = quote(OfferingPrices(sonar, "perplexity/sonar"), read_usage(TOKENS), AT)
    assert answer.total == Decimal("0.0065")
    assert [(note.code, note.other_total) for note in answer.notes] == [(Code.DEFAULT_ASSUMED, Decimal("0.0135"))]


def test_a_discount_shows_each_line_s_own_list_amount(sonar):
    terms = Terms((ContractRate(1, discount=Decimal("0.5")),))
    asked = context(extra={"search_context_size": "low"})
    usage = read_usage(TOKENS | {"web_searches": 1})
    answer = quote(OfferingPrices(sonar, "perplexity/sonar"), usage, AT, asked, terms)
    assert (answer.total, answer.list_total) == (Decimal("0.00325"), Decimal("0.0065"))
    assert sum(line.list_amount for line in answer.lines) == answer.list_total


def test_elsewhere_searches_and_requests_are_two_fees(sonar):
    asked = context(extra={"search_context_size": "low"})
    answer = quote(OfferingPrices(sonar, "acme/sonar"), read_usage(TOKENS | {"web_searches": 1}), AT, asked)
    assert answer.total == Decimal("0.0185")
