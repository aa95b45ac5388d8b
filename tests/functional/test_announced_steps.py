"""A step that lists announce is said wherever the month of now is: from when, what it costs then, and how much more."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from tests.functional.test_compare_page import lines
from tests.functional.test_model_list import named
from tests.functional.test_pages import cells, spoken

MONTH = "tokens=1M&input_share=50"
TOLD = "From 1 Jan 2099: input $4.00 (now $2.00), output $8.00 (now $6.00); my month $6.00, +50 %"


@pytest.fixture
def app(testapp: TestApp, engine: Engine) -> TestApp:
    """A model that grows dearer in time to come, one that does not, and one of which only another service does."""
    later = {"constraint": {"start_date": "2099-01-01"}, "prices": {"input_mtok": 4, "output_mtok": 8}}
    dearer = {"id": "gpt-9", "match": {"equals": "gpt-9"}, "prices": [_now(2, 6), later]}
    searches = {"input_mtok": 2, "output_mtok": 6, "requests_kcount": 1}
    steady = {"id": "gpt-8", "match": {"equals": "gpt-8"}, "prices": _now(2, 6)["prices"]}
    then = {"constraint": {"start_date": "2099-01-01"}, "prices": {**searches, "requests_kcount": 2}}
    other = {"id": "gpt-7", "match": {"equals": "gpt-7"}, "prices": [{"prices": searches}, then]}
    free = {"id": "gpt-6", "match": {"equals": "gpt-6"}, "prices": [_now(0, 0), later]}
    long = {"input_mtok": {"base": 2, "tiers": [{"start": 200_000, "price": 5}]}, "output_mtok": 6}
    first = {"constraint": {"start_date": "2098-01-01"}, "prices": long}
    twice = {"id": "gpt-5", "match": {"equals": "gpt-5"}, "prices": [_longer(4), first, later]}
    lately = {"constraint": {"start_date": "2026-11-24"}, "prices": {"input_mtok": 4, "output_mtok": 8}}
    past = {"id": "gpt-4", "match": {"equals": "gpt-4"}, "prices": [_now(2, 6), lately]}
    models = [dearer, steady, other, free, twice, past]
    sold = [{"id": "openai", "name": "OpenAI", "api_pattern": "openai", "models": models}]
    published = datetime(2026, 11, 15, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        reading = ReadList(json.dumps(sold).encode(), published, NOW + timedelta(hours=1), "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], replace(reading, allow_drop=True))])
    return testapp


def _now(input_: float, output: float) -> dict[str, Any]:
    return {"prices": {"input_mtok": input_, "output_mtok": output}}


def _longer(above: float) -> dict[str, Any]:
    tiers = [{"start": 200_000, "price": above}]
    return {"prices": {"input_mtok": {"base": 2, "tiers": tiers}, "output_mtok": 6}}


def test_what_is_free_until_then_says_so_with_what_it_costs_then(app: TestApp) -> None:
    page = app.get(f"/compare?models=openai/gpt-6,openai/gpt-8&{MONTH}")
    assert lines(page)["My month"] == ["free best from 1 Jan 2099: $6.00, free until then", "$4.00"]


def test_an_end_after_which_the_row_asks_the_same_hides_no_later_step(app: TestApp) -> None:
    page = app.get(f"/compare?models=openai/gpt-5,openai/gpt-8&{MONTH}")
    assert lines(page)["My month"][0] == "$4.00 from 1 Jan 2099: $6.00, +50 %"


def test_an_address_that_is_pinned_tells_what_was_announced_then_whenever_it_is_read(app: TestApp) -> None:
    two = f"/compare?models=openai/gpt-4,openai/gpt-8&{MONTH}"
    pinned = lines(app.get(f"{two}&as_of=2026-11-23&known_at=2026-11-23"))["My month"]
    assert pinned[0].startswith("$4.00 from 24 Nov 2026: $6.00, +50 %")
    assert "2026" not in lines(app.get(f"{two}&as_of=2026-11-25&known_at=2026-11-25"))["My month"][0]


def test_a_row_of_the_list_says_from_when_its_month_is_another(app: TestApp) -> None:
    found = {row.select_one("input.mark")["value"]: row for row in named(app.get(f"/?q=gpt&{MONTH}")).values()}
    row = found["openai/gpt-9"]
    (tag,) = [one for one in row.select("th > .tag") if "2099" in spoken(one)]
    assert (spoken(tag), tag["title"]) == ("from 1 Jan 2099: +50 %", TOLD)
    assert cells(row)["My month"] == "$4.00 $4.00 per M from 1 Jan 2099: $6.00, +50 %"
    assert "2099" not in spoken(found["openai/gpt-8"])


def test_the_model_page_and_the_calculator_say_it_beside_the_prices_of_now(app: TestApp) -> None:
    for path in ("/models/openai/gpt-9?", "/calculator?model=openai/gpt-9&"):
        told = [spoken(one) for one in app.get(path + MONTH).html.select("main p.warning")]
        assert f"{TOLD}." in told, path
        assert "2099" not in app.get(path.replace("gpt-9", "gpt-8") + MONTH).text.partition('id="ranked"')[0]
    ranked = app.get(f"/calculator?{MONTH}").html.select("table.ranked tbody tr")
    (row,) = [one for one in ranked if spoken(one.select_one(".id")) == "openai/gpt-9"]
    assert "from 1 Jan 2099: +50 %" in [spoken(tag) for tag in row.select(".tag")]


def test_a_comparison_says_it_behind_its_month_and_in_its_copy(app: TestApp) -> None:
    page = app.get(f"/compare?models=openai/gpt-9,openai/gpt-8&{MONTH}")
    assert lines(page)["My month"] == ["$4.00 from 1 Jan 2099: $6.00, +50 %", "$4.00"]
    assert any(spoken(one).endswith(f"{TOLD[1:]}.") for one in page.html.select(".intro p.warning"))
    assert "| $4.00, from 1 Jan 2099: $6.00, +50 % | $4.00 |" in page.html.select_one("#markdown").get_text()


def test_the_list_of_the_api_and_the_ranking_as_csv_tell_the_same(app: TestApp) -> None:
    listed = {one["id"]: one["announced"] for one in app.get("/api/v1/models?provider=openai").json["data"]}
    dearer = {
        "at": "2099-01-01T00:00:00Z",
        "price_state": "priced",
        "currency": "USD",
        "input_per_mtok": "4",
        "output_per_mtok": "8",
        "cache_read_per_mtok": None,
        "cache_write_per_mtok": None,
    }
    assert listed == {
        **dict.fromkeys(("openai/gpt-9", "openai/gpt-6", "openai/gpt-5"), dearer),
        "openai/gpt-4": None,  # whose step lies behind
        "openai/gpt-8": None,
        "openai/gpt-7": None,  # of which another service alone costs more
    }
    then = app.get("/api/v1/models?provider=openai&as_of=2099-02-01").json["data"]
    assert [one["announced"] for one in then] == [None] * 6
    rows = {row["offering"]: row for row in csv.DictReader(StringIO(app.get(f"/calculator.csv?{MONTH}").text))}
    told = {slug: (row["month_usd"], row["announced_at"], row["announced_month_usd"]) for slug, row in rows.items()}
    assert told["openai/gpt-9"] == ("4", "2099-01-01T00:00:00+00:00", "6")
    assert told["openai/gpt-8"] == ("4", "", "")


def test_what_was_known_then_of_a_day_gone_by_is_no_announcement(app: TestApp) -> None:
    assert "2099" in app.get(f"/?q=gpt-9&{MONTH}").text
    then = named(app.get(f"/?q=gpt-9&as_of=2099-02-01&{MONTH}"))
    assert all("from 1 Jan" not in spoken(row) for row in then.values())
