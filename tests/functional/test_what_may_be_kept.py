"""Each address that is read, by the API's document and beside it: its ETag, its 304, how long it is good, and by what
else an answer differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import running_app
from tests.contract import document
from tests.functional.addresses import ADMIN, EXAMPLES, FEEDS
from tests.functional.test_feeds import MAP, bring

FOR_A_MINUTE = r"max-age=\d+(, stale-while-revalidate=\d+)?"
EACH_TIME = "no-cache"
DATED = EXAMPLES["quote"]
NOW = DATED.replace("&at=2026-01-01", "")

# Addresses without an ETag, their Cache-Control, and why.
UNTAGGED = {
    "health": ("no-store", "the state of this moment, which a monitor asks for"),
    "health_live": ("no-store", "the state of this moment, which a monitor asks for"),
    "health_ready": ("no-store", "the state of this moment, which a monitor asks for"),
    "metrics": ("no-store", "counts of this moment"),
}
# Those that a browser asks for each time, so that what was decided shows at once: pages and charts.
ASKED_EACH_TIME = {name for name in EXAMPLES if name.startswith("page_")} | {"home", "reference"}
BESIDE = {"openapi"}  # the document itself, which tells of no address of its own
IN_DOCUMENT = {one["get"]["operationId"] for one in document()["paths"].values() if "get" in one}


@pytest.fixture(scope="module")
def app(full_book_of_module: str, redis_url: str) -> Iterator[TestApp]:
    """The application over all bundled prices and a LiteLLM map, so that all feeds are there."""
    bring(full_book_of_module, MAP)
    with running_app(full_book_of_module, redis_url, request_deadline_s=120) as found:
        yield found


def test_each_address_that_is_read_is_looked_at_here() -> None:
    assert IN_DOCUMENT | ASKED_EACH_TIME | BESIDE | UNTAGGED.keys() == EXAMPLES.keys() | FEEDS.keys() - {
        "changes_json",
        "changes_atom",
    }


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_address_may_be_kept_as_it_is_told_here(testapp: TestApp, name: str) -> None:
    _may_be_kept(testapp, name, EXAMPLES[name])


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_a_feed_and_its_report_may_be_kept_as_it_is_told_here(app: TestApp, name: str) -> None:
    _may_be_kept(app, name, FEEDS[name])


def _may_be_kept(app: TestApp, name: str, address: str) -> None:
    first = app.get(address)
    policy = first.headers["Cache-Control"].removeprefix("private, ")
    assert "Accept-Encoding" in first.headers["Vary"] or not first.content_type.startswith(
        ("text/", "application/json")
    )
    if name in UNTAGGED:
        assert ("ETag" in first.headers, policy) == (False, UNTAGGED[name][0])
        return
    assert re.fullmatch(EACH_TIME if name in ASKED_EACH_TIME else FOR_A_MINUTE, policy)
    again = app.get(address, headers={"If-None-Match": first.headers["ETag"]}, status=304)
    assert (again.body, again.headers["ETag"]) == (b"", first.headers["ETag"])
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    app.get(address, headers={"If-None-Match": '"another"'}, status=200)
    if name in IN_DOCUMENT:
        told = _told(name)
        assert "304" in told
        assert {"ETag", "Cache-Control"} <= told["200"]["headers"].keys()


def _told(name: str) -> Any:
    (found,) = (
        one["get"]["responses"]
        for one in document()["paths"].values()
        if "get" in one and one["get"]["operationId"] == name
    )
    return found


def test_pages_of_operators_are_kept_by_nobody(testapp: TestApp) -> None:
    for name, address in ADMIN.items():
        answer = testapp.get(address, status="*")
        assert answer.headers["Cache-Control"] == "no-store", name
        assert "ETag" not in answer.headers


def test_a_quote_of_a_stated_moment_is_not_made_again_and_one_of_now_always_is(testapp: TestApp) -> None:
    for stated in (DATED, f"{DATED}&known_at=2026-11-25"):
        first = testapp.get(stated)
        assert testapp.get(stated).body == first.body
        again = testapp.get(stated, headers={"If-None-Match": first.headers["ETag"]}, status=304)
        assert again.body == b""
    tags = {testapp.get(DATED + more).headers["ETag"] for more in ("", "&output_tokens=1", "&known_at=2026-11-25")}
    assert len(tags) == 3
    assert "ETag" not in testapp.get(f"{DATED}&model=twice", status=400).headers
    made = [testapp.get(NOW, headers={"If-None-Match": first.headers["ETag"]}, status=200) for _ in range(2)]
    moments = [datetime.fromisoformat(one.json["data"]["at"]) for one in made]
    assert moments[0] < moments[1]
    for one in made:
        assert ("ETag" in one.headers, one.headers["Cache-Control"]) == (False, "private, no-cache")
