"""Requests of two versions of one price book, at the same time: each reads names as its own version has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.names.matching import Resolution, Unknown, Why
from llmpricing.models import Offering, PriceRow
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.own_aliases import add_alias, end_alias
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.names.lookup import Meaning
from llmpricing.services.names.priced_names import PricedNames, priced_names
from llmpricing.services.names.resolving import Names, names_of, resolve_name
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.changes import begin_change, end_change
from tests.queries import recorded

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BY = Decider("Ada", NOW)


@pytest.fixture
def full(full_book_url: str) -> Iterator[Session]:
    with Session(create_engine(full_book_url, poolclass=NullPool)) as session:
        yield session


def close_prices(session: Session, slug: str, now: datetime) -> None:
    """Believe no price of the offering any longer, as a change of the price book that other processes see."""
    at = begin_change(session, now)
    rows = select(PriceRow.id).join(Offering, Offering.id == PriceRow.offering_id)
    PriceRow.close_all(session, session.scalars(rows.where(Offering.slug == slug, PriceRow.current())).all(), at)
    end_change(session, at)


def newest(session: Session) -> Names:
    return names_of(session, book_state(session))


def meaning(session: Session, name: str, known_at: datetime | None = None) -> Meaning:
    known = book_state(session)
    return names_of(session, known).at(known.clocks(NOW, known_at))(name)


def claimed(names: Names) -> str:
    """An id that a clause of another offering claims, with a price of its own: the bundled lists hold some."""
    return next(slug for slug, periods in names.priced.periods.items() if periods)


def test_a_newer_version_leaves_the_names_of_an_older_one_as_they_were(full: Session) -> None:
    known = book_state(full)
    older = names_of(full, known)
    before, slug = older.priced, claimed(older)
    close_prices(full, slug, NOW)
    newer = newest(full)
    now, then = book_state(full).clocks(NOW, None), known.clocks(NOW, None)
    assert older.priced.at(now).priced(slug)
    assert newer.priced.at(then).priced(slug)
    assert not newer.priced.at(now).priced(slug)
    assert names_of(full, known) is older
    assert older.priced is before


def test_prices_of_one_offering_leave_all_other_names_as_they_were(full: Session) -> None:
    older = newest(full)
    slug = claimed(older)
    close_prices(full, slug, NOW)
    with recorded() as queries:
        newer = newest(full)
    queries.within(statements=5, rows=50)
    assert newer.offerings is older.offerings
    assert {one for one in newer.priced.periods if newer.priced.periods[one] != older.priced.periods[one]} == {slug}
    assert newer.priced.says_the_same(priced_names(full, book_state(full), PricedNames(), newer.decisive))


def test_an_alias_reads_the_aliases_alone(full: Session) -> None:
    older = newest(full)
    add_alias(full, BY, "my-deployment", "openai/gpt-4o")
    with recorded() as queries:
        newer = newest(full)
    queries.within(statements=4, rows=60)  # the lists' own aliases among them
    assert newer.offerings is older.offerings
    assert newer.priced.periods is older.priced.periods


def test_aliases_are_those_of_both_clocks(full: Session) -> None:
    before = book_state(full).last_change
    assert isinstance(meaning(full, "my-deployment"), Unknown)
    add_alias(full, BY, "my-deployment", "openai/gpt-4o", NOW - timedelta(days=9))
    added = book_state(full).last_change
    end_alias(full, Decider("Ada", LATER), "my-deployment", NOW - timedelta(days=1))
    ended = book_state(full).last_change
    assert before < added < ended

    def means(as_of: datetime, known_at: datetime) -> Any:
        found = resolve_name(full, Clocks(as_of, known_at), "my-deployment")
        return found.slug if isinstance(found, Resolution) else found.why if isinstance(found, Unknown) else found

    now, in_time, too_early = NOW, NOW - timedelta(days=2), NOW - timedelta(days=10)
    for _ in range(2):  # read anew, and remembered
        assert means(now, before) is Why.NO_SUCH_NAME
        assert means(in_time, before) is Why.NOT_YET
        assert means(in_time, added - timedelta(microseconds=1)) is Why.NOT_YET
        assert means(in_time, added) == means(now, added) == means(in_time, ended) == "openai/gpt-4o"
        assert means(now, ended - timedelta(microseconds=1)) == "openai/gpt-4o"
        assert means(now, ended) is means(too_early, added) is Why.NO_SUCH_NAME
