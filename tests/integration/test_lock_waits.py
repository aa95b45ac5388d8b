"""Commands behind another session that hangs or holds what they need: said for whom, and given up in time."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psutil
import pytest
from click import ClickException
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models.revisions import IMPORT_LOCK, MIGRATION_LOCK, location
from llmpricing.models.session import make_script_engine
from llmpricing.scripts.asked_database import open_book
from llmpricing.scripts.commands.verify import Checklist, check_database
from llmpricing.scripts.failures import next_step
from llmpricing.settings import Settings, read_settings
from tests.commands import Commands, commands_on
from tests.lists import price_list

# Other tests have databases on the same server.
OF_OURS = "where application_name = :name and datname = current_database()"
PIN = ("acme/acme-large", "input_tokens", "2.50")


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    return commands_on(tmp_path, book_url, redis_url)


@contextmanager
def hanging_session(url: str, *statements: str, name: str = "llmpricing import") -> Iterator[int]:
    """Another session that took what the statements take and says no more; its server process."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"application_name": name})
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
        yield connection.scalar(text("select pg_backend_pid()")) or 0


def impatient(commands: Commands, seconds: str) -> Commands:
    return Commands(commands.ini, commands.environ | {"LLMPRICING_SCRIPT_LOCK_TIMEOUT_S": seconds})


def test_a_pin_behind_a_hanging_import_says_for_whom_it_waits_and_gives_up(commands: Commands, book_url: str) -> None:
    with hanging_session(book_url, f"select pg_advisory_xact_lock({IMPORT_LOCK})") as pid:
        started = time.monotonic()
        process = impatient(commands, "4").start("pin", *PIN)
        first = process.stderr.readline() if process.stderr else ""
        _, rest = process.communicate(timeout=30)
        elapsed_s = time.monotonic() - started
    assert first.startswith(f"Waiting for llmpricing import (server process {pid}, in its transaction since ")
    assert first.endswith("; giving up after 4 s ...\n")
    assert process.returncode == 1
    assert f"Gave up waiting for llmpricing import (server process {pid}" in rest
    assert "nothing was changed" in rest
    assert "Next: let it finish, or end it" in rest
    assert "LLMPRICING_SCRIPT_LOCK_TIMEOUT_S" in rest
    assert elapsed_s < 15


def test_a_wait_that_ends_is_said_and_the_pin_is_made(commands: Commands, book_url: str, engine: Engine) -> None:
    with hanging_session(book_url, "lock table pin in exclusive mode", name="somebody\x1b[2J"):
        process = commands.start("pin", *PIN)
        first = process.stderr.readline() if process.stderr else ""
    output, _ = process.communicate(timeout=30)
    assert first.startswith("Waiting for somebody")
    assert "\x1b" not in first
    assert (process.returncode, "is held at 2.5 USD" in output) == (0, True)
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from pin")) == 1


def test_a_command_behind_nobody_says_nothing_of_waiting(commands: Commands) -> None:
    result = commands.run("pin", *PIN)
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_frozen_holder_does_not_hold_an_import_for_ever(commands: Commands, book_url: str, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_bytes(price_list(a=1, b=2))
    with hanging_session(book_url, f"select pg_advisory_xact_lock({IMPORT_LOCK})") as pid:
        psutil.Process(pid).suspend()
        try:
            result = impatient(commands, "3").run("import genai-prices", str(tmp_path / "list.json"))
        finally:
            psutil.Process(pid).resume()
    assert result.exit_code == 1
    assert f"Gave up waiting for llmpricing import (server process {pid}" in result.stderr


def settings_for(url: str, **ini: str) -> Settings:
    urls = {"sqlalchemy.url": url, "redis.url": "redis://localhost", "llmpricing.environment": "development"}
    return read_settings(urls | {f"llmpricing.{name}": value for name, value in ini.items()}, environ={})


def test_a_frozen_server_process_of_ours_ends_the_wait_for_its_answer(
    book_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmpricing.models.session._FROZEN_AFTER_S", 0.5)
    engine = make_script_engine(settings_for(book_url, script_statement_timeout_s="1"))
    with engine.connect() as connection:
        ours = psutil.Process(connection.scalar(text("select pg_backend_pid()")))
        ours.suspend()
        started = time.monotonic()
        try:
            with pytest.raises(OperationalError, match="did not answer in time"):
                connection.execute(text("select 1"))
        finally:
            ours.resume()
    assert time.monotonic() - started < 5


def test_the_server_ends_a_statement_of_a_script_that_takes_too_long(book_url: str) -> None:
    engine = make_script_engine(settings_for(book_url, script_statement_timeout_s="1"))
    with engine.connect() as connection, pytest.raises(OperationalError, match="statement timeout"):
        connection.execute(text("select pg_sleep(10)"))


def test_both_ends_of_a_script_s_line_notice_that_the_other_is_gone(book_url: str) -> None:
    engine = make_script_engine(settings_for(book_url))
    with engine.connect() as connection:
        line = connection.connection.dbapi_connection
        assert line is not None
        with socket.socket(fileno=os.dup(line.fileno())) as ours:
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
        shown = connection.execute(
            text("select current_setting('tcp_keepalives_idle'), current_setting('lock_timeout')")
        ).one()
    assert tuple(shown) == ("15", "2min")


def test_the_checklist_s_look_into_the_book_says_for_whom_it_waits_and_gives_up(
    book_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(book_url, script_lock_timeout_s="3")
    with hanging_session(book_url, "lock table price", name="somebody") as pid, pytest.raises(ClickException) as caught:
        check_database(Checklist(), settings)
    assert f"Waiting for somebody (server process {pid}" in capsys.readouterr().err
    assert f"Gave up waiting for somebody (server process {pid}" in caught.value.message


def test_alembic_says_for_whom_it_waits_and_gives_up_without_a_traceback(tmp_path: Path, book_url: str) -> None:
    ini = tmp_path / "book.ini"
    ini.write_text(
        "[app:main]\nuse = egg:llmpricing\nredis.url = redis://localhost:6379/0\n"
        f"llmpricing.environment = development\n[alembic]\nscript_location = {location()}\n"
    )
    environ = os.environ | {"LLMPRICING_DATABASE_URL": book_url, "LLMPRICING_SCRIPT_LOCK_TIMEOUT_S": "4"}
    with hanging_session(book_url, f"select pg_advisory_lock({MIGRATION_LOCK})", name="llmpricing alembic") as pid:
        ended = subprocess.run(
            [sys.executable, "-m", "alembic", "-c", str(ini), "upgrade", "head"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    assert f"Waiting for llmpricing alembic (server process {pid}" in ended.stderr
    assert f"Gave up waiting for llmpricing alembic (server process {pid}" in ended.stderr
    assert "Traceback" not in ended.stderr


def end_sessions(url: str, name: str) -> int:
    """End the sessions of that name, as an administrator would; how many."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        query = text(f"select count(pg_terminate_backend(pid)) from pg_stat_activity {OF_OURS}")
        return connection.scalar(query, {"name": name}) or 0


def wait_for_waiting(url: str, name: str) -> None:
    query = text(f"select count(*) from pg_stat_activity {OF_OURS} and wait_event_type = 'Lock'")
    deadline = time.monotonic() + 30
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        while not connection.scalar(query, {"name": name}):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_import_whose_line_drops_is_tried_again(commands: Commands, book_url: str, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_bytes(price_list(a=1, b=2))
    with hanging_session(book_url, "lock table price in share mode", name="somebody"):
        process = commands.start("import genai-prices", str(tmp_path / "list.json"), "--allow-drop")
        wait_for_waiting(book_url, "llmpricing import")
        assert end_sessions(book_url, "llmpricing import") == 1
    output, errors = process.communicate(timeout=60)
    assert "The database broke off, nothing was changed; trying again in 1 s ..." in errors
    assert process.returncode == 0, errors
    assert "imported" in output


def test_a_pin_whose_line_drops_says_that_nothing_was_changed(
    commands: Commands, book_url: str, engine: Engine
) -> None:
    with hanging_session(book_url, f"select pg_advisory_xact_lock({IMPORT_LOCK})"):
        process = commands.start("pin", *PIN)
        wait_for_waiting(book_url, "llmpricing pin")
        assert end_sessions(book_url, "llmpricing pin") == 1
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "broke off, nothing was changed.\nNext: run this again." in errors
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from pin")) == 0


def test_a_line_that_drops_while_the_change_is_kept_is_told_as_unsure(book_url: str) -> None:
    def keep_while_the_line_drops() -> None:
        with open_book(settings_for(book_url)) as session:
            pid = session.scalar(text("select pg_backend_pid()")) or 0
            os.kill(pid, signal.SIGTERM)
            while psutil.pid_exists(pid):
                time.sleep(0.01)

    with pytest.raises(OperationalError) as caught:
        keep_while_the_line_drops()
    assert "may or may not have been" in caught.value.__notes__[-1]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("set transaction read only; delete from pin", "The database takes no writes"),
        ("select convert_to('\u6f22', 'LATIN1')", "The database cannot hold a sign of this text"),
    ],
)
def test_what_the_server_refuses_has_words(book_url: str, statement: str, words: str) -> None:
    engine = make_script_engine(settings_for(book_url))
    with Session(engine) as session, pytest.raises(DBAPIError) as caught:
        session.execute(text(statement))
    assert next_step(caught.value).startswith(words)
    assert "\nNext: " in next_step(caught.value)


def test_a_deadlock_has_words(book_url: str) -> None:
    engine, told = make_script_engine(settings_for(book_url)), []
    with Session(engine) as one, Session(engine) as other:
        one.execute(text("lock table pin"))
        other.execute(text("lock table review"))

        def cross(session: Session, table: str) -> None:
            try:
                session.execute(text(f"lock table {table}"))
            except DBAPIError as error:
                told.append(next_step(error))
                session.rollback()

        both = [Thread(target=cross, args=args) for args in ((one, "review"), (other, "pin"))]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
    assert [message.partition(",")[0] for message in told] == ["This and another change waited for each other"]
