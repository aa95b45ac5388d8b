"""Quotes, names and coverage from the book in memory: the same bytes as from the database, and no question to it."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from datetime import UTC, datetime
from threading import current_thread

import pytest
import structlog
from redis import Redis
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from structlog.testing import capture_logs
from webtest import Upload

from llmpricing.book.file import BookHeader
from llmpricing.book.shape import SHAPE
from llmpricing.book.writing import write_book
from llmpricing.services.catalogue import counting_from, listing, listing_in_book
from llmpricing.services.decisions.kept_tokens import TokensRead, keep_tokens, kept_tokens
from llmpricing.services.decisions.own_aliases import add_alias
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.price_book import BookState
from llmpricing.services.price_book import holder as holding
from llmpricing.services.price_book.folder import KEPT, file_of, keep_book, newest_files, written_at
from llmpricing.services.price_book.holder import EVERY_S, BookHolder
from llmpricing.services.price_book.preparing import AHEAD, Preparing
from llmpricing.services.price_book.served import last_served, note_served
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.setting_values import AccessToken
from llmpricing.settings import read_settings
from llmpricing.web.api import model_rows
from llmpricing.web.held_book import HOLDER
from tests.conftest import running_app
from tests.functional.addresses import EXAMPLES, FEEDS
from tests.servers import new_database
from tests.unplugged.faults import closed_port, wait_until

AT = "2026-11-23T00:00:00Z"
ASKED = (
    "/api/v1/quote?model=acme/acme-large&input_tokens=1000000&at=" + AT,
    "/api/v1/quote?model=acme-large&output_tokens=7&known_at=2026-11-22T13:00:00Z&at=" + AT,
    "/api/v1/quote?model=nobody&input_tokens=1&at=" + AT,
    "/api/v1/resolve?model=acme-small&as_of=" + AT,
    "/api/v1/resolve?model=acme-smal",
    "/api/v1/calculator?provider=acme&batch_share=0.5&as_of=" + AT,
    "/api/v1/models?limit=3&sort=-input_per_mtok&as_of=" + AT,
    "/api/v1/models?q=acme&format=csv&as_of=" + AT,
    "/api/v1/models/acme/acme-large?as_of=" + AT,
    "/api/v1/models/acme/no-such",
    "/api/v1/history/acme/acme-dated",
    "/api/v1/compare?models=acme/acme-large,acme/acme-small&as_of=" + AT,
    "/api/v1/calculator?preset=small&as_of=" + AT,
    "/api/v1/providers",
    "/api/v1/providers/acme",
    "/api/v1/sources",
    "/api/v1/disagreements",
    "/api/v1/disagreements?provider=acme&format=csv",
    "/api/v1/changes?since=2026-11-01T00:00:00Z",
    "/api/v1/changes?since=2026-11-01T00:00:00Z&provider=acme&model=acme/acme-large",
    "/?as_of=" + AT,
    "/?provider=acme&sort=name&as_of=" + AT,
    "/models/acme/acme-large?as_of=" + AT,
    "/?q=acme&as_of=2026-01-31",
    "/models/acme/acme-dated?as_of=2026-01-31",
    "/models/acme/acme-large?as_of=2026-01-31",
    "/best-value?as_of=" + AT,
    "/api/v1/best-value?known_at=2026-11-22T13:00:00Z&as_of=" + AT,
    "/charts/scores.csv?models=acme/acme-large,acme/acme-small&as_of=" + AT,
    "/changes?days=365&provider=acme",
    "/sources?page=2",
    "/providers/no-such",
    "/models/%ff",
)
# What tells of the process, or is the same whatever the book says.
NO_BOOK = ("health", "health_live", "health_ready", "metrics", "openapi", "reference")
ROUTES = (*(path for name, path in (EXAMPLES | FEEDS).items() if name not in NO_BOOK), "/providers/ACME")
SCORED = {"acme-large": ("80", "90", "70"), "acme-small": ("40", "50", "60"), "acme-dated": ("60", "60", "61.5")}


@pytest.fixture
def scored(book_url):
    """The small price book with scores, one of which was another before."""
    rows = [
        f"{model},{benchmark},{score},2026-11-20,https://example.com/{benchmark}"
        for model, scores in SCORED.items()
        for benchmark, score in zip(("mmlu", "gsm8k", "humaneval"), scores, strict=True)
    ]
    engine = create_engine(book_url, poolclass=NullPool)
    for at, lines in ((12, ["acme-large,mmlu,70,,https://example.com/mmlu"]), (13, rows)):
        with Session(engine) as session, session.begin():
            file = "\n".join(["model,benchmark,score,measured_on,source_url", *lines])
            read = import_scores(session, Decider("Ada", datetime(2026, 11, 22, at, tzinfo=UTC)), file, "scores.csv")
            assert not read.failed


@pytest.fixture
def held(book_url, scored, redis_url, tmp_path):
    """The application with the book in memory."""
    with running_app(book_url, redis_url, book_dir=tmp_path / "books") as app:
        wait_for(app, lambda answer: answer["book"] is not None)
        yield app


def wait_for(app, is_there, patience_s=60):
    until = time.monotonic() + patience_s
    while not is_there(answer := app.get("/api/health/ready", status="*").json):
        assert time.monotonic() < until, answer
        time.sleep(0.05)
    return answer


def told(answer):
    """What an error or a redirect says."""
    if answer.content_type != "application/json":
        return answer.location or answer.html.main.get_text().replace(answer.headers["X-Request-Id"], "")
    return answer.json["error"]


def posted(app, path, body):
    return app.post_json(path, body, status="*")


def settings_of(database_url):
    urls = {"sqlalchemy.url": database_url, "redis.url": "redis://127.0.0.1/0"}
    return read_settings(urls | {"llmpricing.environment": "development"}, environ={})


def new_holder(database_url, folder):
    """One that was not started, and the list of what it answers with when a book is prepared."""
    answering = []

    def first(book, at):
        answering.append(holder.held)
        return at + AHEAD * 1000

    holder = BookHolder(settings_of(database_url), folder, Preparing(first, ()))
    return holder, answering


def empty_book(folder, book):
    """The file of version 3 of this price book, without a row."""
    state = BookState(book, 3, datetime(2026, 11, 23, tzinfo=UTC))
    path = file_of(folder, state)
    write_book(path, BookHeader(book, state.version, state.last_change, own_terms=True), dict.fromkeys(SHAPE, ()))
    return path


def test_answers_are_those_of_the_database_to_the_byte(held, testapp):
    for path in ASKED + ROUTES:
        here, there = (app.get(path, status="*") for app in (held, testapp))
        assert here.status == there.status
        if here.status_int == 200:
            assert here.body == there.body
            assert here.headers.get("ETag") == there.headers.get("ETag")
        else:
            assert told(here) == told(there)
    items = [{"model": "acme/acme-large", "usage": {"input_tokens": n}, "at": AT} for n in range(20)]
    for path, body in (
        ("/api/v1/quotes", {"items": [*items, {"model": "x", "usage": {}}, 7]}),
        ("/api/v1/coverage", {"models": ["acme-large", "acme-small", "nobody"], "as_of": AT}),
    ):
        here, there = (posted(app, path, body) for app in (held, testapp))
        assert (here.status, here.body) == (there.status, there.body)


def test_what_the_book_answers_asks_the_database_nothing(held):
    sent = []
    engine = held.app.registry["llmpricing.engine"]
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    for path in ASKED + ROUTES:
        held.get(path, status="*")
    own = "model,benchmark,score\nacme-dated,own,9\nacme/acme-small,mmlu,1\nnobody,mmlu,1\n"
    assert "With 3 scores of your own" in held.post("/best-value/own", {"scores": Upload("a.csv", own.encode())}).text
    posted(held, "/api/v1/quotes", {"model": "acme/acme-large", "usage": {"input_tokens": 1}})
    posted(held, "/api/v1/coverage", {"models": ["acme-large"]})
    assert sent == []
    with engine.connect() as connection:  # what is sent is heard
        connection.execute(text("select 1"))
    assert sent == ["select 1"]


def test_a_decision_of_another_process_shows_and_who_made_it_leaves_the_file(held, book_url, tmp_path):
    assert held.get("/api/v1/resolve?model=my-own", status=404)
    before = wait_for(held, lambda answer: True)["book"]
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        add_alias(session, Decider("Ada", datetime.now(UTC)), "my-own", "acme/acme-large")
    written = keep_book(engine, tmp_path / "books")
    wait_for(held, lambda answer: answer["book"] == before + 1)
    assert held.get("/api/v1/resolve?model=my-own").json["data"]["id"] == "acme/acme-large"
    assert newest_files(tmp_path / "books")[0] == written


def test_a_server_writes_the_file_that_nobody_wrote_and_the_last_three_are_kept(held, book_url, tmp_path):
    version = wait_for(held, lambda answer: True)["book"]
    engine = create_engine(book_url, poolclass=NullPool)
    for number in range(KEPT):
        version += 1
        with Session(engine) as session, session.begin():
            add_alias(session, Decider("Ada", datetime.now(UTC)), f"own-{number}", "acme/acme-large")
        wait_for(held, lambda answer, wanted=version: answer["book"] == wanted)
    assert len(newest_files(tmp_path / "books")) == KEPT
    assert all(path.stat().st_mode & 0o077 == 0 for path in newest_files(tmp_path / "books"))


@pytest.mark.parametrize("fault", ["flipped", "cut", "of another price book"])
def test_a_file_that_is_no_good_is_refused_and_written_anew(
    store_urls, small_book, book_url, redis_url, tmp_path, fault
):
    path = keep_book(create_engine(book_url, poolclass=NullPool), tmp_path / "books")
    content = path.read_bytes()
    with new_database(store_urls, small_book) as url:
        another = keep_book(create_engine(url, poolclass=NullPool), tmp_path / "others").read_bytes()
    wrong = {"flipped": content[:-1] + bytes([content[-1] ^ 1]), "cut": content[:-64]}
    path.write_bytes(wrong.get(fault, another))
    with running_app(book_url, redis_url, book_dir=tmp_path / "books") as app:
        wait_for(app, lambda answer: answer["book"] is not None)
        assert app.get(ASKED[0]).json["data"]["total"]
    assert path.read_bytes() == content


def test_the_first_page_finds_its_rows_made_already(held, monkeypatch):
    holder, made = held.app.registry[HOLDER], []
    preparer = holder._preparer
    wait_until(lambda: preparer._prepared is holder.held.book and not preparer._thread.is_alive())

    def made_by(book, clocks, standing, numbers=None):
        made.append((current_thread(), numbers))
        return make(book, clocks, standing, numbers)

    make = listing_in_book._made
    monkeypatch.setattr(listing_in_book, "_made", made_by)
    held.get("/")
    held.get("/api/v1/models")
    assert (current_thread(), None) not in made
    held.get("/api/v1/models?as_of=" + AT)  # a time that nobody prepared
    assert (current_thread(), None) in made


def test_since_when_models_are_there_is_known_before_a_page_asks(held, monkeypatch):
    """Prices of a past day and histories count by it."""
    holder, made = held.app.registry[HOLDER], []
    preparer = holder._preparer
    wait_until(lambda: preparer._prepared is holder.held.book and not preparer._thread.is_alive())

    def found(*asked):
        made.append(asked)
        return offerings_seen(*asked)

    offerings_seen = counting_from.offerings_seen
    monkeypatch.setattr(counting_from, "offerings_seen", found)
    asked = "/api/v1/history/acme/acme-dated"
    assert any(one["counts_from"] for one in held.get(asked).json["data"])
    held.get("/?as_of=2026-01-31")
    assert not made
    counting_from._begun.forget_all()
    held.get(f"{asked}?meter=input_tokens")
    assert made


def test_a_row_of_a_list_is_made_once_whatever_filter_finds_it(held, redis_url, monkeypatch):
    made = []

    def item_of(row, behind, at):
        made.append(row.id)
        return listing.item_of(row, behind, at)

    monkeypatch.setattr(model_rows, "item_of", item_of)
    expected = {row["id"]: row for row in held.get("/api/v1/models").json["data"]}
    assert sorted(made) == sorted(expected)
    for query in ("q=acme", "sort=-input_per_mtok&limit=3", "max_input_price=1000", "fields=id,codes", "format=csv"):
        answer = held.get(f"/api/v1/models?{query}")
        if "fields" not in query and "csv" not in query:
            assert all(row == expected[row["id"]] for row in answer.json["data"]), query
    assert sorted(made) == sorted(expected)
    with Redis.from_url(redis_url) as server:  # which is not asked for what a process holds
        book = held.app.registry[HOLDER].held.book
        assert not list(server.scan_iter(f"llmpricing:models:*:{book.book}:*"))


@pytest.mark.parametrize("is_failing", [False, True])
def test_what_is_asked_after_the_next_known_step_is_prepared_before_it(book_url, tmp_path, is_failing):
    step, made, answering = datetime.now(UTC) + AHEAD / 2, [], []

    def first(book, at):
        made.append(("first", book.version, at))
        answering.append(holder.held)
        return step if len(made) == 1 else step + AHEAD * 1000

    def rest(book, at):
        made.append(("rest", book.version, at))
        if is_failing:
            raise ValueError("of a book that is not what it should be")

    holder = BookHolder(settings_of(book_url), tmp_path, Preparing(first, [rest]))
    holder.start()
    wait_until(lambda: len(made) >= 3, patience_s=60)
    assert holder.held is not None
    holder.close()
    assert [(name, version) for name, version, _ in made] == [("first", 1), ("first", 1), ("rest", 1)]
    assert made[2][2] == made[1][2] >= step
    assert all(one.stale_since is None for one in answering if one)
    assert None not in answering  # where nothing else answers, the book does before all is prepared


def test_a_start_without_the_database_takes_the_book_that_this_one_held_and_says_where_it_took_any(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(holding, "log", structlog.get_logger())  # that none used before: those keep what they wrote to
    own, other = "1" * 32, "2" * 32
    for age, book in enumerate((other, own)):  # the other's is the newest
        os.utime(empty_book(tmp_path, book), (1_000_000_000 - age,) * 2)
    ours, unknown = (f"postgresql+psycopg2://ann:secret@127.0.0.1:{closed_port()}/{name}" for name in ("ours", "new"))
    note_served(tmp_path, ours, own)
    assert "secret" not in (tmp_path / "served.json").read_text()
    assert newest_files(tmp_path, "3" * 32) == []
    for url, taken in ((ours, own), (unknown, other)):
        holder, answering = new_holder(url, tmp_path)
        with capture_logs() as logs:
            holder.start()
            wait_until(lambda holder=holder: holder.held is not None, patience_s=60)
            held = holder.held
            holder.close()
        written = written_at(newest_files(tmp_path, taken)[0])
        assert [(one.book.book, one.stale_since) for one in (held, answering[0])] == [(taken, written)] * 2
        assert ("book_of_any_database" in [one["event"] for one in logs]) == (taken == other)


def test_a_file_that_cannot_be_opened_now_is_not_taken_away(tmp_path, monkeypatch):
    """Without the database it may be all there is; a server that has too many files open may have fewer soon."""
    monkeypatch.setattr(holding, "log", structlog.get_logger())
    path = empty_book(tmp_path, "1" * 32)
    holder, _ = new_holder(f"postgresql+psycopg2://ann:secret@127.0.0.1:{closed_port()}/prices", tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with capture_logs() as logs:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            assert not holder._open(path, None)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "too many open files" in logs[-1]["error"]
    assert holder._open(path, None)


def test_notes_that_are_no_text_are_none(tmp_path):
    url = "postgresql+psycopg2://place/prices"
    note_served(tmp_path, url, "1" * 32)
    keep_tokens(tmp_path, TokensRead((AccessToken("place", "read", "0" * 64),), was_made=True))
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes().replace(b"place", b"pl\xe4ce"))
    assert (last_served(tmp_path, url), kept_tokens(tmp_path)) == (None, None)


def test_a_database_that_answers_is_asked_while_its_book_has_no_file_whatever_it_held_before(
    book_url, tmp_path, monkeypatch
):
    empty_book(tmp_path, "2" * 32)
    note_served(tmp_path, book_url, "2" * 32)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))  # the child that writes fails
    for has_held in (False, True):
        holder, answering = new_holder(book_url, tmp_path)
        if has_held:
            holder._open_last("2" * 32)
        wait_until(lambda holder=holder: holder._look() == EVERY_S)
        holder._line.close()
        holder._awaited.close()
        assert (holder.held, len(answering)) == (None, has_held)


def test_a_book_that_was_held_before_the_database_answered_is_noted_as_its_own(book_url, tmp_path):
    path = keep_book(create_engine(book_url, poolclass=NullPool), tmp_path)
    holder, _ = new_holder(book_url, tmp_path)
    holder._open_last(None)
    assert (last_served(tmp_path, book_url), holder.held.stale_since) == (None, written_at(path))
    holder._look()
    holder._line.close()
    assert (last_served(tmp_path, book_url), holder.held.stale_since) == (holder.held.book.book, None)


def test_without_a_folder_the_database_has_to_serve(testapp):
    assert testapp.get("/api/health/ready").json == {"status": "ready", "book": None, "stale": False}
