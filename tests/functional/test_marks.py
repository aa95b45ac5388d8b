"""What a price rests on is told alike by the list, the details, CSV, the pages and a quote, at any time asked for."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import small_list
from tests.queries import recorded
from tests.servers import StoreUrls, template

LARGE = "acme/acme-large"
# The first list is of 10 November and the second of 20 November, with another price; LiteLLM's of the 21st has a third.
TIMES = [
    ("2020-01-01", ["DATE_UNKNOWN"], "carried"),
    ("2026-11-13", ["DATE_UNKNOWN", "BETWEEN_SIGHTINGS"], "carried"),
    ("2026-11-20", [], "seen"),
    ("2026-11-22", ["DISAGREEMENT"], "seen"),
]
CODES = [(at, codes) for at, codes, _ in TIMES]


@pytest.fixture(scope="module")
def file_book(store_urls: StoreUrls, small_book: str) -> str:
    """Name of a template: the small price book after both lists."""
    return template(store_urls, "marks", fill, small_book)


def fill(url: str) -> None:
    changed = json.loads(small_list())
    changed[0]["models"][0]["prices"] |= {"input_mtok": 3}
    entry = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 4e-6, "output_cost_per_token": 1e-5}
    lists = (("genai-prices", 20, changed), ("litellm", 21, {"acme/acme-large": entry}))
    with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
        for source, day, content in lists:
            published, read = datetime(2026, 11, day, tzinfo=UTC), NOW + timedelta(hours=1)
            reading = ReadList(json.dumps(content).encode(), published, read, "a test's list")
            import_lists(session, [(SOURCES[source], reading)])


def of_list(app: TestApp, at: str) -> list[str]:
    found = app.get(f"/api/v1/models?q={LARGE}&provider=acme&as_of={at}").json["data"]
    return list(found[0]["codes"])


def of_csv(app: TestApp, at: str) -> list[str]:
    text = app.get(f"/api/v1/models?q={LARGE}&provider=acme&format=csv&as_of={at}").text
    return [code for code in next(csv.DictReader(StringIO(text)))["codes"].split(";") if code]


def of_details(app: TestApp, at: str) -> list[str]:
    return list(app.get(f"/api/v1/models/{LARGE}?as_of={at}").json["data"]["codes"])


def of_price(app: TestApp, at: str) -> list[str]:
    return list(input_price(app, at)["codes"])


def of_quote(app: TestApp, at: str) -> list[str]:
    asked = {"model": LARGE, "usage": {"input_tokens": 1_000_000}, "at": f"{at}T00:00:00Z"}
    return [warning["code"] for warning in app.post_json("/api/v1/quotes", asked).json["data"]["warnings"]]


def input_price(app: TestApp, at: str) -> Any:
    prices = app.get(f"/api/v1/models/{LARGE}?as_of={at}").json["data"]["prices"]
    return next(price for price in prices if price["meter"] == "input_tokens")


@pytest.mark.parametrize("told", [of_list, of_csv, of_details, of_price, of_quote])
@pytest.mark.parametrize(("at", "codes", "basis"), TIMES, ids=[at for at, *_ in TIMES])
def test_everywhere_the_same_codes(
    testapp: TestApp, at: str, codes: list[str], basis: str, told: Callable[[TestApp, str], list[str]]
) -> None:
    assert told(testapp, at) == codes


@pytest.mark.parametrize(("at", "codes", "basis"), TIMES, ids=[at for at, *_ in TIMES])
def test_a_price_bears_the_evidence_of_the_quote_s_line(
    testapp: TestApp, at: str, codes: list[str], basis: str
) -> None:
    asked = {"model": LARGE, "usage": {"input_tokens": 1_000_000}, "at": f"{at}T00:00:00Z"}
    line = testapp.post_json("/api/v1/quotes", asked).json["data"]["lines"][0]
    evidence = input_price(testapp, at)["evidence"]
    assert evidence == line["evidence"]
    assert evidence["basis"] == basis


@pytest.mark.parametrize(
    ("at", "marks"),
    [
        ("2020-01-01", ["date unknown"]),
        ("2026-11-13", ["date unknown", "between two lists"]),
        ("2026-11-20", []),
        ("2026-11-22", ["lists differ"]),
    ],
)
def test_pages_say_it_in_words(testapp: TestApp, at: str, marks: list[str]) -> None:
    for path in (f"/?q={LARGE}&provider=acme&as_of={at}&show=undated", f"/models/{LARGE}?as_of={at}&show=undated"):
        page = testapp.get(path).html
        named = page.select("h1 .tag" if path.startswith("/models") else "table.offerings tbody th .tag")
        assert [tag.get_text() for tag in named] == marks
        explained = [tag.get_text() for tag in page.select(".meanings li .tag")]
        told = {tag["href"] for tag in page.select(".meanings a.tag")}
        assert {f"/docs/notices#{code}" for code in dict(CODES)[at]} <= told
        assert set(marks) <= set(explained) == {tag.get_text() for tag in page.select("main .tag[title]")}


def test_a_page_of_the_list_asks_no_more_for_fifty_offerings_than_for_one(testapp: TestApp) -> None:
    asked = []
    for query in ("limit=1", "limit=50"):
        testapp.get(f"/api/v1/models?{query}&as_of=2020-01-01")
        with recorded() as queries:
            testapp.get(f"/api/v1/models?{query}&as_of=2020-01-02")
        asked.append(len(queries.asked))
    # a page that does not hold the whole list asks once more: how many there are
    assert asked[1] <= asked[0]
