"""An answer names its two clocks; asked again with them it is the same, to the byte, whatever is imported meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import AppError, TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import small_list
from tests.servers import StoreUrls, template

USAGE = {"model": "acme/acme-large", "usage": {"input_tokens": 1_000_000}, "at": "2026-11-23T00:00:00Z"}
BUDGET_S = 30


def _also_called(name: str, id_: str) -> dict[str, Any]:
    return {"or": [{"equals": name}, {"equals": id_}]}


def first_list() -> bytes:
    """The small list with another name for an offering."""
    providers = json.loads(small_list())
    providers[0]["models"][1]["match"] = _also_called("mini", "acme-small")
    return json.dumps(providers).encode()


def changed_list() -> bytes:
    """The small list with another price, other facts, another offering, and that name for another one."""
    providers = json.loads(small_list())
    models = providers[0]["models"]
    models[0] |= {"prices": {"input_mtok": 3, "output_mtok": 12}, "context_window": 256000, "name": "Acme Largest"}
    models[1]["context_window"] = 9000
    models[2]["match"] = _also_called("mini", "acme-long")
    models.append({"id": "acme-aa", "match": {"equals": "acme-aa"}, "prices": {"input_mtok": 1}})
    providers[1]["models"].append({"id": "acme/acme-small", "match": {"equals": "x"}, "prices": {"input_mtok": 1}})
    return json.dumps(providers).encode()


@pytest.fixture(scope="module")
def file_book(store_urls: StoreUrls, small_book: str) -> str:
    """Name of a template: the small price book after the first list."""
    return template(store_urls, "two_clocks", fill, small_book)


def fill(url: str) -> None:
    with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
        reading = ReadList(first_list(), datetime(2026, 11, 15, tzinfo=UTC), NOW, "a test's list")
        import_lists(session, [(SOURCES["genai-prices"], reading)])


@contextmanager
def open_import(engine: Engine) -> Iterator[datetime]:
    """An import that has downloaded its list and waits before its commit; ends with the commit."""
    began, go_on, failed = Event(), Event(), []
    now = datetime.now(UTC)

    def wait(_done: int, _total: int) -> None:
        began.set()
        assert go_on.wait(BUDGET_S), "nobody let the import go on"

    def run() -> None:
        try:
            with Session(engine) as session, session.begin():
                reading = ReadList(changed_list(), datetime(2026, 11, 20, tzinfo=UTC), now, "a test's list")
                import_lists(session, [(SOURCES["genai-prices"], reading)], wait)
        except BaseException as error:  # noqa: BLE001 - told by the test, in its own thread
            failed.append(error)
            began.set()

    importer = Thread(target=run)
    importer.start()
    try:
        assert began.wait(BUDGET_S)
        yield now
    finally:
        go_on.set()
        importer.join(BUDGET_S)
    assert not failed
    assert not importer.is_alive()


def data_of(body: bytes) -> bytes:
    """The bytes of an answer's data."""
    assert body.startswith(b'{"data":')
    return body[: body.rindex(b',"meta":')]


def quote(app: TestApp, **clocks: str) -> bytes:
    return app.post_json("/api/v1/quotes", USAGE | clocks).body


def items(app: TestApp, **clocks: str) -> bytes:
    names = ("acme/acme-large", "acme/acme-small")
    return app.post_json("/api/v1/quotes", {"items": [USAGE | {"model": name} for name in names], **clocks}).body


def coverage(app: TestApp, **clocks: str) -> bytes:
    names = ["acme/acme-large", "acme/mini", "acme-aa", "acme-mystery"]
    return app.post_json("/api/v1/coverage", {"models": names} | clocks).body


def get(path: str) -> Any:
    def ask(app: TestApp, **clocks: str) -> bytes:
        return app.get(path + ("&" if "?" in path else "?") + urlencode(clocks)).body

    return ask


QUESTIONS = {
    "quote": (quote, ("known_at",)),
    "quotes": (items, ("known_at",)),
    "list": (get("/api/v1/models"), ("as_of", "known_at")),
    "sorted list": (get("/api/v1/models?sort=-context_window&limit=3"), ("as_of", "known_at")),
    "search": (get("/api/v1/models?q=largest"), ("as_of", "known_at")),
    "filtered list": (get("/api/v1/models?min_context=8500&max_input_price=2.6"), ("as_of", "known_at")),
    "details": (get("/api/v1/models/acme/acme-small"), ("as_of", "known_at")),
    "resolve": (get("/api/v1/resolve?model=mini&provider=acme"), ("as_of", "known_at")),
    "coverage": (coverage, ("as_of", "known_at")),
}


def clocks_of(body: bytes) -> dict[str, str]:
    """The clocks that an answer names: of a quote in its data, of all others in its meta."""
    answer = json.loads(body)
    told = answer["meta"] if "known_at" in answer["meta"] else answer["data"]
    told = told["items"][0] if "items" in told else told
    return {name: told[name] for name in ("as_of", "known_at") if name in told}


@pytest.mark.parametrize("asked", QUESTIONS)
def test_an_answer_asked_again_by_its_own_clocks_is_the_same_to_the_byte(
    testapp: TestApp, engine: Engine, asked: str
) -> None:
    ask, names = QUESTIONS[asked]
    answers = [ask(testapp)]
    with open_import(engine) as downloaded:
        answers.append(ask(testapp))
        late = {"known_at": (downloaded + timedelta(seconds=1)).isoformat()}  # the import will be recorded before
        answers.append(ask(testapp, **late))
        for answer in answers:
            assert data_of(ask(testapp, **clocks_of(answer))) == data_of(answer)
    answers.append(ask(testapp))
    answers.append(ask(testapp, **late))
    for answer in answers:
        assert list(clocks_of(answer)) == list(names)
        assert data_of(ask(testapp, **clocks_of(answer))) == data_of(answer)


def test_the_import_of_these_tests_changes_every_answer(testapp: TestApp, engine: Engine) -> None:
    before = {name: data_of(ask(testapp)) for name, (ask, _) in QUESTIONS.items()}
    with open_import(engine):
        pass
    assert [name for name, (ask, _) in QUESTIONS.items() if data_of(ask(testapp)) == before[name]] == []


@pytest.mark.parametrize("asked", QUESTIONS)
def test_what_will_be_known_is_refused_by_its_field(testapp: TestApp, asked: str) -> None:
    """Bounded by the last change in silence, the answer would be another one after each import."""
    ask, names = QUESTIONS[asked]
    with pytest.raises(AppError) as refused:
        ask(testapp, known_at="2062-01-01")
    assert "400 Bad Request" in str(refused.value)
    assert "known_at lies in the future: leave it out for what is known now." in str(refused.value)
    if "as_of" in names:
        ask(testapp, as_of="2062-01-01")


@pytest.mark.parametrize("sort", ["id", "-context_window", "input_per_mtok"])
def test_the_pages_of_one_cursor_show_one_state_across_an_import(testapp: TestApp, engine: Engine, sort: str) -> None:
    tomorrow = f"{datetime.now(UTC).date() + timedelta(days=1)}"  # later than the last change, and no more than a day
    query = f"/api/v1/models?sort={sort}&limit=3&known_at={tomorrow}"
    whole = testapp.get(query.replace("limit=3", "limit=200")).json["data"]
    first = testapp.get(query).json
    paged = first["data"]
    with open_import(engine):
        second = testapp.get(f"{query}&cursor={first['meta']['next']}").json
        paged = paged + second["data"]
    third = testapp.get(f"{query}&cursor={second['meta']['next']}").json
    assert paged + third["data"] == whole
    assert {page["meta"]["known_at"] for page in (first, second, third)} == {first["meta"]["known_at"]}
    assert third["meta"]["count"] == len(whole)
    other = testapp.get(f"{query.replace(tomorrow, '2026-11-01')}&cursor={second['meta']['next']}", status=400).json
    assert "another known_at" in other["error"]["message"]


def test_a_change_is_recorded_by_the_clock_after_its_lock(engine: Engine) -> None:
    """Two that ask at one time are recorded one after the other, the second not before it got the lock."""
    now, wait_s = datetime.now(UTC), 0.5
    recorded = []

    def change() -> None:
        with Session(engine) as session, session.begin():
            recorded.append(begin_change(session, now))
            end_change(session, recorded[0])

    with Session(engine) as holder, holder.begin():
        first = begin_change(holder, now)
        waiting = Thread(target=change)
        waiting.start()
        holder.execute(text("select pg_sleep(:s)"), {"s": wait_s})
        end_change(holder, first)
    waiting.join(BUDGET_S)
    assert first == now
    assert recorded[0] - now > timedelta(seconds=wait_s * 0.8)
