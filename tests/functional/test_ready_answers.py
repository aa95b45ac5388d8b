"""Hot answers from the book are given again as the bytes they were, before there is a request, and only to who may."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from pyramid.interfaces import INewRequest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webob import Request

from llmpricing.book.price_book import PriceBook
from llmpricing.services.decisions.kept_tokens import TokensRead
from llmpricing.services.decisions.own_aliases import add_alias
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.setting_values import AccessToken
from llmpricing.web import request_log
from llmpricing.web.conditional import Lasting
from llmpricing.web.ready_answers import LARGEST, ReadyAnswers, SentAnswer
from tests.conftest import running_app
from tests.functional.test_held_book import ASKED, wait_for

LISTED = "/api/v1/models?provider=acme"
PASSING = ("/quote", "/resolve", "no-such", "%ff")
LASTING = [path for path in ASKED if not any(part in path for part in PASSING)]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
BOOK = PriceBook("0" * 32, 1, NOW, {})
NO_TOKENS = TokensRead((), was_made=False)


@pytest.fixture
def serve(book_url, redis_url, tmp_path):
    """serve(name=value...) as a block: the application with the book in memory."""

    def start(**ini):
        return running_app(book_url, redis_url, book_dir=tmp_path / "books", **ini)

    return start


@pytest.fixture
def app(serve):
    with serve() as found:
        wait_for(found, lambda answer: answer["book"] is not None)
        found.get("/api/v1/providers/bazaar")  # so that it is known whether there are tokens
        yield found


@pytest.fixture
def made(app):
    """The paths of all that was made a request."""
    seen = []
    app.app.registry.registerHandler(lambda event: seen.append(event.request.path), (INewRequest,))
    return seen


def told(answer):
    """All of an answer but what each has of its own."""
    own = ("X-Request-Id", "Cache-Control")
    return answer.status, answer.body, sorted(pair for pair in answer.headers.items() if pair[0] not in own)


def without_seconds(answer):
    """For how long it is said to be good, but for the seconds that pass."""
    return re.sub(r"\d+", "N", answer.headers["Cache-Control"])


def test_the_second_answer_is_the_first_and_no_request_is_made_for_it(app, made):
    first = {path: app.get(path) for path in LASTING}
    assert len(made) >= len(LASTING)
    made.clear()
    for path, before in first.items():
        again = app.get(path)
        assert told(again) == told(before), path
        assert without_seconds(again) == without_seconds(before)
        assert again.headers["X-Request-Id"] != before.headers["X-Request-Id"]
    assert made == []
    assert app.get(LISTED, headers={"X-Request-Id": "of-mine"}).headers["X-Request-Id"] == "of-mine"
    assert app.get(LISTED, headers={"X-Request-Id": "<no>"}).headers["X-Request-Id"] != "<no>"


def test_who_has_it_is_told_so_and_who_has_another_gets_it(app, made):
    whole = app.get(LISTED)
    has = {"If-None-Match": f'"other", {whole.headers["ETag"]}'}
    first = app.get(LISTED, headers=has, status=304)
    made.clear()
    again = app.get(LISTED, headers=has, status=304)
    assert told(again) == told(first)
    assert again.body == b""
    assert told(app.get(LISTED, headers={"If-None-Match": '"other"'}, status=200)) == told(whole)
    assert made == []


def test_compressed_bytes_are_kept_beside_plain_ones(app, made):
    packed = Request.blank(LISTED, headers={"Accept-Encoding": "gzip"})
    expected = app.get(LISTED).body
    packed.get_response(app.app)
    made.clear()
    again = packed.get_response(app.app)
    assert again.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(again.body) == app.get(LISTED).body == expected
    assert made == []


def test_what_is_posted_or_asked_for_its_head_is_a_request(app, made):
    app.get(LISTED)
    made.clear()
    assert app.head(LISTED).body == b""
    app.post(LISTED, status=405)
    assert len(made) == 2


class Lines:
    """What was logged."""

    def __init__(self):
        self.found = []

    def info(self, event, **fields):
        self.found.append((event, fields))


def test_it_is_counted_and_logged_as_any_other(app, monkeypatch):
    lines = Lines()
    monkeypatch.setattr(request_log, "log", lines)
    app.get(LISTED)
    again = app.get(LISTED)
    (_, before), (event, fields) = lines.found
    assert event == "request"
    assert fields.pop("request_id") == again.headers["X-Request-Id"]
    assert fields | {"elapsed_ms": 0} == before | {"elapsed_ms": 0}
    assert 'llmpricing_requests_total{method="GET",route="models",status="200"} 2.0' in app.get("/metrics").text


def test_a_change_of_the_book_ends_it(app, book_url):
    before = app.get(LISTED)
    assert told(app.get(LISTED)) == told(before)
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        add_alias(session, Decider("Ada", datetime.now(UTC)), "my-own", "acme/acme-large")
    wait_for(app, lambda answer: answer["book"] == 2)
    after = app.get(LISTED)
    assert after.json["meta"]["catalogue_version"] == before.json["meta"]["catalogue_version"] + 1
    assert after.headers["ETag"] != before.headers["ETag"]


def test_only_who_may_ask_is_given_it(serve):
    tokens = {scope: f"secret-{scope}-{'x' * 30}" for scope in ("feed", "read", "rates")}
    words = " ".join(f"{scope}er:{scope}:{sha256(token.encode()).hexdigest()}" for scope, token in tokens.items())
    with serve(**{"auth.tokens": words}) as app:
        wait_for(app, lambda answer: answer["book"] is not None)
        of = {scope: {"Authorization": f"Bearer {token}"} for scope, token in tokens.items()}
        for _ in range(2):
            tags = {app.get(LISTED, headers=of[scope]).headers["ETag"] for scope in ("read", "rates")}
            assert len(tags) == 2
            app.get(LISTED, status=401)
            app.get(LISTED, headers={"Authorization": "Bearer unknown"}, status=401)
            app.get(LISTED, headers=of["feed"], status=403)


def answer(body=b"x", until=None):
    lasting = Lasting(BOOK, until, "models", None, is_private=False, is_page=False)
    return SentAnswer(lasting, NO_TOKENS, "200 OK", (), body, '"tag"')


def test_an_answer_is_good_for_its_book_until_the_next_step_and_for_the_tokens_it_was_made_under():
    answers, until = ReadyAnswers(), NOW + timedelta(hours=1)
    revoked = TokensRead((AccessToken("till", "read", b"1"),), was_made=True)
    for found in (
        lambda: answers.find("key", replace(BOOK), NO_TOKENS, NOW),
        lambda: answers.find("key", BOOK, revoked, NOW),
        lambda: answers.find("key", BOOK, NO_TOKENS, until),
    ):
        answers.keep("key", answer(until=until))
        assert answers.find("key", BOOK, NO_TOKENS, until - timedelta(microseconds=1))
        assert found() is None
        assert answers.find("key", BOOK, NO_TOKENS, NOW) is None


def test_they_are_bounded_by_their_bytes_and_the_one_not_asked_for_goes_first():
    answers = ReadyAnswers(100_000)
    find = lambda key: answers.find(key, BOOK, NO_TOKENS, NOW)  # noqa: E731 - read once, below
    for key in range(4):
        answers.keep(key, answer(b"x" * 20_000))
    assert find(0)
    for key in (4, 4, 4, 5):  # the same one again takes no more room
        answers.keep(key, answer(b"x" * 20_000))
    assert [key for key in range(6) if find(key)] == [0, 3, 4, 5]
    answers.keep(6, answer(b"x" * (LARGEST + 1)))
    assert find(6) is None
    assert find(5)


def test_a_question_counts_as_its_answer_does_and_a_long_one_is_not_kept():
    answers = ReadyAnswers(10_000)
    questions = [(200, "/api/v1/models", f"limit={place}{'&' * 1_500}") for place in range(4)]
    for question in questions:
        answers.keep(question, answer())
    assert [question for question in questions if answers.find(question, BOOK, NO_TOKENS, NOW)] == questions[-2:]
    long = (200, "/api/v1/models", "&" * 100_000)
    answers.keep(long, answer())
    assert answers.find(long, BOOK, NO_TOKENS, NOW) is None
