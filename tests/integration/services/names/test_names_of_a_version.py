"""Requests of two versions of one price book, at the same time: each reads names as its own version has them."""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state


def test_a_newer_version_leaves_the_names_of_an_older_one_as_they_were(full_book_url: str) -> None:
    with Session(create_engine(full_book_url, poolclass=NullPool)) as session:
        known = book_state(session)
        older = names_of(session, known)
        before = older.priced
        slug = next(
            slug for slug, periods in before.periods.items() if periods
        )  # the bundled lists hold ids that a clause of another claims
        session.execute(
            text("delete from price where offering_id = (select id from offering where slug = :slug)"), {"slug": slug}
        )
        session.execute(text("update catalogue set version = version + 1"))
        newer = names_of(session, book_state(session))
        assert not newer.priced.periods.get(slug)
        assert before.periods[slug]
        assert names_of(session, known) is older
        assert older.priced is before
        assert newer.priced.turn != before.turn
