"""Single quotes are answered before there is a request, to who was answered before: as the view would, and no wider."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from pyramid.interfaces import INewRequest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webob import Request
from webtest import TestApp

from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.own_aliases import add_alias
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.price_book.holder import BookHolder, HeldBook
from llmpricing.web import request_log
from llmpricing.web.answer_task import AT_ONCE, NeedsWorker
from llmpricing.web.api.quick_quotes import MOST_BYTES, QUICK_S, _QuickKinds
from tests.conftest import running_app
from tests.functional.test_held_book import wait_for
from tests.functional.test_ready_answers import Lines

POSTED, ADDRESSED = "/api/v1/quotes", "/api/v1/quote"
CLOCKS = {"at": "2026-11-23T00:00:00Z", "known_at": "2026-11-23T00:00:00Z"}
BODY: dict[str, Any] = {"model": "acme/acme-large", "usage": {"input_tokens": 1000, "output_tokens": 500}, **CLOCKS}
ADDRESS = f"{ADDRESSED}?model=acme/acme-large&input_tokens=1000&output_tokens=500&at=2026-11-23T00:00:00Z"
BODIES: tuple[dict[str, Any], ...] = (
    BODY,
    BODY | {"usage": {"input_tokens": "1000.0", "cache_read_tokens": 10, "requests": 3}},
    BODY | {"usage": {"input_tokens": 0}},
    BODY | {"model": "acme-small", "provider": "acme"},
    BODY | {"at": "2026-11-23"},
    BODY | {"context": {"service_tier": "batch"}},
    BODY | {"context": {"region": "eu-central-1"}},
    BODY | {"currency": "USD"},
    BODY | {"at": "2025-01-01T00:00:00Z"},
    BODY | {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}, "usage_format": "openai"},
)
REFUSED: tuple[tuple[int, str], ...] = (
    (400, "{"),
    (400, '{"model": "acme/acme-large", "model": "acme/acme-small", "usage": {}}'),
    (400, json.dumps(BODY | {"usage": {"input_tokens": -1}})),
    (400, json.dumps(BODY | {"usages": {}})),
    (400, json.dumps(BODY | {"currency": "usd"})),
    (400, json.dumps(BODY | {"context": {"service_tier": "no-such"}})),
    (400, json.dumps(BODY | {"price_ids": [999_999]})),
    (404, json.dumps(BODY | {"model": "nobody/nothing"})),
)
TOKENS = {scope: f"secret-{scope}-{'x' * 30}" for scope in ("feed", "read", "rates")}


@pytest.fixture
def serve(book_url: str, redis_url: str, tmp_path: Any) -> Callable[..., Any]:
    """serve(name=value...) as a block: the application with the book in memory."""
    return lambda **ini: running_app(book_url, redis_url, book_dir=tmp_path / "books", **ini)


@pytest.fixture
def app(serve: Callable[..., Any]) -> Iterator[TestApp]:
    with serve() as found:
        wait_for(found, lambda answer: answer["book"] is not None)
        found.get("/api/v1/providers/bazaar")  # so that it is known whether there are tokens
        yield found


@pytest.fixture
def made(app: TestApp) -> list[str]:
    """The paths of all that was made a request."""
    seen: list[str] = []
    app.app.registry.registerHandler(lambda event: seen.append(event.request.path), (INewRequest,))
    return seen


def told(answer: Any) -> Any:
    """All of an answer but the id that each has of its own."""
    return answer.status, answer.body, sorted(pair for pair in answer.headers.items() if pair[0] != "X-Request-Id")


def at_once(app: TestApp, path: str, body: Any = None) -> bytes:
    """What the server's loop gets; raises NeedsWorker where it gets nothing."""
    asked = Request.blank(path, **({} if body is None else {"POST": json.dumps(body).encode()}))
    asked.environ.update({AT_ONCE: True} | ({} if body is None else {"CONTENT_TYPE": "application/json"}))
    found: list[str] = []
    answer = app.app(asked.environ, lambda status, headers, exc_info=None: found.append(status))
    assert found == ["200 OK"]
    return b"".join(answer)


def decided(book_url: str, decide: Callable[[Session, Decider], object]) -> None:
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        decide(session, Decider("Ada", datetime.now(UTC)))
    engine.dispose()


def test_the_second_quote_is_what_the_view_says_to_the_byte_and_no_request_is_made_for_it(
    app: TestApp, made: list[str], serve: Callable[..., Any]
) -> None:
    app.post_json(POSTED, BODY)
    made.clear()
    quick = [app.post_json(POSTED, body) for body in BODIES]
    assert made == []
    with serve() as other:  # where nobody was answered yet
        wait_for(other, lambda answer: answer["book"] is not None)
        for body, answer in zip(BODIES, quick, strict=True):
            slow = Request.blank(f"{POSTED}?", POST=json.dumps(body).encode())
            slow.environ["CONTENT_TYPE"] = "application/json; charset=utf-8"
            assert told(answer) == told(slow.get_response(other.app)), body


def test_a_quote_out_of_an_address_is_too(app: TestApp, made: list[str]) -> None:
    first = app.get(f"{ADDRESS}&known_at=2026-11-23T00:00:00Z")
    made.clear()
    assert told(app.get(f"{ADDRESS}&known_at=2026-11-23T00:00:00Z")) == told(first)
    assert app.get(ADDRESS.replace("1000", "2000")).json["data"]["lines"][0]["quantity"] == 2000
    assert made == []
    for strange in ("&input_tokens=2", "&strange=1", "&region=%ff", "&currency=usd"):
        app.get(ADDRESS + strange, status=400)
    assert len(made) == 3  # what is no text is refused before


def test_a_quick_quote_of_a_stated_moment_bears_the_etag_of_the_view_and_is_a_304_to_who_has_it(
    app: TestApp, made: list[str]
) -> None:
    now = ADDRESS.replace("&at=2026-11-23T00:00:00Z", "")
    dated, of_now = ADDRESS.replace("1000", "3000"), now.replace("1000", "3000")
    by_view = app.get(dated, headers={"If-None-Match": '"other"'})
    app.get(ADDRESS)
    made.clear()
    quick = app.get(dated)
    assert (made, told(quick)) == ([], told(by_view))
    assert quick.headers["ETag"].startswith("W/")
    assert app.get(dated, headers={"If-None-Match": quick.headers["ETag"]}, status=304).body == b""
    made.clear()
    moment = app.get(of_now)
    assert (made, "ETag" in moment.headers, moment.headers["Cache-Control"]) == ([], False, "private, no-cache")
    assert app.get(f"{now}&at=%20").headers["Cache-Control"] == "private, no-cache"
    assert app.get(now.replace("/quote?", "/quote?%61t=2026-11-23&")).headers["ETag"] != quick.headers["ETag"]


@pytest.mark.parametrize(("status", "body"), REFUSED)
def test_what_is_refused_is_told_by_the_view(app: TestApp, made: list[str], status: int, body: str) -> None:
    def ask() -> dict[str, Any]:
        answer: dict[str, Any] = app.post(POSTED, body, {"Content-Type": "application/json"}, status=status).json
        answer.pop("request_id")
        return answer

    first = ask()
    app.post_json(POSTED, BODY)
    made.clear()
    assert ask() == first
    assert made == [POSTED]


def test_many_items_large_bodies_and_other_kinds_of_body_are_requests(app: TestApp, made: list[str]) -> None:
    app.post_json(POSTED, BODY)
    made.clear()
    assert len(app.post_json(POSTED, {"items": [BODY]}).json["data"]["items"]) == 1
    app.post(POSTED, json.dumps(BODY) + " " * MOST_BYTES, {"Content-Type": "application/json"})
    app.post(POSTED, json.dumps(BODY), {"Content-Type": "text/plain"}, status=415)
    app.get(POSTED, status=405)
    assert len(made) == 4


def test_a_client_that_takes_gzip_gets_it(app: TestApp, made: list[str]) -> None:
    def ask(body: dict[str, Any]) -> Any:
        asked = Request.blank(POSTED, POST=json.dumps(body).encode(), headers={"Accept-Encoding": "gzip"})
        asked.environ["CONTENT_TYPE"] = "application/json"
        return asked.get_response(app.app)

    nothing_used = BODY | {"usage": {"input_tokens": 0}}  # short, so it is sent as it is
    first = [ask(body) for body in (BODY, nothing_used)]
    made.clear()
    again = [ask(body) for body in (BODY, nothing_used)]
    assert made == []
    assert [told(answer) for answer in again] == [told(answer) for answer in first]
    assert gzip.decompress(again[0].body) == app.post_json(POSTED, BODY).body
    assert "Content-Encoding" not in again[1].headers


def test_it_is_counted_and_logged_as_any_other(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines()
    monkeypatch.setattr(request_log, "log", lines)
    app.post_json(POSTED, BODY)
    again = app.post_json(POSTED, BODY, headers={"X-Request-Id": "of-mine"})
    (_, before), (event, fields) = lines.found
    assert event == "request"
    assert fields.pop("request_id") == again.headers["X-Request-Id"] == "of-mine"
    assert fields | {"elapsed_ms": 0} == before | {"elapsed_ms": 0}
    assert 'llmpricing_requests_total{method="POST",route="quotes",status="200"} 2.0' in app.get("/metrics").text


def test_contract_rates_are_told_to_their_scope_alone(book_url: str, serve: Callable[..., Any]) -> None:
    half = [RateValue(discount=Decimal("0.5"))]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    decided(book_url, lambda session, by: add_contract_rates(session, by, "acme", "*", half, since))
    body = {name: value for name, value in BODY.items() if name not in CLOCKS}
    words = " ".join(f"{scope}er:{scope}:{sha256(token.encode()).hexdigest()}" for scope, token in TOKENS.items())
    with serve(**{"auth.tokens": words}) as app:
        wait_for(app, lambda answer: answer["book"] is not None)
        of = {scope: {"Authorization": f"Bearer {token}"} for scope, token in TOKENS.items()}
        totals = {
            scope: {app.post_json(POSTED, body, headers=of[scope]).json["data"]["total"] for _ in range(3)}
            for scope in ("read", "rates")
        }
        assert [len(found) for found in totals.values()] == [1, 1]
        assert Decimal(totals["read"].pop()) == 2 * Decimal(totals["rates"].pop())
        for stranger in ({}, {"Authorization": "Bearer unknown"}):
            app.post_json(POSTED, body, headers=stranger, status=401)
        app.post_json(POSTED, body, headers=of["feed"], status=403)
        app.post_json(POSTED, body | {"rate_ids": [1]}, headers=of["read"], status=403)


def test_while_nobody_knows_of_newer_prices_the_view_says_so(
    app: TestApp, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.post_json(POSTED, BODY).json["data"]["notes"] == []
    held = app.app.registry["llmpricing.book_holder"].held
    stale = HeldBook(held.book, datetime(2026, 11, 24, tzinfo=UTC))
    monkeypatch.setattr(BookHolder, "held", property(lambda _: stale))
    made.clear()
    data = app.post_json(POSTED, BODY).json
    assert [note["code"] for note in data["data"]["notes"]] == ["BOOK_STALE"]
    assert data["meta"]["stale"] is True
    assert made == [POSTED]


def test_the_loop_answers_what_was_quick_before_and_nothing_of_another_book(app: TestApp, book_url: str) -> None:
    asked = ((POSTED, BODY), (ADDRESS, None))
    for path, body in asked:
        for _ in range(2):
            with pytest.raises(NeedsWorker):
                at_once(app, path, body)
    expected = app.post_json(POSTED, BODY).body, app.get(ADDRESS).body
    app.post_json(POSTED, BODY)
    app.get(ADDRESS)  # by the quick way, which takes note
    assert (at_once(app, POSTED, BODY), at_once(app, ADDRESS)[:100]) == (expected[0], expected[1][:100])
    for other in (BODY | {"model": "acme/acme-small"}, BODY | {"model": "nobody"}, {"items": [BODY]}):
        with pytest.raises(NeedsWorker):
            at_once(app, POSTED, other)
    decided(book_url, lambda session, by: add_alias(session, by, "my-own", "acme/acme-large"))
    wait_for(app, lambda answer: answer["book"] == 2)
    with pytest.raises(NeedsWorker):
        at_once(app, POSTED, BODY)


def test_a_body_that_the_loop_has_read_is_there_for_the_worker(app: TestApp) -> None:
    app.post_json(POSTED, BODY)
    text = json.dumps(BODY | {"model": "acme/acme-small"}).encode()
    given = io.BytesIO(text)
    asked = Request.blank(POSTED, POST=text).environ | {"wsgi.input": given, "CONTENT_TYPE": "application/json"}
    with pytest.raises(NeedsWorker):
        app.app({**asked, AT_ONCE: True}, None)
    assert given.read() == text


def test_kinds_that_were_slow_the_last_time_or_too_many_are_forgotten(app: TestApp) -> None:
    kinds, book = _QuickKinds(), app.app.registry["llmpricing.book_holder"].held.book
    kinds.note(book, "a", QUICK_S)
    assert kinds.knows(book, "a")
    kinds.note(book, "a", 2 * QUICK_S)
    assert not kinds.knows(book, "a")
    for number in range(5000):
        kinds.note(book, number, 0)
    assert not kinds.knows(book, 0)
    assert kinds.knows(book, 4999)
