"""Whatever error of HTTP comes about below us, a program hears one shape, a reader a page, and neither our insides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyramid.httpexceptions import HTTPError, HTTPException, HTTPFound, status_map
from pyramid.request import Request
from webtest import TestApp

from tests.functional.test_every_route import assert_one_error
from tests.functional.test_transactions import app_with
from tests.servers import StoreUrls

SECRET = "/srv/llmpricing/secret.ini"
OWN_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_ERROR",
    503: "UNAVAILABLE",
}
STATUSES = sorted(status for status, kind in status_map.items() if issubclass(kind, HTTPError))


@pytest.fixture(scope="module")
def app(store_urls: StoreUrls) -> Iterator[TestApp]:
    """The application with an address that fails with the status asked for."""

    def view(request: Request) -> Any:
        kind: type[HTTPException] = status_map[int(request.GET["status"])]
        if issubclass(kind, HTTPFound):
            raise kind("/elsewhere")
        raise kind(SECRET, headers=[("Allow", "GET")] if kind.code == 405 else None)

    with app_with(view, store_urls.database, store_urls.redis) as found:
        yield found


def test_pyramid_knows_errors_that_have_no_code_of_their_own() -> None:
    assert {402, 409, 429, 502} <= set(STATUSES) - OWN_CODES.keys()
    assert OWN_CODES.keys() <= set(STATUSES)


@pytest.mark.parametrize("status", STATUSES)
def test_each_error_of_http_has_the_one_shape_and_tells_nothing_of_us(app: TestApp, status: int) -> None:
    answer = app.get(f"/api/test?status={status}", expect_errors=True)
    assert_one_error(answer, status, OWN_CODES.get(status, "HTTP_ERROR"))
    assert answer.json["error"]["message"].endswith(".")
    assert SECRET not in answer.text
    assert answer.headers.get("Allow") == ("GET" if status == 405 else None)
    assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)


def test_a_redirect_is_left_as_it_is(app: TestApp) -> None:
    answer = app.get("/api/test?status=302", status=302)
    assert answer.headers["Location"] == "http://localhost/elsewhere"


def test_a_reader_gets_a_page_with_the_same_words(app: TestApp) -> None:
    page = app.get("/nowhere", headers={"Accept": "text/html"}, status=404)
    assert page.content_type == "text/html"
    assert "There is nothing at this address." in page.text
    assert page.headers["X-Request-Id"] in page.text
    assert page.headers["Cache-Control"] == "no-store"
