"""Our quotes beside model_prices.cost, for every model of its snapshot, by date."""

from __future__ import annotations

from collections import Counter

from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from llmpricing.sources import model_prices as parser
from llmpricing.sources.bundled import bundled
from tests.oracles import model_prices_cases as oracle


def test_every_model_costs_what_model_prices_says_by_date_and_mode(prices_of):
    listed = {found.slug: found for found in parser.parse(bundled(parser.SOURCE).data).offerings}
    seen = Counter()
    for slug, provider, api_id, modes in oracle.offerings():
        prices = OfferingPrices(prices_of(listed[slug].statements))
        for case in oracle.cases(provider, api_id, modes, prices):
            theirs = case.theirs
            answer = quote(prices, read_usage(case.stated), case.at, case.context)
            deviation = oracle.deviation(case, answer, theirs)
            seen[deviation] += 1
            assert deviation or oracle.is_equal(answer, theirs), (case, theirs, answer)
    assert seen[None] > 400 * oracle.CASES_PER_MODEL, seen
    assert seen.total() > 0.95 * len(listed) * oracle.CASES_PER_MODEL, seen
