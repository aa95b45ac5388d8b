"""/admin has a list read by the program itself: begun, shown, refused while one runs, and logged with who asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing import main
from llmpricing.models import AuditEvent
from llmpricing.services.decisions.reviews_and_pins import DecisionRefused
from llmpricing.services.imports.asked import note_asked
from llmpricing.services.imports.failures import failing_sources
from llmpricing.sources.registry import SOURCES
from llmpricing.web.site.admin import sources
from llmpricing.web.site.admin.importing import _STOPPED
from llmpricing.web.site.admin.sources import RUNNER
from tests.commands import commands_on
from tests.https_server import ListServer, certificate, connect_proxy, https_server
from tests.lists import small_list
from tests.operators import forget_attempts, let_in, sign_in
from tests.unplugged.faults import closed_port

LIST = SOURCES["genai-prices"]
DEARER = small_list().replace(b'"input_mtok": 2.5,', b'"input_mtok": 2.75,')
PATIENCE_S = 90.0  # of a busy machine


@pytest.fixture
def internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    """What answers in the place of all hosts: a server of ours behind a proxy, by a certificate that counts here."""
    host = urlsplit(LIST.url).hostname
    monkeypatch.setenv("SSL_CERT_FILE", str(file := certificate(tmp_path, f"DNS:{host}")))
    for name in ("HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with https_server(file) as server, connect_proxy(port_for_all=urlsplit(server.url).port or 0) as (proxy, _):
        monkeypatch.setenv("https_proxy", proxy)
        yield server


@contextmanager
def silent(internet: ListServer) -> Iterator[Event]:
    """LiteLLM's list is asked for, which the event tells, and does not come before the block ends."""
    asked, goes_on = Event(), Event()

    def answer(request: Any) -> None:
        asked.set()
        goes_on.wait(PATIENCE_S)
        request.send_error(404)

    internet.answer(urlsplit(SOURCES["litellm"].url).path, answer)
    try:
        yield asked
    finally:
        goes_on.set()


@contextmanager
def signed_in(book_url: str, redis_url: str, ini: Path) -> Iterator[TestApp]:
    """The application of an ini file, in which ada is signed in."""
    settings = {"sqlalchemy.url": book_url, "redis.url": redis_url, "llmpricing.environment": "development"}
    ini.write_text("[app:main]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    forget_attempts(redis_url)
    app = TestApp(main({"__file__": str(ini)}, **settings))
    try:
        sign_in(app, status=303)
        yield app
    finally:
        close(app)


@pytest.fixture
def desk(book_url: str, redis_url: str, tmp_path: Path) -> Iterator[TestApp]:
    """One server's application."""
    let_in(book_url)
    with signed_in(book_url, redis_url, tmp_path / "desk.ini") as app:
        yield app


@pytest.fixture
def other_desk(desk: TestApp, book_url: str, redis_url: str, tmp_path: Path) -> Iterator[TestApp]:
    """Another one's, on the same price book."""
    with signed_in(book_url, redis_url, tmp_path / "other.ini") as app:
        yield app


def close(app: TestApp) -> None:
    for each in app.app.registry["llmpricing.closing"]:
        each()


def press(app: TestApp, source: str = LIST.slug, **asked: Any) -> Any:
    token = app.get("/admin/sources").forms["read"]["csrf_token"].value
    return app.post("/admin/sources/read", {"csrf_token": token, "source": source}, **asked)


def told(app: TestApp) -> str:
    return " ".join(app.get("/admin/sources").html.find(id="reading").get_text().split())


def end_of(app: TestApp) -> str:
    """What the page tells of the import once it has ended."""
    until = monotonic() + PATIENCE_S
    while "is being read" in (said := told(app)):
        assert monotonic() < until, said
        sleep(0.1)
    return said


def events(url: str) -> list[tuple[str, str, str, Any]]:
    engine: Engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        query = select(AuditEvent).where(AuditEvent.action.like("import_%")).order_by(AuditEvent.id)
        return [(one.actor, one.action, one.subject, one.details) for one in session.scalars(query)]


def test_a_list_is_read_and_another_one_refused_meanwhile(desk: TestApp, internet: ListServer, book_url: str) -> None:
    asked, goes_on = Event(), Event()

    def answer(request: Any) -> None:
        asked.set()
        goes_on.wait(PATIENCE_S)
        request.send_response(200)
        request.send_header("Content-Length", str(len(DEARER)))
        request.end_headers()
        request.wfile.write(DEARER)

    internet.answer(urlsplit(LIST.url).path, answer)
    buttons = desk.get("/admin/sources").html.select("button[form=read]")
    assert {one["value"] for one in buttons} == set(SOURCES)
    assert press(desk, status=303).location.endswith("/admin/sources")
    assert asked.wait(PATIENCE_S)
    assert f"{LIST.slug} is being read since" in told(desk)
    assert "as ada asked: its list is being fetched. Look again" in told(desk)
    assert all(one.has_attr("disabled") for one in desk.get("/admin/sources").html.select("button[form=read]"))
    refused = press(desk, "litellm", status=409, headers={"Accept": "text/html"})
    assert "An import runs already, or a reading is being taken back." in refused.html.find(id="problem").get_text()
    goes_on.set()
    assert f"{LIST.slug} was read, as ada asked" in (said := end_of(desk))
    assert "imported, 1 changed." in said
    assert desk.get("/api/v1/models/acme/acme-large").json["data"]["input_per_mtok"] == "2.75"
    counts = {"outcome": "imported", "new": 0, "changed": 1, "withdrawn": 0, "quarantined": 0}
    assert events(book_url) == [
        ("ada", "import_asked", LIST.slug, {}), ("ada", "import_ended", LIST.slug, counts)
    ]  # fmt: skip


def test_without_a_network_it_fails_in_words_which_are_kept(
    desk: TestApp, book_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    press(desk, "litellm", status=303)
    said = end_of(desk)
    assert "litellm could not be read, as ada asked" in said
    assert "cannot be reached: look at the network" in said
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session:
        kept = failing_sources(session)["litellm"].reason
    assert kept in said
    assert [one[1:3] for one in events(book_url)] == [("import_asked", "litellm"), ("import_ended", "litellm")]
    assert events(book_url)[1][3] == {"outcome": "failed", "reason": kept}
    assert "in vain" in desk.get("/admin/sources").text


def test_an_import_of_the_command_line_is_known_and_refuses_another(
    desk: TestApp, internet: ListServer, book_url: str, redis_url: str, tmp_path: Path
) -> None:
    with silent(internet) as asked, commands_on(tmp_path, book_url, redis_url).start("import litellm") as program:
        try:
            assert asked.wait(PATIENCE_S)
            assert "An import runs, or a reading is being taken back, by the command line or another server." in told(
                desk
            )
            press(desk, status=409)
        finally:
            program.kill()
    press(desk, "no-such", status=400)
    assert events(book_url) == []


def test_all_servers_tell_the_same_and_one_import_runs_at_a_time(
    desk: TestApp, other_desk: TestApp, internet: ListServer, book_url: str
) -> None:
    with silent(internet) as asked:
        press(desk, "litellm", status=303)
        assert asked.wait(PATIENCE_S)
        assert "litellm is being read since" in told(desk)
        assert told(other_desk) == told(desk)
        press(other_desk, status=409)
        desk.app.registry[RUNNER]._place.tell(1_200, 2_719)
        assert "1,200 of 2,719 offerings published" in told(other_desk)
        assert told(other_desk) == told(desk)
        close(desk)
    stopped = "litellm could not be read, as ada asked"
    assert stopped in told(desk)
    assert told(other_desk) == told(desk)
    ended = {"outcome": "failed", "reason": _STOPPED}
    assert events(book_url) == [("ada", "import_asked", "litellm", {}), ("ada", "import_ended", "litellm", ended)]
    press(other_desk, status=303)


def test_an_import_that_cannot_start_fails_and_frees_the_button(
    desk: TestApp, internet: ListServer, book_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/no/such/python")
        press(desk, "litellm", status=303)
        assert "Next: llmpricing import litellm" in end_of(desk)
    internet.answer(urlsplit(LIST.url).path, lambda request: request.send_error(404))
    press(desk, status=303)
    assert f"{LIST.slug} could not be read" in end_of(desk)
    assert [one[1:3] for one in events(book_url)] == [
        ("import_asked", "litellm"), ("import_ended", "litellm"), ("import_asked", LIST.slug),
        ("import_ended", LIST.slug),
    ]  # fmt: skip


def test_asking_that_is_not_kept_leaves_the_place_free(
    desk: TestApp, other_desk: TestApp, book_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sources, "note_asked", lambda *_: (_ for _ in ()).throw(DecisionRefused("no")))
        press(desk, status="*", expect_errors=True)
    assert events(book_url) == []
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    for one in (other_desk, desk):
        press(one, status=303)
        end_of(one)


def test_an_import_whose_server_died_is_told_as_one_without_an_end(desk: TestApp, book_url: str) -> None:
    with Session(create_engine(book_url, poolclass=NullPool)) as session, session.begin():
        note_asked(session, "ada", "litellm", datetime.now(UTC))
    assert "litellm could not be read, as ada asked" in (said := told(desk))
    assert "Its server stopped before it could keep what came of it. Next:" in said
    with Session(create_engine(book_url, poolclass=NullPool)) as session, session.begin():
        note_asked(session, "eve", "models-dev", datetime.now(UTC))
    assert [one[:3] for one in events(book_url)] == [
        ("ada", "import_asked", "litellm"), ("ada", "import_ended", "litellm"), ("eve", "import_asked", "models-dev"),
    ]  # fmt: skip


def test_a_server_without_an_ini_file_names_the_command(testapp: TestApp, book_url: str, redis_url: str) -> None:
    let_in(book_url)
    forget_attempts(redis_url)
    sign_in(testapp, status=303)
    assert "llmpricing import litellm" in testapp.get("/admin/sources").text
    refused = press(testapp, "litellm", status=409, headers={"Accept": "application/json"})
    assert refused.json["error"]["message"].endswith("Next: llmpricing import litellm")
    assert events(book_url) == []
