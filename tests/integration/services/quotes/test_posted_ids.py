"""Price ids posted back, over all bundled price lists: every offering, in several tiers and at several times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.quotes.context import context
from llmpricing.domain.usage.formats import read_usage
from llmpricing.models import Offering
from llmpricing.services.quotes.quoting import Asked, Quoted, quote_many

TIERS = (None, "batch", "fast", "priority")
TIMES = (datetime(2025, 8, 5, 17, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC))
USAGES = (
    {"input_tokens": 1000, "output_tokens": 10},
    {"input_tokens": 300_000, "cache_read_tokens": 200_000, "cache_write_tokens": 50_000, "output_tokens": 9},
)


@pytest.fixture
def session(full_book_url: str) -> Iterator[Session]:
    with Session(create_engine(full_book_url, poolclass=NullPool)) as found:
        yield found


def test_price_ids_posted_back_reproduce_every_total_of_the_full_price_book(session: Session) -> None:
    slugs = session.scalars(select(Offering.slug)).all()
    usages = [read_usage(usage) for usage in USAGES]
    asked = [
        Asked(slug, usage, at, None, context(tier))
        for slug in slugs
        for tier in TIERS
        for at in TIMES
        for usage in usages
    ]
    first = [
        (question, answer)
        for question, answer in zip(asked, quote_many(session, asked), strict=True)
        if isinstance(answer, Quoted) and answer.quote.total is not None
    ]
    posted = [
        (question, tuple(line.price_id for line in answer.quote.lines if line.price_id), answer.quote)
        for question, answer in first
    ]
    posted = [case for case in posted if case[1]]
    again = quote_many(session, [question._replace(price_ids=ids) for question, ids, _ in posted])
    wrong = [
        (question, found)
        for (question, _, quote), found in zip(posted, again, strict=True)
        if not isinstance(found, Quoted) or found.quote.total != quote.total
    ]
    assert not wrong, (len(wrong), wrong[:3])
    assert len(posted) > 2 * len(slugs)
