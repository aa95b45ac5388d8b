"""A snapshot whose own lists have no price shows that of its alias, with a note, wherever prices are shown."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW

# By id: the prices of LiteLLM's map; the alias asks 2 in, 8 out, 0.5 for cache reads, and 30 for a thousand searches.
SNAPSHOTS: dict[str, dict[str, float]] = {
    "silent-2026-04-14": {"output_cost_per_image": 1.0},
    "alike-2026-04-14": {"input_cost_per_token": 2e-6},
    "dearer-2026-04-14": {"input_cost_per_token": 3e-6},
}
ALIAS = {"input_mtok": 2, "output_mtok": 8, "cache_read_mtok": 0.5, "web_searches_kcount": 30}
SHOWN = {  # input, output, cache read, codes
    "silent-2026-04-14": ("2", "8", "0.5", ["VIA_OFFERING"]),
    "alike-2026-04-14": ("2", "8", "0.5", ["VIA_OFFERING"]),
    "dearer-2026-04-14": ("3", None, None, []),
    "alike": ("2", "8", "0.5", []),
}
COLUMNS = ("input_per_mtok", "output_per_mtok", "cache_read_per_mtok", "codes")


def names(snapshot: str) -> str:
    return snapshot.removesuffix("-2026-04-14")


@pytest.fixture(autouse=True)
def _book(engine: Engine) -> None:
    models = [
        {
            "id": names(one),
            "match": {"or": [{"equals": names(one)}, {"equals": one}]},
            "prices": ALIAS,
        }
        for one in SNAPSHOTS
    ]
    seller = [{"id": "bottega", "name": "Bottega", "api_pattern": "bottega", "models": models}]
    entries = {
        f"bottega/{one}": {"litellm_provider": "bottega", "mode": "chat", **prices} for one, prices in SNAPSHOTS.items()
    }
    with Session(engine) as session, session.begin():
        for source, content in (("genai-prices", seller), ("litellm", entries)):
            published = datetime(2026, 11, 20, tzinfo=UTC)
            reading = ReadList(json.dumps(content).encode(), published, NOW, "a test's list", allow_drop=True)
            import_lists(session, [(SOURCES[source], reading)])


def shown(item: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(item[name] for name in COLUMNS)


def test_the_list_compare_csv_and_details_show_what_a_quote_takes(testapp: TestApp) -> None:
    listed = {item["id"]: item for item in testapp.get("/api/v1/models?provider=bottega").json["data"]}
    ids = ",".join(f"bottega/{one}" for one in SHOWN)
    compared = {item["id"]: item for item in testapp.get(f"/api/v1/compare?models={ids}").json["data"]}
    text = testapp.get("/api/v1/models?provider=bottega&format=csv").text
    rows = {row["id"]: row for row in csv.DictReader(StringIO(text))}
    for name, told in SHOWN.items():
        slug = f"bottega/{name}"
        detail = testapp.get(f"/api/v1/models/{slug}").json["data"]
        assert [shown(one[slug]) for one in (listed, compared)] == [told, told]
        assert shown(detail) == told
        assert shown(rows[slug]) == (*(value or "" for value in told[:3]), ";".join(told[3]))


@pytest.mark.parametrize("name", SHOWN)
def test_details_hold_the_prices_of_the_quote_s_lines(testapp: TestApp, name: str) -> None:
    usage = {"input_tokens": 1000, "output_tokens": 1000, "cache_read_tokens": 500, "web_searches": 1}
    asked = {"model": f"bottega/{name}", "usage": usage}
    quote = testapp.post_json("/api/v1/quotes", asked).json["data"]
    detail = testapp.get(f"/api/v1/models/bottega/{name}").json["data"]
    prices = {price["price_id"]: price for price in detail["prices"]}
    lines = [line for line in quote["lines"] if line["price_id"]]
    assert lines
    for line in lines:
        assert prices[line["price_id"]]["evidence"] == line["evidence"]
    borrowed = {price["meter"] for price in prices.values() if "VIA_OFFERING" in price["codes"]}
    assert borrowed == {price["meter"] for price in prices.values() if price["evidence"]["via"]}
    assert bool(borrowed) is ("VIA_OFFERING" in {note["code"] for note in quote["notes"]})


def test_pages_say_whose_price_it_is(testapp: TestApp) -> None:
    row = testapp.get("/?provider=bottega&q=alike-2026").html.select("table.offerings tbody tr")[0]
    assert [tag.get_text() for tag in row.select("th .tag")] == ["of another id"]
    assert "8.00" in row.get_text()
    page = testapp.get("/models/bottega/alike-2026-04-14").html
    assert "that of bottega/alike" in page.get_text()
    assert "of another id" in [tag.get_text() for tag in page.select(".meanings li .tag")]


def prices_in_order(app: TestApp, query: str) -> Iterator[tuple[str, str]]:
    """All pages of one row each."""
    address = f"/api/v1/models?provider=bottega&limit=1&{query}"
    while address:
        page = app.get(address).json
        yield from ((item["id"].partition("/")[2], item["output_per_mtok"]) for item in page["data"])
        following = page["meta"]["next"]
        address = following and f"/api/v1/models?provider=bottega&limit=1&{query}&cursor={following}"


def test_borrowed_prices_are_sorted_filtered_and_paged_as_own_ones(testapp: TestApp) -> None:
    found = list(prices_in_order(testapp, "sort=-output_per_mtok"))
    assert [amount for _, amount in found] == ["8"] * 5 + [None]
    assert found[-1][0] == "dearer-2026-04-14"
    cheap = dict(prices_in_order(testapp, "max_output_price=8"))
    assert cheap.keys() == {name for name, _ in found} - {"dearer-2026-04-14"}
