"""Up to when a model knows: what lists state at its lab, else at most sellers, on pages and in the API."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.book.file import open_book
from llmpricing.services.catalogue.knowledge_cutoffs import KnowledgeCutoff, knowledge_cutoff
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.same_model import model_of
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.export import export_book
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.functional.test_compare_page import lines
from tests.functional.test_pages import spoken

STATED = {  # by seller and id: the cutoff, and the release where it is not this year's
    "openai": {"gpt-9": ("2025-10", None), "gpt-8": ("2024-06-30", "2024-06-11"), "gpt-7": (None, None)},
    "azure": {"gpt-9": ("2024-01", None), "gpt-8": (None, None)},
    "resale": {"openai/gpt-9": ("2024-01", None), "zeta-2": ("2025-01", None)},
    "bazaar": {"zeta-2": ("2025-01-31", None)},
    "market": {"zeta-2": ("2025-03", None)},
    "corner": {"zeta-2": (None, None)},
}


def described() -> bytes:
    sellers = {
        seller: {"id": seller, "name": seller.title(), "models": {id_: _entry(id_, *said) for id_, said in of.items()}}
        for seller, of in STATED.items()
    }
    return json.dumps(sellers).encode()


def _entry(id_: str, cutoff: str | None, released: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": id_, "tool_call": True, "cost": {"input": 2, "output": 8}}
    entry |= {"release_date": released or "2026-03-01", "family": "gpt" if "gpt" in id_ else ""}
    return entry | ({"knowledge": cutoff} if cutoff else {})


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """The application over what one list describes of several sellers."""
    with Session(engine) as session, session.begin():
        reading = ReadList(described(), datetime(2026, 11, 15, tzinfo=UTC), NOW + timedelta(hours=1), "a test's list")
        import_lists(session, [(SOURCES["models-dev"], reading)])
    return testapp


def told(app: TestApp, path: str) -> str:
    facts = app.get(f"/models/{path}").html.select("dl.facts > div")
    return next(spoken(one.dd) for one in facts if spoken(one.dt) == "Knowledge cutoff")


def answered(app: TestApp, path: str) -> Any:
    return app.get(f"/api/v1/models/{path}").json["data"]["knowledge_cutoff"]


@pytest.mark.parametrize(
    ("slug", "words", "answer"),
    [
        # whoever sells it, the lab's word counts; a month stays one
        ("openai/gpt-9", "Oct 2025", ("2025-10", True, 1, 1, False)),
        ("resale/openai/gpt-9", "Oct 2025", ("2025-10", True, 1, 1, False)),
        ("azure/gpt-8", "30 Jun 2024 doubtful: after its release", ("2024-06-30", True, 1, 1, True)),
        # a lab that sells nothing itself: the month of most sellers of whom lists state one
        ("corner/zeta-2", "Jan 2025 at 2 of 3 sellers", ("2025-01", False, 2, 3, False)),
        ("openai/gpt-7", "unknown", None),
        ("acme/acme-large", "unknown", None),  # which no list describes
    ],
)
def test_the_page_of_a_model_and_the_api_tell_it_alike(app: TestApp, slug: str, words: str, answer: Any) -> None:
    assert told(app, slug) == words
    names = ("until", "is_labs", "agreeing", "sellers", "is_doubtful")
    expected = None if answer is None else dict(zip(names, answer, strict=True))
    assert answered(app, slug) == expected
    (compared, _) = app.get(f"/api/v1/compare?models={slug},acme/acme-small").json["data"]
    assert compared["id"] == "acme/acme-small" or compared["knowledge_cutoff"] == expected


def test_side_by_side_the_latest_is_the_best_unless_it_is_doubtful(app: TestApp) -> None:
    page = app.get("/compare?models=openai/gpt-9,azure/gpt-8,corner/zeta-2,openai/gpt-7")
    found = lines(page)
    assert found["Knowledge cutoff"] == [
        "Oct 2025 best", "30 Jun 2024 doubtful: after its release", "Jan 2025 at 2 of 3 sellers", "– no list says",
    ]  # fmt: skip
    assert found["Released"] == ["1 Mar 2026", "11 Jun 2024", "1 Mar 2026", "1 Mar 2026"]
    assert "| Knowledge cutoff | **Oct 2025** | 30 Jun 2024, doubtful: after its release |" in page.text
    (one, *_) = app.get("/api/v1/compare?models=openai/gpt-9,azure/gpt-8").json["data"]
    assert one["released_on"] == {"openai/gpt-9": "2026-03-01", "azure/gpt-8": "2024-06-11"}[one["id"]]
    doubtful = lines(app.get("/compare?models=azure/gpt-8,openai/gpt-7"))["Knowledge cutoff"]
    assert doubtful == ["30 Jun 2024 doubtful: after its release", "– no list says"]


def test_what_lies_after_the_day_asked_for_is_not_told_of_it(app: TestApp) -> None:
    assert told(app, "openai/gpt-9?as_of=2025-09-30&show=undated") == "unknown"
    assert told(app, "openai/gpt-9?as_of=2025-10-01&show=undated") == "Oct 2025"
    for day, cutoff in (("2025-09-30", None), ("2025-10-01", "2025-10")):
        data = app.get(f"/api/v1/models/openai/gpt-9?as_of={day}").json["data"]
        assert (data["knowledge_cutoff"] or {}).get("until") == cutoff
        assert data["released_on"] is None
    assert app.get("/api/v1/models/openai/gpt-9").json["data"]["released_on"] == "2026-03-01"


def test_a_book_in_memory_tells_the_same(app: TestApp, engine: Engine, tmp_path: Path) -> None:
    with Session(engine) as session:
        export_book(session, tmp_path / "a.book")
        book = open_book(tmp_path / "a.book").price_book
        clocks = book_state(book).clocks(NOW + timedelta(hours=2), None)
        stands_on = names_of(session, book_state(session)).standing(clocks.known_at)
        models = [model_of(reads, book_state(reads), clocks, "corner/zeta-2", stands_on) for reads in (book, session)]
    found = [knowledge_cutoff(model, clocks.as_of.date()) for model in models]
    assert found == [KnowledgeCutoff("2025-01", False, 2, 3, False)] * 2


class _Row:
    def __init__(self, id_: str, cutoff: str | None) -> None:
        self.id, self.provider, self.knowledge_cutoff = id_, id_.partition("/")[0], cutoff


@pytest.mark.parametrize(
    ("stated", "until"),
    [
        ({"a/m": "2025-03", "b/m": "2025-01"}, "2025-01"),  # as often the one as the other
        ({"a/m": "2025-01-31", "b/m": "2025-01", "c/m": "2025-01-31"}, "2025-01-31"),
        ({"a/m": "2025-01-31", "b/m": "2025-01"}, "2025-01"),  # a month claims less than its last day
        ({"a/m": "2025-03", "a/m:free": "2025-03", "b/m": "2025-01", "c/m": "2025-01"}, "2025-01"),  # sellers count
        ({"a/m": "2024-01", "a/m-latest": "2026-01", "b/m-latest": "2026-01"}, "2024-01"),  # which names by and by
    ],
)
def test_whose_word_counts(stated: dict[str, str], until: str) -> None:
    rows: tuple[Any, ...] = tuple(_Row(*one) for one in stated.items())
    found = knowledge_cutoff(SoldModel("M", "lab", "chat", None, rows, {}), date(2026, 11, 28))
    assert found is not None
    assert found.until == until
