"""Reports of feeds and of coverage come page by page, as every list does, and each to its end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from webtest import TestApp

from llmpricing.web.selecting import cell
from tests.conftest import running_app
from tests.functional.addresses import FEEDS, walked

COVERAGE = "/api/v1/coverage"
REPORTS = ("feed_genai_prices_report", "feed_models_dev_report", "ratio_config_report")
NAMES: list[Any] = [
    *("gpt-4o", "claude-opus-4-1", "nobody-knows", "gpt-4.1-mini", "never-heard", "gpt-4o"),
    {"model": "gpt-4o", "provider": "openai"},
    {"model": "gpt-4o", "provider": "azure"},
    "GLM-4.7",
]


@pytest.fixture(scope="module")
def app(full_book_of_module: str, redis_url: str) -> Iterator[TestApp]:
    """The application over all bundled prices."""
    with running_app(full_book_of_module, redis_url, request_deadline_s=120) as found:
        yield found


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_walked_to_its_end_and_is_whole_as_csv(app: TestApp, name: str) -> None:
    rows = walked(app, FEEDS[name])
    assert len(rows) > 150
    assert len(app.get(FEEDS[name]).json["data"]) == 100
    whole = list(csv.DictReader(StringIO(app.get(FEEDS[name], {"format": "csv"}).text)))
    assert [one["name"] for one in whole] == [cell(one["name"]) for one in rows]
    places = [(one["name"], one["field"], one.get("change")) for one in rows]
    assert len(set(places)) == len(places)
    assert walked(app, FEEDS[name], limit="1000", fields="name") == [{"name": one["name"]} for one in rows]


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_refuses_the_cursor_of_another_question_and_links_the_next_page_of_its_csv(
    app: TestApp, name: str
) -> None:
    cursor = app.get(FEEDS[name], {"limit": "2"}).json["meta"]["next"]
    for asked in ({"cursor": cursor, "at": "2026-11-20"}, {"cursor": "bm9uZQ"}):
        error = app.get(FEEDS[name], asked, status=400).json["error"]
        assert (error["code"], error["details"]["field"]) == ("INVALID_PARAMETER", "cursor")
    assert app.get(FEEDS[name], {"limit": "0"}, status=400).json["error"]["details"]["field"] == "limit"
    page = app.get(FEEDS[name], {"limit": "2", "format": "csv", "fields": "name"})
    following = app.get(page.headers["Link"].split(">")[0][1:])
    both = app.get(FEEDS[name], {"limit": "4", "format": "csv", "fields": "name"})
    assert page.text.splitlines()[1:] + following.text.splitlines()[1:] == both.text.splitlines()[1:]


def test_a_file_for_another_program_is_whole_and_takes_no_page(app: TestApp) -> None:
    for name in ("feed_genai_prices", "feed_genai_prices_sha256", "ratio_config", "prices_csv"):
        assert app.get(FEEDS[name], {"limit": "2"}, status=400).json["error"]["details"]["field"] == "limit"


def test_coverage_comes_whole_or_page_by_page_with_the_counts_of_all(app: TestApp) -> None:
    whole = app.post_json(COVERAGE, {"models": NAMES}).json
    assert whole["meta"]["next"] is None
    assert whole["meta"]["count"] == sum(whole["meta"]["counts"].values()) == len(NAMES) - 1
    assert all(whole["data"].values())
    found: dict[str, list[Any]] = {kind: [] for kind in whole["data"]}
    address, pages = f"{COVERAGE}?limit=3", 0
    while address:
        page = app.post_json(address, {"models": NAMES}).json
        assert sum(map(len, page["data"].values())) <= 3
        assert page["meta"] | {"next": None, "as_of": None} == whole["meta"] | {"as_of": None}
        for kind, rows in page["data"].items():
            found[kind] += rows
        pages += 1
        cursor = page["meta"]["next"]
        address = f"{COVERAGE}?limit=3&cursor={cursor}" if cursor else ""
    assert (found, pages) == (whole["data"], 3)


def test_a_cursor_of_coverage_belongs_to_its_names(app: TestApp) -> None:
    cursor = app.post_json(f"{COVERAGE}?limit=3", {"models": NAMES}).json["meta"]["next"]
    for names, asked in ((NAMES[1:], cursor), (NAMES, "bm9uZQ")):
        error = app.post_json(f"{COVERAGE}?limit=3&cursor={asked}", {"models": names}, status=400).json["error"]
        assert (error["code"], error["details"]["field"]) == ("INVALID_PARAMETER", "cursor")
    unknown = app.post_json(f"{COVERAGE}?page=2", {"models": NAMES}, status=400).json["error"]
    assert unknown["details"]["field"] == "page"
