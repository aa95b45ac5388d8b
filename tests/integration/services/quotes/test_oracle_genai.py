"""A price book of genai-prices alone beside genai_prices.calc_price, through import and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import Offering, Review
from llmpricing.services.price_book import book_state
from llmpricing.services.quotes.compiled_prices import prices_of
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many
from tests.oracles import genai_cases as oracle
from tests.servers import StoreUrls, new_database

IN_REVIEW = "a price that a guard holds for a person is unknown for us; calc_price believes it"


@pytest.fixture
def session(store_urls: StoreUrls, genai_book: str) -> Iterator[Session]:
    with new_database(store_urls, genai_book) as url, Session(create_engine(url, poolclass=NullPool)) as found:
        yield found


def test_every_priced_offering_costs_what_calc_price_says_to_the_last_digit(session: Session) -> None:
    known = book_state(session)
    ids = dict(session.execute(select(Offering.slug, Offering.id)).all())
    held = set(session.scalars(select(Offering.slug).join(Review).where(Review.closed_at.is_(None))))
    prices = prices_of(session, known, known.last_change, {number: slug for slug, number in ids.items()})
    cases = [
        case
        for slug, provider, model in oracle.offerings()
        if prices[ids[slug]].prices
        for case in oracle.cases(provider, model, prices[ids[slug]])
    ]
    asked = [Asked(case.slug, read_usage(case.stated), case.at, None, case.context) for case in cases]
    seen: Counter[str | None] = Counter()
    for case, answer in zip(cases, quote_many(session, asked), strict=True):
        assert isinstance(answer, Quoted), (case, answer)
        assert answer.model.slug == case.slug
        theirs = case.theirs
        if any("was stopped for review" in share.reason for share in answer.quote.unpriced):
            assert case.slug in held
            assert answer.quote.total is None
            seen[IN_REVIEW] += 1
            continue
        deviation = oracle.deviation(case, answer.quote, theirs)
        seen[deviation] += 1
        assert deviation or answer.quote.total == theirs, (case, theirs, answer.quote)
    assert seen.total() > 2_000 * oracle.CASES_PER_OFFERING
    assert seen[None] > 0.75 * seen.total(), seen
    assert len(held) <= 50
    assert set(seen) == oracle.ALL | {None, IN_REVIEW}
