"""The API counts the prices of a past day as the pages do: none that is not known to have been asked then."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import running_app
from tests.functional.test_not_known_then import BEFORE, CACHED, DAY, LARGE, O3, SHOW, SINCE, month_of_quote

PLAIN = {"tokens": "5000000", "input_share": "0.5"}
BATCH = {"tokens": "20000000", "input_share": "0.7", "cached_share": "0.7", "batch_share": "0.5"}
LATER_TOO = {"show": "undated"}


@pytest.fixture(scope="module")
def fullapp(full_book_of_module: str, redis_url: str) -> Iterator[TestApp]:
    """The application over all bundled prices."""
    with running_app(full_book_of_module, redis_url) as found:
        yield found


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def by_api(app: TestApp, **asked: Any) -> dict[str, dict[str, str]]:
    """Total and state at every offering."""
    answer = app.get("/api/v1/calculator", {"format": "csv", "fields": "id,total,state", **asked})
    return {row["id"]: row for row in rows(answer.text)}


def by_page(app: TestApp, **asked: Any) -> dict[str, str]:
    """The month at every model that the page ranks, by its offering."""
    return {row["offering"]: row["month_usd"] for row in rows(app.get("/calculator.csv", asked).text)}


@pytest.mark.parametrize("month", [PLAIN, CACHED, BATCH], ids=["plain", "cached", "half as batch"])
@pytest.mark.parametrize("at", [DAY, "2026-05-01", "2025-09-01"])
def test_calculator_and_its_page_tell_the_same_of_a_past_day(fullapp: TestApp, month: dict[str, str], at: str) -> None:
    page, api = by_page(fullapp, as_of=at, **month), by_api(fullapp, as_of=at, **month)
    assert len(page) > 5
    assert {slug: api[slug]["total"] for slug in page} == page
    undated = {slug for slug, row in api.items() if row["state"] == "undated"}
    assert undated
    assert {api[slug]["total"] for slug in undated} == {""}
    later_page, later_api = (tell(fullapp, as_of=at, **month, **LATER_TOO) for tell in (by_page, by_api))
    assert {slug: later_api[slug]["total"] for slug in later_page} == later_page
    assert undated & later_page.keys()
    assert "undated" not in {row["state"] for row in later_api.values()}
    assert later_api.keys() == api.keys()


def test_a_cache_price_that_was_not_known_then_is_none_in_the_api_too(fullapp: TestApp) -> None:
    plain, cached = (month_of_quote(fullapp, read) for read in (0, 9_800_000))
    totals = [by_api(fullapp, model=O3, as_of=DAY, **CACHED, **more)[O3]["total"] for more in ({}, LATER_TOO)]
    assert [*map(Decimal, totals)] == [plain, cached]
    assert plain != cached


def test_what_is_not_known_of_a_day_has_no_rank_no_saving_and_passes_no_bound(testapp: TestApp) -> None:
    def told(more: str = "") -> dict[str, Any]:
        answer = testapp.get(f"/api/v1/calculator?as_of={BEFORE}{more}").json
        return {row["id"]: row for row in answer["data"]}

    row = told()[LARGE]
    assert [row[name] for name in ("rank", "total", "list_total", "saving", "state", "codes")] == [
        None,
        None,
        None,
        None,
        "undated",
        [],
    ]
    assert told(f"&against={LARGE}")["acme/acme-dated"]["saving"] is None
    assert told(SHOW)[LARGE]["total"] == "5.5"
    assert LARGE not in told("&max_input_price=5")
    assert LARGE in told(f"&max_input_price=5{SHOW}")
    assert LARGE not in told("&max_month=100")
    now = testapp.get(f"/api/v1/calculator?as_of={SINCE}").json["data"]
    assert {one["id"]: one["total"] for one in now}[LARGE] == "5.5"
    assert testapp.get(f"/api/v1/calculator?as_of={BEFORE}&show=all", status=400).json["error"]["details"] == {
        "field": "show",
        "known": ["undated"],
    }


def test_the_offering_alone_and_a_comparison_keep_the_price_with_its_mark(testapp: TestApp) -> None:
    """As they tell it of a quote: a program that asks of one offering is told what it was later found to cost."""
    for path in (
        f"/api/v1/models/{LARGE}?",
        f"/api/v1/compare?models={LARGE},acme/acme-dated&",
        "/api/v1/models?q=large&",
    ):
        data = testapp.get(f"{path}as_of={BEFORE}").json["data"]
        row = data if isinstance(data, dict) else next(one for one in data if one["id"] == LARGE)
        assert row["input_per_mtok"] == "2.5"
        assert "DATE_UNKNOWN" in row["codes"]


SHELVES = "&".join(f"show={shelf}" for shelf in ("free", "subscription", "deprecated", "removed", "unpriced"))


@pytest.mark.parametrize(
    "asked",
    [
        "q=mistral+large",
        "lab=Mistral&kind=embedding",
        "kind=rerank",
        "kind=moderation&dated=1",
        "updated_within_days=30&provider=openai",
        "q=claude&provider=anthropic&capability=tools&min_context=200000&by_maker=1",
        "provider=openai&max_output_price=5&stated=1&capability=vision",
        "max_month=2&provider=openai&unsaid=all",
    ],
)
def test_what_the_list_filters_by_its_calculator_does_too(fullapp: TestApp, asked: str) -> None:
    """Of offerings by themselves, wherever they stand in the list."""
    listed = fullapp.get(f"/?group=none&limit=200&{SHELVES}&{asked}").html
    expected = {box["value"] for box in listed.select("input.mark")}
    kind = "" if "kind=" in asked else "&kind=chat"
    answer = fullapp.get(f"/api/v1/calculator?format=csv&fields=id&{asked}{kind}")
    assert expected
    assert {row["id"] for row in rows(answer.text)} == expected


def test_the_release_that_the_list_filters_by_is_that_of_the_model_for_its_calculator_too(fullapp: TestApp) -> None:
    asked = "released_since=2025-06-01&provider=openai"
    shown = {box["value"] for box in fullapp.get(f"/?limit=200&{asked}").html.select("input.mark")}
    found, every = (
        {row["id"] for row in rows(fullapp.get(f"/api/v1/calculator?format=csv&fields=id&kind=chat&{of}").text)}
        for of in (asked, "provider=openai")
    )
    assert shown
    assert shown <= found < every
