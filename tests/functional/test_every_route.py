"""Every route keeps the same promises: one envelope, one error shape, its methods; docs/api.md shows them all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pyramid.interfaces import IRoutesMapper
from webtest import TestApp

from llmpricing.web import channels, errors
from tests.functional.addresses import ADMIN, ADMIN_FORMS, EXAMPLES, FEEDS, UPLOADS

API_PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")
POSTED = {
    "quotes": ("/api/v1/quotes", {"model": "acme/acme-large", "usage": {"input_tokens": 1}}),
    "coverage": ("/api/v1/coverage", {"models": ["acme/acme-large"]}),
}
HEALTH = ("health", "health_live", "health_ready")  # in the shape that monitors expect
BY_WORDS = ("resolve", "quote")  # they take a seller by another name, an API host or URL too
UNREAD = ("metrics", "home", "page_model", "health_live", "openapi", "reference")  # of their parameters
PROGRAM = {"Accept": "application/json"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def routes(app: TestApp) -> dict[str, str]:
    """Name and pattern of every route of ours; static files have one of Pyramid's own."""
    found = app.app.registry.getUtility(IRoutesMapper).get_routes()
    return {route.name: route.pattern for route in found if not route.name.startswith("__")}


def assert_one_error(answer: Any, status: int, code: str) -> None:
    assert answer.status_int == status
    assert answer.content_type == "application/json"
    assert answer.json.keys() == {"error", "request_id"}
    assert answer.json["error"].keys() == {"code", "message", "details"}
    assert answer.json["error"]["code"] == code
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_each_route_has_an_example_here(testapp: TestApp) -> None:
    known = (EXAMPLES, POSTED, FEEDS, UPLOADS, ADMIN, ADMIN_FORMS)
    assert routes(testapp).keys() == {name for names in known for name in names}


def test_readme_shows_each_route_of_the_api_and_no_other(testapp: TestApp) -> None:
    table = API_PAGE.split("##")[0]
    shown = set()
    for cell in re.findall(r"^\| (.*?) \|", table, re.MULTILINE):
        method = "GET"
        for text in re.findall(r"`([^`]+)`", cell):
            first, _, rest = text.partition(" ")
            method, path = (first, rest) if rest else (method, first)
            shown.add((method, path.partition("?")[0]))
    ours = {
        ("POST" if name in POSTED else "GET", pattern.replace(":.+", ""))
        for name, pattern in routes(testapp).items()
        if pattern.startswith(("/api/", "/metrics"))
    }
    assert shown == ours


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_read_answers_in_the_one_envelope_and_head_as_get(testapp: TestApp, name: str) -> None:
    answer = testapp.get(EXAMPLES[name])
    if "page" not in name and name not in ("home", "reference", "openapi", "metrics", "models_csv", *HEALTH):
        assert answer.json.keys() == {"data", "meta"}
    head = testapp.head(EXAMPLES[name])
    assert (head.status_int, head.content_type, head.body) == (answer.status_int, answer.content_type, b"")
    assert set(head.headers) == set(answer.headers)


@pytest.mark.parametrize("name", POSTED)
def test_a_posted_question_is_answered_in_the_one_envelope(testapp: TestApp, name: str) -> None:
    path, body = POSTED[name]
    assert testapp.post_json(path, body).json.keys() == {"data", "meta"}


@pytest.mark.parametrize("name", [*EXAMPLES, *POSTED, *FEEDS])
def test_another_method_is_a_405_that_allows_the_right_ones(testapp: TestApp, name: str) -> None:
    path = POSTED[name][0] if name in POSTED else (EXAMPLES | FEEDS)[name]
    allowed = ("POST",) if name in POSTED else ("GET", "HEAD")
    for method in set(METHODS) - set(allowed):
        answer = testapp.request(path, method=method, headers={"Accept": "application/json"}, expect_errors=True)
        assert answer.status_int == 405
        assert answer.headers["Allow"] == ", ".join(allowed)
        if method != "HEAD":
            assert_one_error(answer, 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("name", [*(name for name in EXAMPLES if name not in UNREAD), *FEEDS])
def test_an_unknown_parameter_is_a_400_that_names_it(testapp: TestApp, name: str) -> None:
    path = (EXAMPLES | FEEDS)[name]
    answer = testapp.get(f"{path}{'&' if '?' in path else '?'}surely_not=1", headers=PROGRAM, expect_errors=True)
    assert_one_error(answer, 400, "INVALID_PARAMETER")
    assert answer.json["error"]["details"]["field"] == "surely_not"


def test_a_seller_is_asked_for_in_any_case_and_one_that_is_none_is_a_400(testapp: TestApp) -> None:
    taken = []
    for name, path in (EXAMPLES | FEEDS).items():
        if (name in UNREAD and name != "home") or name in BY_WORDS:
            continue
        asked = f"{path}{'&' if '?' in path else '?'}provider="
        found, shouted = (testapp.get(asked + one, headers=PROGRAM, status="*") for one in ("acme", "ACME"))
        if found.status_int == 400:  # it takes no seller
            continue
        taken.append(name)
        assert (shouted.status_int, data_of(shouted)) == (200, data_of(found))
        refused = testapp.get(asked + "acm", headers=PROGRAM, expect_errors=True)
        if name == "home":  # a page whoever asks
            assert (refused.status_int, "No seller has the id" in refused.text) == (400, True)
            continue
        assert_one_error(refused, 400, "INVALID_PARAMETER")
        details = refused.json["error"]["details"]
        assert (details["field"], details["suggestions"]) == ("provider", ["acme"])
    valued = {"best_value", "frontier", "page_best_value", "page_chart_frontier"}
    listed = {"models", "models_csv", "changes", "calculator", "disagreements", "home", "page_changes"}
    listed |= {"page_calculator", "page_calculator_csv", "page_compare"}
    assert valued | listed == {*taken}


@pytest.mark.parametrize("name", BY_WORDS)
def test_a_seller_that_is_read_by_words_is_a_404_where_nobody_bears_them(testapp: TestApp, name: str) -> None:
    path = EXAMPLES[name].replace("&provider=acme", "") + "&provider="
    assert testapp.get(path + "ACME", status=200).json["data"] == testapp.get(path + "acme").json["data"]
    answer = testapp.get(path + "nobody", status=404)
    assert_one_error(answer, 404, "MODEL_NOT_FOUND")
    assert answer.json["error"]["details"]["field"] == "provider"


def data_of(answer: Any) -> Any:
    """What a program is told; a page repeats the address as it was written."""
    return answer.json["data"] if answer.content_type == "application/json" else None


@pytest.mark.parametrize("name", POSTED)
@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "INVALID_JSON"),
        (b"{}", "application/json", 400, "INVALID_PARAMETER"),
        (b'{"x": 1, "x": 2}', "application/json", 400, "INVALID_PARAMETER"),
        (b"{}", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b" " * (1 << 20) + b"{}", "application/json", 413, "BODY_TOO_LARGE"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_the_one_shape(
    testapp: TestApp, name: str, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = testapp.post(POSTED[name][0], body, content_type=kind, expect_errors=True)
    assert_one_error(answer, status, code)


def test_the_page_of_the_api_lists_the_codes_of_errors_and_no_others() -> None:
    table = API_PAGE.split("<!-- error codes -->")[1].split("<!-- /error codes -->")[0]
    shown = set(re.findall(r"`([A-Z_]{5,})`", table))
    room = Path(errors.__file__).parent
    given = {code for code, _ in errors._CODES.values()} | {code for code, _ in channels._REFUSALS.values()}
    for file in room.rglob("*.py"):
        given |= set(re.findall(r'Refused\(\s*\d+, "([A-Z_]+)"', file.read_text()))
    assert shown == given | {"HTTP_ERROR"}


def test_a_quantity_stated_twice_is_refused_by_its_place(testapp: TestApp) -> None:
    body = b'{"items": [{"model": "acme/acme-large", "usage": {"input_tokens": 1, "input_tokens": 2}}]}'
    answer = testapp.post("/api/v1/quotes", body, content_type="application/json", status=400)
    assert answer.json["error"]["details"]["field"] == "items[0].usage.input_tokens"


@pytest.mark.parametrize("field", ["price_ids", "rate_ids"])
def test_a_question_names_100_ids_at_most_and_hears_20_of_them(testapp: TestApp, field: str) -> None:
    def ask(count: int) -> Any:
        question = {"model": "acme/acme-large", "usage": {"input_tokens": 1}, field: [10**12 + n for n in range(count)]}
        return testapp.post_json("/api/v1/quotes", question, status=400).json["error"]

    assert ask(101)["details"]["field"] == field
    assert "100" in ask(101)["message"]
    assert ask(100)["details"]["unknown"] == [10**12 + n for n in range(20)]
    assert len(json.dumps(ask(100))) < 2_000
