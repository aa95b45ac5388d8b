"""The regions of a seller: of how many models its prices are told there, and how much dearer or cheaper they are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.book.file import open_book
from llmpricing.services.catalogue.seller_regions import placed_prices, seller_regions
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.export import export_book
from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW, running_app
from tests.functional.test_pages import spoken

ASKED = {  # USD per million tokens in and out, by LiteLLM's key
    "azure/gpt-9": (2, 8), "azure/eu/gpt-9": (2.2, 8.8), "azure/us/gpt-9": (2, 8),
    "azure/gpt-8": (1, 4), "azure/eu/gpt-8": (1, 4), "azure/us/gpt-8": (0.9, 4.1),
    "azure/eu/gpt-7": (5, 5),
    "amazon.claw-v1:0": (3, 15), "eu.amazon.claw-v1:0": (3.3, 16.5), "global.amazon.claw-v1:0": (3, 15),
    "bedrock/eu-west-2/amazon.claw-v1:0": (3.0003, 15),
}  # fmt: skip
AT = NOW + timedelta(hours=2)


def bring(engine: Engine, source: SourceInfo = SOURCES["litellm"]) -> None:
    """Import a map that prices some models by region, as a list of this source."""
    entries = {
        key: {
            "litellm_provider": "azure" if key.startswith("azure") else "bedrock",
            "mode": "chat",
            "input_cost_per_token": into / 1_000_000,
            "output_cost_per_token": out / 1_000_000,
        }
        for key, (into, out) in ASKED.items()
    }
    published = datetime(2026, 11, 15, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(entries).encode(), published, NOW + timedelta(hours=1), "a test's list")
        import_lists(session, [(source, reading)])


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """The application over the small price book and that map."""
    bring(engine)
    return testapp


def table(app: TestApp, path: str) -> dict[str, list[str]]:
    rows = app.get(path).html.select("table.regions tbody tr")
    return {spoken(row.th): [spoken(cell) for cell in row.select("td")] for row in rows}


def test_a_seller_shows_its_regions_beside_its_prices_without_one(app: TestApp) -> None:
    page = app.get("/providers/azure").html
    assert spoken(page.select_one(".lead a[href='#regions']")) == "2 regions"
    assert table(app, "/providers/azure") == {
        "eu": ["3", "typically 5 % more from as much (1 of 2) to 10 % more, 1 model without another price"],
        "us": ["2", "typically 1.9 % less from 10 % less to 2.5 % more, as much at 1 of 2"],
    }
    assert table(app, "/providers/aws") == {
        "eu": ["1", "10 % more under ids of their own"],
        "eu-west-2": ["1", "typically less than 0.1 % more from as much to less than 0.1 % more"],
        "global": ["1", "as much under ids of their own"],
    }


def test_the_api_tells_the_same(app: TestApp) -> None:
    def told(region: str, models: int, compared: int, as_much: int, *times: str) -> dict[str, Any]:
        counts = {"models": models, "compared": compared, "as_much": as_much}
        return {
            "region": region,
            **counts,
            **dict(zip(("least_times", "middle_times", "most_times"), times, strict=True)),
        }

    found = app.get("/api/v1/providers/azure").json["data"]
    assert found["regions"] == [told("eu", 3, 2, 1, "1", "1.05", "1.1"), told("us", 2, 2, 1, "0.9", "0.9812", "1.025")]
    assert app.get("/api/v1/providers/acme").json["data"]["regions"] == []
    assert "regions" not in app.get("/api/v1/providers").json["data"][0]


def test_a_seller_without_such_prices_shows_none(app: TestApp) -> None:
    page = app.get("/providers/acme").html
    assert page.select_one("#regions") is None
    assert "region" not in spoken(page.select_one(".lead"))


def test_a_day_before_the_list_has_none_unless_it_is_asked_for_what_is_undated(
    empty_book_url: str, redis_url: str
) -> None:
    engine = create_engine(empty_book_url, poolclass=NullPool)
    bring(engine, replace(SOURCES["litellm"], states_dates=True))  # undated, its prices are of ever
    engine.dispose()
    before = "/providers/azure?as_of=2026-09-01"
    with running_app(empty_book_url, redis_url) as app:
        assert table(app, before) == {}
        assert table(app, f"{before}&show=undated") == table(app, "/providers/azure") != {}


def test_a_book_in_memory_tells_the_same(app: TestApp, engine: Engine, tmp_path: Path) -> None:
    with Session(engine) as session:
        export_book(session, tmp_path / "a.book")
        book = open_book(tmp_path / "a.book").price_book
        for as_of in (AT, AT - timedelta(days=400)):
            clocks = book_state(book).clocks(as_of, None)
            for seller in ("azure", "aws", "acme", "nobody"):
                found = [seller_regions(reads, clocks, seller) for reads in (book, session)]
                assert found[0] == found[1]
                prices = [sorted(placed_prices(reads, clocks, seller)) for reads in (book, session)]
                assert prices[0] == prices[1]
        assert [one.region for one in seller_regions(book, book_state(book).clocks(AT, None), "azure")] == ["eu", "us"]
