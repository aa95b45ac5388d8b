"""A request's transaction on a real server: a GET cannot write, passing trouble is tried again, a 4xx rolls back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import zope.sqlalchemy
from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.settings import read_settings
from llmpricing.web.errors import Refused

TOUCH_FIRST = "X-Touch-First"
RAISE = "do $$ begin raise exception using errcode = '{code}'; end $$"


@contextmanager
def app_with(
    view: Callable[[Request], Any], database_url: str, redis_url: str, only_reads: bool = False, **ini: str
) -> Iterator[TestApp]:
    """The application with one more address, /api/test, that takes GET and POST."""
    given = {"sqlalchemy.url": database_url, "redis.url": redis_url, "llmpricing.environment": "development", **ini}
    with Configurator(settings=given | {"llmpricing": read_settings(given)}) as config:
        for part in ("models", "cache", "web"):
            config.include(f"llmpricing.{part}")
        config.add_route("test", "/api/test")
        config.add_view(view, route_name="test", renderer="json", methods=("GET", "POST"))
        if only_reads:
            config.only_reads("test")
        config.add_tween(f"{__name__}.touching_tween", under="pyramid_tm.tm_tween_factory")
        app = config.make_wsgi_app()
    yield TestApp(app)
    app.registry["llmpricing.engine"].dispose()


def touching_tween(handler: Callable[[Request], Any], registry: Any) -> Callable[[Request], Any]:
    """Somebody who uses the session before the router has found a route."""

    def tween(request: Request) -> Any:
        if TOUCH_FIRST in request.headers:
            request.dbsession.execute(text("select 1"))
        return handler(request)

    return tween


@pytest.fixture
def notes(book_url: str) -> Iterator[Callable[[], list[str]]]:
    """A table to write to, and what was committed to it."""
    engine = create_engine(book_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("create table note (words text)"))

    def committed() -> list[str]:
        with engine.connect() as connection:
            return list(connection.scalars(text("select words from note")))

    yield committed
    engine.dispose()


def write(request: Request) -> None:
    connection = request.dbsession.connection()
    connection.execute(text("insert into note values (:words)"), {"words": request.method})
    # zope.sqlalchemy rolls plain SQL back without a word: https://pypi.org/project/zope.sqlalchemy/
    zope.sqlalchemy.mark_changed(request.dbsession)


def test_a_get_cannot_write_and_a_post_can(book_url: str, redis_url: str, notes: Callable[[], list[str]]) -> None:
    def view(request: Request) -> dict[str, str]:
        write(request)
        return {}

    with app_with(view, book_url, redis_url) as app:
        assert app.get("/api/test", status=500).json["error"]["code"] == "INTERNAL_ERROR"
        assert notes() == []
        app.post("/api/test", status=200)
        assert notes() == ["POST"]


@pytest.mark.parametrize("headers", [{}, {TOUCH_FIRST: "1"}])
def test_a_post_that_only_asks_cannot_write_whoever_used_the_session_before(
    book_url: str, redis_url: str, notes: Callable[[], list[str]], headers: dict[str, str]
) -> None:
    def view(request: Request) -> dict[str, str]:
        write(request)
        return {}

    with app_with(view, book_url, redis_url, only_reads=True) as app:
        assert app.post("/api/test", headers=headers, status=500).json["error"]["code"] == "INTERNAL_ERROR"
    assert notes() == []


def test_a_post_that_writes_may_do_so_whoever_used_the_session_before(
    book_url: str, redis_url: str, notes: Callable[[], list[str]]
) -> None:
    def view(request: Request) -> dict[str, str]:
        write(request)
        return {}

    with app_with(view, book_url, redis_url) as app:
        app.post("/api/test", headers={TOUCH_FIRST: "1"}, status=200)
    assert notes() == ["POST"]


@pytest.mark.parametrize("path", ["/api/v1/quotes", "/api/v1/coverage"])
def test_our_own_posted_questions_only_read_before_their_route_is_found(testapp: TestApp, path: str) -> None:
    request = testapp.app.request_factory.blank(path, method="POST")
    request.registry = testapp.app.registry
    assert request.matched_route is None
    assert request.reads_only is True


@pytest.mark.parametrize("is_raised", [False, True])
@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_4xx_rolls_back_returned_or_raised(
    book_url: str, redis_url: str, notes: Callable[[], list[str]], status: int, is_raised: bool
) -> None:
    def view(request: Request) -> dict[str, str]:
        write(request)
        if is_raised:
            raise Refused(status, "NO", "No.")
        request.response.status_int = status
        return {}

    with app_with(view, book_url, redis_url) as app:
        app.post("/api/test", status=status)
    assert notes() == []


def test_what_is_tried_again_commits_once(book_url: str, redis_url: str, notes: Callable[[], list[str]]) -> None:
    tried: list[int] = []

    def view(request: Request) -> dict[str, str]:
        tried.append(1)
        write(request)
        if len(tried) < 3:
            request.dbsession.execute(text(RAISE.format(code="40001")))
        return {}

    with app_with(view, book_url, redis_url) as app:
        app.post("/api/test", status=200)
    assert len(tried) == 3
    assert notes() == ["POST"]


@pytest.mark.parametrize("trouble", [RAISE.format(code="40001"), RAISE.format(code="40P01"), "drop"])
@pytest.mark.parametrize(("failures", "status"), [(3, 200), (4, 503)])
def test_passing_trouble_is_tried_again_three_times(
    book_url: str, redis_url: str, trouble: str, failures: int, status: int
) -> None:
    tried: list[int] = []

    def view(request: Request) -> dict[str, str]:
        tried.append(1)
        if len(tried) <= failures:
            drop = "select pg_terminate_backend(pg_backend_pid())"
            request.dbsession.execute(text(drop if trouble == "drop" else trouble))
        return {}

    with app_with(view, book_url, redis_url) as app:
        answer = app.get("/api/test", status=status)
    assert len(tried) == min(failures + 1, 4)
    if status == 503:
        assert answer.json["error"]["code"] == "UNAVAILABLE"
        assert answer.headers["Retry-After"]


def test_other_errors_are_not_tried_again_and_tell_nothing(book_url: str, redis_url: str) -> None:
    tried: list[int] = []

    def view(request: Request) -> dict[str, str]:
        tried.append(1)
        request.dbsession.execute(text("select 1 / 0 as secret_division"))
        return {}

    with app_with(view, book_url, redis_url) as app:
        answer = app.get("/api/test", status=500)
    assert len(tried) == 1
    assert "division" not in answer.text


def test_the_server_ends_a_statement_that_takes_too_long(book_url: str, redis_url: str) -> None:
    def view(request: Request) -> dict[str, str]:
        request.dbsession.execute(text("select pg_sleep(20)"))
        return {}

    with app_with(view, book_url, redis_url, **{"llmpricing.statement_timeout_s": "0.2"}) as app:
        assert app.get("/api/test", status=503).json["error"]["code"] == "UNAVAILABLE"


def test_sessions_are_closed_after_the_request(book_url: str, redis_url: str) -> None:
    def view(request: Request) -> dict[str, str]:
        request.dbsession.execute(text("select 1"))
        return {}

    with app_with(view, book_url, redis_url, **{"llmpricing.pool_size": "1", "llmpricing.database_slots": "1"}) as app:
        for _ in range(5):
            app.get("/api/test", status=200)
        assert app.app.registry["llmpricing.engine"].pool.checkedout() == 0
