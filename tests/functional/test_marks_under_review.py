"""A price that is held back stands beside the one that counts, on the list and on its page, until a person decides."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import small_list

LARGE = "acme/acme-large"
SLIPPED, NEW = 2500, 135_000  # a thousand times the price, and far too much for a model that nobody knew


@pytest.fixture(autouse=True)
def _slip(engine: Engine) -> None:
    content = json.loads(small_list())
    content[0]["models"][0]["prices"]["input_mtok"] = SLIPPED
    slipped = {"input_mtok": NEW, "output_mtok": NEW * 4}
    content[0]["models"].append({"id": "acme-new", "match": {"equals": "acme-new"}, "prices": slipped})
    with Session(engine) as session, session.begin():
        published, read = datetime(2026, 11, 20, tzinfo=UTC), NOW + timedelta(hours=1)
        import_lists(session, [(SOURCES["genai-prices"], ReadList(json.dumps(content).encode(), published, read, "x"))])


def spoken(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


def test_the_list_shows_the_price_that_counts_and_the_newer_one(testapp: TestApp) -> None:
    (row,) = testapp.get(f"/?q={LARGE}&provider=acme").html.select("table.offerings tbody tr")
    assert spoken(row.select_one("td[data-label=Input]")) == "$ 2.50 genai-prices now: $2,500.00"
    assert spoken(row.select_one("td[data-label=Output]")) == "$ 10.00"
    assert "under review" in [tag.get_text() for tag in row.select("th .tag")]


def test_its_page_shows_both_and_says_which_counts(testapp: TestApp) -> None:
    page = testapp.get(f"/models/{LARGE}").html
    assert "under review" in [tag.get_text() for tag in page.select("h1 .tag")]
    (told,) = page.select("#base ~ .notice")
    assert spoken(told) == (
        "Input tokens per million tokens: genai-prices now: $2,500.00 ; until a person decides, $2.50 counts."
    )
    (waits,) = page.select("table.matrix .waits")
    assert spoken(waits.parent) == "$ 2.50 under review genai-prices now: $2,500.00"


def test_the_first_price_of_a_model_that_is_held_back_is_unknown_and_shown_as_waiting(testapp: TestApp) -> None:
    page = testapp.get("/models/acme/acme-new").html
    cells = [spoken(cell) for cell in page.select("table.matrix td")]
    assert "unknown stopped for review genai-prices now: $135,000.00" in cells
    assert "until a person decides, its price is unknown." in spoken(page.select_one("#base ~ .notice"))


def test_the_api_says_what_the_page_says(testapp: TestApp) -> None:
    prices = testapp.get(f"/api/v1/models/{LARGE}").json["data"]["prices"]
    waiting = {price["meter"]: price["waiting"] for price in prices}
    assert waiting.pop("input_tokens") == [{"source": "genai-prices", "amount": "2500"}]
    assert not any(waiting.values())


def test_nothing_waits_before_the_slip_was_read(testapp: TestApp) -> None:
    page = testapp.get(f"/models/{LARGE}?known_at={NOW + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}&as_of=2026-11-22")
    assert not page.html.select(".waits")
