"""Our quotes beside genai_prices.calc_price, for every priced offering of its list."""

from __future__ import annotations

from collections import Counter

from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.usage.formats import read_usage
from llmpricing.sources import genai_prices as parser
from llmpricing.sources.bundled import bundled
from tests.oracles import genai_cases as oracle


def test_every_priced_offering_costs_what_calc_price_says_to_the_last_digit(prices_of):
    listed = {found.slug: found for found in parser.parse(bundled(parser.SOURCE).data).offerings}
    seen = Counter()
    for slug, provider, model in oracle.offerings():
        if not listed[slug].statements:
            continue
        prices = OfferingPrices(prices_of(listed[slug].statements))
        for case in oracle.cases(provider, model, prices):
            theirs = case.theirs
            answer = quote(prices, read_usage(case.stated), case.at, case.context)
            deviation = oracle.deviation(case, answer, theirs)
            assert deviation or answer.total == theirs, (slug, case.stated, case.at, case.when, theirs, answer)
            seen[deviation] += 1
    assert seen.total() > 2_000 * oracle.CASES_PER_OFFERING
    assert seen[None] > 0.75 * seen.total(), seen
    assert set(seen) == oracle.ALL - {oracle.ALL_PICTURES} | {None}  # here nothing says whose prices these are
