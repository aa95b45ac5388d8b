"""A model that no list dates stands where lists that had others before have it first, and says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.models import Offering
from llmpricing.services.catalogue.sightings import FirstSighting, seen_since, sightings
from llmpricing.services.clocks import Clocks
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.books import book_of
from tests.conftest import NOW
from tests.functional.test_pages import cells, rows, spoken
from tests.lists import listed

OLD, NEW, DATED = {"claw-1": (1.0, 2.0)}, {"claw-2": (3.0, 4.0)}, {"claw-3-20261001": (5.0, 6.0)}


def imported(session: Session, day: datetime, minutes: int, *sold: dict[str, tuple[float, float]]) -> None:
    models = {id_: price for one in sold for id_, price in one.items()}
    reading = ReadList(listed("lab", models), day, NOW + timedelta(minutes=minutes), "a test's list", allow_drop=True)
    import_lists(session, [(SOURCES["genai-prices"], reading)])


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """The book's list, which takes one model in by and by, then a second one and one that bears its date."""
    with Session(engine) as session, session.begin():
        imported(session, datetime(2026, 11, 11, tzinfo=UTC), 1, OLD)
        imported(session, datetime(2026, 11, 13, tzinfo=UTC), 2, OLD, NEW, DATED)
    return testapp


def test_the_list_puts_it_there_and_says_that_it_is_seen_since(app: TestApp) -> None:
    page = app.get("/?q=claw")
    told = {slug: cells(row)["Released"] for slug, row in rows(page).items()}
    assert list(told) == ["lab/claw-2", "lab/claw-1", "lab/claw-3-20261001"]
    assert told["lab/claw-2"] == "seen since 13 Nov 2026"
    assert told["lab/claw-3-20261001"] == "1 Oct 2026"
    facts = spoken(app.get("/models/lab/claw-2").html.select_one("dl.facts"))
    assert "Releasedno list says; seen since 13 Nov 2026" in facts


def test_what_a_sources_first_list_holds_tells_nothing_of_the_time_before() -> None:
    def at(day: int) -> datetime:
        return datetime(2026, 11, day, tzinfo=UTC)

    found = [
        FirstSighting(1, 1, at(1)),
        FirstSighting(2, 1, at(5)),
        FirstSighting(2, 2, at(9)),
        FirstSighting(3, 2, at(9)),
    ]
    assert seen_since([*found, FirstSighting(4, 1, at(7)), FirstSighting(4, 2, None)]) == {
        1: (at(1).date(), False),
        2: (at(5).date(), True),
        3: (at(9).date(), False),
    }


def test_a_book_and_the_database_tell_the_same_sightings(app: TestApp, engine: Engine) -> None:
    clocks = Clocks(NOW + timedelta(days=1), NOW + timedelta(days=1))
    with Session(engine) as session:
        assert session.query(Offering).count() > 2
        found: Any = sorted(map(tuple, sightings(session, clocks)), key=str)
        assert found == sorted(map(tuple, sightings(book_of(session), clocks)), key=str)
        assert found
