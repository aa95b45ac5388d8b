"""A price book of model-prices alone beside model_prices.cost, through import and tables."""

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
from tests.oracles import model_prices_cases as oracle
from tests.servers import StoreUrls, new_database

IN_REVIEW = "a price that a guard holds for a person is unknown for us; model_prices believes it"


@pytest.fixture
def session(store_urls: StoreUrls, model_prices_book: str) -> Iterator[Session]:
    with new_database(store_urls, model_prices_book) as url, Session(create_engine(url, poolclass=NullPool)) as found:
        yield found


def test_every_model_costs_what_model_prices_says_by_date_and_mode(session: Session) -> None:
    known = book_state(session)
    ids = dict(session.execute(select(Offering.slug, Offering.id)).all())
    held = set(session.scalars(select(Offering.slug).join(Review).where(Review.closed_at.is_(None))))
    prices = prices_of(session, known, known.last_change, {number: slug for slug, number in ids.items()})
    cases = [
        (slug, case)
        for slug, provider, api_id, modes in oracle.offerings()
        for case in oracle.cases(provider, api_id, modes, prices[ids[slug]])
    ]
    asked = [Asked(slug, read_usage(case.stated), case.at, None, case.context) for slug, case in cases]
    seen: Counter[str | None] = Counter()
    for (slug, case), answer in zip(cases, quote_many(session, asked), strict=True):
        assert isinstance(answer, Quoted), (case, answer)
        assert answer.model.slug == slug
        theirs = case.theirs
        if any("was stopped for review" in share.reason for share in answer.quote.unpriced):
            assert slug in held
            assert answer.quote.total is None
            seen[IN_REVIEW] += 1
            continue
        deviation = oracle.deviation(case, answer.quote, theirs)
        seen[deviation] += 1
        assert deviation or oracle.is_equal(answer.quote, theirs), (case, theirs, answer.quote)
    assert seen[None] + seen[oracle.DEFAULTS] > 400 * oracle.CASES_PER_MODEL, seen
    assert seen[oracle.DEFAULTS] < 70 * oracle.CASES_PER_MODEL, seen
    assert len(held) <= 20
    always = {None, oracle.NOT_LISTED_YET, oracle.AT_THE_BOUND, oracle.FLAT_TIER, oracle.DEFAULTS, IN_REVIEW}
    assert always <= set(seen) <= {*always, oracle.NO_STAND_IN, oracle.NOT_OFFERED}, seen
