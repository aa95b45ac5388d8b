"""What stays the same is not sent again: ETag and 304, how long answers are good; compressed, and read elsewhere."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webob import Request
from webtest import TestApp

from llmpricing.services.catalogue.steps import StablePeriod
from llmpricing.services.decisions.own_aliases import add_alias
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.web.routes import OPERATIONS
from tests.conftest import running_app
from tests.functional.addresses import EXAMPLES, FEEDS
from tests.queries import recorded

PAGES = [name for name in EXAMPLES if name in ("home", "reference") or name.startswith("page_")]
LASTING = [one.name for one in OPERATIONS if one.is_lasting and one.name not in FEEDS] + ["home", "page_model"]


@pytest.fixture(scope="module")
def app(full_book_of_module: str, redis_url: str) -> Iterator[TestApp]:
    """The application over all bundled prices."""
    with running_app(full_book_of_module, redis_url) as found:
        yield found


def age(answer: Any) -> tuple[int, int]:
    """How long the answer is fresh, and how long it may be served stale after that."""
    parts = dict(part.strip().split("=") for part in answer.headers["Cache-Control"].split(",") if "=" in part)
    return int(parts["max-age"]), int(parts["stale-while-revalidate"])


@pytest.mark.parametrize("name", LASTING)
def test_asked_with_its_etag_an_answer_is_a_304_for_one_query(testapp: TestApp, name: str) -> None:
    first = testapp.get(EXAMPLES[name])
    assert testapp.get(EXAMPLES[name]).body == first.body
    with recorded() as queries:
        again = testapp.get(EXAMPLES[name], headers={"If-None-Match": f'"other", {first.headers["ETag"]}'}, status=304)
    queries.within(1, 1)
    assert again.body == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert ("max-age=" in again.headers["Cache-Control"]) == (name not in PAGES)
    testapp.get(EXAMPLES[name], headers={"If-None-Match": '"other"'}, status=200)
    testapp.get(EXAMPLES[name], headers={"If-None-Match": "*"}, status=200)


@pytest.mark.parametrize("name", PAGES)
def test_who_has_a_page_or_a_part_of_one_asks_each_time_whether_it_is_the_newest(testapp: TestApp, name: str) -> None:
    first = testapp.get(EXAMPLES[name])
    for _ in range(2):  # the second is given again as it was sent
        again = testapp.get(EXAMPLES[name], headers={"If-None-Match": first.headers["ETag"]}, status=304)
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert first.headers["Cache-Control"].removeprefix("private, ") == "no-cache"


def test_a_page_that_says_what_is_wrong_is_kept_by_nobody(testapp: TestApp) -> None:
    wrong = testapp.get("/?max_input_price=cheap", status=400)
    assert "ETag" not in wrong.headers
    assert wrong.headers["Cache-Control"] == "no-store"


def test_a_page_of_a_past_day_changes_with_the_age_of_its_sources(
    testapp: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, days = "/models/acme/acme-large?as_of=2026-11-20", [datetime(2026, 11, n, tzinfo=UTC) for n in (25, 26)]
    pages, answers = set(), set()
    for day in days:
        period = StablePeriod(day, day + timedelta(days=1))
        monkeypatch.setattr("llmpricing.web.conditional.stable_period", lambda *_, now=period, **__: now)
        pages.add(testapp.get(address).headers["ETag"])
        answers.add(testapp.get(f"/api/v1{address}").headers["ETag"])
    assert (len(pages), len(answers)) == (2, 1)


def test_the_document_is_not_sent_again(testapp: TestApp) -> None:
    tag = testapp.get("/api/v1/openapi.json").headers["ETag"]
    testapp.get("/api/v1/openapi.json", headers={"If-None-Match": tag}, status=304)
    testapp.get("/api/v1/openapi.json", headers={"If-None-Match": '"other"'}, status=200)


def test_each_question_has_an_etag_of_its_own(testapp: TestApp) -> None:
    asked = ["", "?limit=1", "?limit=2", "?provider=acme", "?as_of=2026-01-01", "?fields=id", "?format=csv"]
    tags = [testapp.get(f"/api/v1/models{query}").headers["ETag"] for query in asked]
    assert len(set(tags)) == len(asked)


def test_a_decision_ends_the_etag_at_once(book_url: str, testapp: TestApp) -> None:
    first = testapp.get("/api/v1/models/acme/acme-large")
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        add_alias(session, Decider("test", datetime.now(UTC)), "mine", "acme/acme-large")
    engine.dispose()
    answer = testapp.get("/api/v1/models/acme/acme-large", headers={"If-None-Match": first.headers["ETag"]}, status=200)
    assert answer.headers["ETag"] != first.headers["ETag"]
    assert answer.json["meta"]["as_of"] > first.json["meta"]["as_of"]


def test_an_answer_names_the_moment_it_is_made_for_and_the_next_step(testapp: TestApp) -> None:
    now = datetime.now(UTC)
    meta = testapp.get("/api/v1/models").json["meta"]
    assert now - timedelta(days=1) < datetime.fromisoformat(meta["as_of"]) <= now
    assert now < datetime.fromisoformat(meta["valid_until"]) <= now + timedelta(days=1)
    stated = testapp.get("/api/v1/models?as_of=2026-01-01")
    assert (stated.json["meta"]["as_of"], stated.json["meta"]["valid_until"]) == ("2026-01-01T00:00:00Z", None)
    assert age(stated) == (60, 600)


def test_an_answer_is_neither_fresh_nor_stale_beyond_a_step_and_another_one_comes_after_it(
    book_url: str, testapp: TestApp
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=40)
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        add_alias(session, Decider("test", datetime.now(UTC)), "mine", "acme/acme-large", soon)
    engine.dispose()
    answer = testapp.get("/api/v1/models/acme/acme-large")
    assert datetime.fromisoformat(answer.json["meta"]["valid_until"]) == soon
    fresh_s, stale_s = age(answer)
    assert 30 <= fresh_s <= 40
    assert stale_s == 0


@pytest.mark.parametrize("path", ["/api/v1/models?limit=50", "/", "/api/v1/openapi.json"])
def test_a_client_that_takes_gzip_gets_it_and_no_other(app: TestApp, path: str) -> None:
    plain = app.get(path)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    refusing = app.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refusing.headers
    packed = Request.blank(path, headers={"Accept-Encoding": "gzip, br"}).get_response(app.app)  # WebTest unpacks
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers.get("ETag") == plain.headers.get("ETag")
    assert int(packed.headers["Content-Length"]) < len(plain.body) / 3
    assert len(gzip.decompress(packed.body)) == len(plain.body)


def test_pages_of_other_sites_may_read_and_do_no_more(testapp: TestApp) -> None:
    there = {"Origin": "https://elsewhere.example"}
    answer = testapp.get("/api/v1/providers", headers=there)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert (
        testapp.get("/api/v1/models/none/such", headers=there, status=404).headers["Access-Control-Allow-Origin"] == "*"
    )
    asked = testapp.options("/api/v1/models", headers={**there, "Access-Control-Request-Method": "GET"}, status=204)
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    refused = testapp.options("/api/v1/quotes", headers={**there, "Access-Control-Request-Method": "POST"}, status=405)
    assert "Access-Control-Allow-Methods" not in refused.headers
    assert "Access-Control-Allow-Origin" not in testapp.get("/").headers
    for made_for_others in ("/changes.json", "/changes.atom", "/charts/history.vl.json?model=acme/acme-large"):
        assert testapp.get(made_for_others, headers=there).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["ratio_config", "v1/export/genai-prices.json"])
def test_what_changes_an_answer_is_named_once(app: TestApp, path: str) -> None:
    assert sorted(app.get(f"/api/{path}").headers["Vary"].split(", ")) == ["Accept-Encoding", "Origin"]


def test_where_a_page_of_another_site_is_told_less_the_answer_says_so(testapp: TestApp) -> None:
    own = testapp.get("/api/v1/models")
    other = testapp.get("/api/v1/models", headers={"Origin": "https://elsewhere.example"})
    assert own.headers["ETag"] != other.headers["ETag"]  # who develops sees contract rates
    for answer in (own, other, testapp.get("/"), testapp.get("/api/v1/export/genai-prices/report", status="*")):
        assert "Origin" in answer.headers["Vary"].split(", ")
    kept = testapp.get("/api/v1/models", headers={"If-None-Match": own.headers["ETag"]}, status=304)
    assert "Origin" in kept.headers["Vary"]
    assert "Origin" not in testapp.get("/static/base.css").headers.get("Vary", "")


@pytest.mark.parametrize("path", ["", ".sha256", "/report"])
def test_a_feed_and_what_is_told_of_it_are_not_sent_again(app: TestApp, path: str) -> None:
    address = f"/api/v1/export/genai-prices{path}" if path == "/report" else f"/api/v1/export/genai-prices.json{path}"
    for asked in ("", "?at=2026-11-20"):
        first = app.get(address + asked)
        again = app.get(address + asked, headers={"If-None-Match": first.headers["ETag"]}, status=304)
        assert (again.body, again.headers["ETag"]) == (b"", first.headers["ETag"])
        app.get(address + asked, headers={"If-None-Match": '"other"'}, status=200)


@pytest.mark.parametrize("path", ["/", "/models/acme/acme-large", "/charts/history.svg?model=acme/acme-large"])
def test_a_304_leaves_the_page_that_a_browser_kept_its_own_policy(testapp: TestApp, path: str) -> None:
    first = testapp.get(path)
    assert "style-src" in first.headers["Content-Security-Policy"]
    for _ in range(2):  # the second is given again as it was sent
        again = testapp.get(path, headers={"If-None-Match": first.headers["ETag"]}, status=304)
        assert "Content-Security-Policy" not in again.headers  # that of data would take its styles away
