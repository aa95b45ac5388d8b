"""An answer about a time before the price was first seen says so, however it is asked for."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.commands import Commands, commands_on
from tests.conftest import NOW
from tests.lists import small_list
from tests.servers import StoreUrls, template

BEFORE, SINCE = "2020-01-01", "2026-11-21"
# What is used of each; searches have no column in the list.
USED = {"acme/acme-large": {"input_tokens": 1000}, "acme/acme-search": {"web_searches": 2}}


@pytest.fixture(scope="module")
def file_book(store_urls: StoreUrls, small_book: str) -> str:
    """Name of a template: the small price book with an offering that sells searches."""
    return template(store_urls, "searches", fill, small_book)


def fill(url: str) -> None:
    content = json.loads(small_list())
    search = {"id": "acme-search", "match": {"equals": "acme-search"}, "prices": {"web_searches_kcount": 30}}
    content[0]["models"].append(search)
    with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
        published = datetime(2026, 11, 20, tzinfo=UTC)
        reading = ReadList(json.dumps(content).encode(), published, NOW, "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, book_url, redis_url)


def in_list(app: TestApp, slug: str, at: str) -> bool:
    (item,) = app.get(f"/api/v1/models?q={slug}&provider=acme&as_of={at}").json["data"]
    return "DATE_UNKNOWN" in item["codes"]


def in_csv(app: TestApp, slug: str, at: str) -> bool:
    text = app.get(f"/api/v1/models?q={slug}&provider=acme&format=csv&as_of={at}").text
    return "DATE_UNKNOWN" in next(csv.DictReader(StringIO(text)))["codes"]


def in_comparison(app: TestApp, slug: str, at: str) -> bool:
    data = app.get(f"/api/v1/compare?models={slug},acme/acme-small&as_of={at}").json["data"]
    return "DATE_UNKNOWN" in data[0]["codes"]


def in_details(app: TestApp, slug: str, at: str) -> bool:
    data = app.get(f"/api/v1/models/{slug}?as_of={at}").json["data"]
    found = {"DATE_UNKNOWN" in codes for codes in (data["codes"], *(price["codes"] for price in data["prices"]))}
    assert len(found) == 1
    return found.pop()


def on_the_list_s_page(app: TestApp, slug: str, at: str) -> bool:
    page = app.get(f"/?q={slug}&provider=acme&as_of={at}&show=undated").html
    return "date unknown" in [tag.get_text() for tag in page.select("table.offerings tbody th .tag")]


def on_its_page(app: TestApp, slug: str, at: str) -> bool:
    page = app.get(f"/models/{slug}?as_of={at}&show=undated").html
    return "date unknown" in [tag.get_text() for tag in page.select("h1 .tag")]


def in_a_quote(app: TestApp, slug: str, at: str) -> bool:
    asked = {"model": slug, "usage": USED[slug], "at": f"{at}T00:00:00Z"}
    return "DATE_UNKNOWN" in [one["code"] for one in app.post_json("/api/v1/quotes", asked).json["data"]["warnings"]]


@pytest.mark.parametrize("slug", USED)
@pytest.mark.parametrize(
    "told", [in_list, in_csv, in_comparison, in_details, on_the_list_s_page, on_its_page, in_a_quote]
)
def test_api_and_pages_say_so(testapp: TestApp, slug: str, told: Callable[[TestApp, str, str], bool]) -> None:
    assert told(testapp, slug, BEFORE)
    assert not told(testapp, slug, SINCE)


@pytest.mark.parametrize("slug", USED)
def test_the_command_of_one_quote_says_so(commands: Commands, slug: str) -> None:
    for at, is_told in ((BEFORE, True), (SINCE, False)):
        meters = [word for name, count in USED[slug].items() for word in ("--meter", f"{name}={count}")]
        result = commands.run("quote", slug, *meters, "--at", at)
        assert result.exit_code == 0, result.output
        assert ("DATE_UNKNOWN" in result.output) is is_told


def test_priced_usage_says_so_row_by_row(commands: Commands, tmp_path: Path) -> None:
    log, priced = tmp_path / "log.csv", tmp_path / "priced.csv"
    with log.open("w", newline="") as file:
        rows = csv.DictWriter(file, ["model", "at", "input_tokens", "web_searches"], restval="0")
        rows.writeheader()
        for slug, used in USED.items():
            for at in (BEFORE, SINCE):
                rows.writerow({"model": slug, "at": f"{at}T00:00:00Z", **used})
    result = commands.run("price", str(log), "--out", str(priced))
    assert result.exit_code == 0, result.output
    with priced.open(newline="") as file:
        told = ["DATE_UNKNOWN" in row["warnings"] for row in csv.DictReader(file)]
    assert told == [True, False, True, False]
    assert "DATE_UNKNOWN" in result.output
