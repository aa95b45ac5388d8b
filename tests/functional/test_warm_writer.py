"""The child that writes a new version's file for a server: one for all that share the folder, and none is missed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count

import pytest
import structlog
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from structlog.testing import capture_logs

from llmpricing.services.decisions.own_aliases import add_alias
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.price_book import awaited_file
from llmpricing.services.price_book.folder import file_of, keep_book, newest_files
from llmpricing.services.price_book.holder import BookHolder
from llmpricing.services.price_book.preparing import AHEAD, Preparing
from llmpricing.services.price_book.state import book_state
from llmpricing.settings import read_settings
from tests.unplugged.faults import wait_until

PATIENCE_S = 60
_numbers = count()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "books"


@contextmanager
def holding(book_url, folder, *, has_started=True):
    """A server's thread that follows the book."""
    settings = read_settings(
        {"sqlalchemy.url": book_url, "redis.url": "redis://127.0.0.1/0", "llmpricing.environment": "development"},
        environ={},
    )
    holder = BookHolder(settings, folder, Preparing(lambda book, at: at + AHEAD * 1000, ()))
    if has_started:
        holder.start()
    try:
        yield holder
    finally:
        holder.close()


def decide(book_url):
    """A decision that nobody writes a file for; the version that it makes."""
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        add_alias(session, Decider("Ada", datetime.now(UTC)), f"own-{next(_numbers)}", "acme/acme-large")
    with Session(engine) as session:
        return book_state(session).version


def wait_for(holder, version):
    wait_until(lambda: holder.held is not None and holder.held.book.version >= version, PATIENCE_S)


def child_of(holder):
    return holder._awaited._child


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_one_child_writes_every_version_as_a_command_would(book_url, folder, tmp_path):
    with holding(book_url, folder) as holder:
        wait_for(holder, 1)
        first = child_of(holder)
        wait_for(holder, version := decide(book_url))
        assert child_of(holder) is first
        assert first.is_alive
        written = file_of(folder, book_state(holder.held.book))
        assert holder.held.book.version == version
        other = keep_book(create_engine(book_url, poolclass=NullPool), tmp_path / "command")
        assert written.read_bytes() == other.read_bytes()
    assert not is_running(first._process.pid)


def test_a_server_that_found_its_file_keeps_a_child_ready(book_url, folder, monkeypatch):
    keep_book(create_engine(book_url, poolclass=NullPool), folder)
    monkeypatch.setattr(awaited_file, "WARM_AFTER_S", 0)
    with holding(book_url, folder) as holder:
        wait_until(lambda: child_of(holder) is not None, PATIENCE_S)
        os.kill(child_of(holder)._process.pid, signal.SIGKILL)
        monkeypatch.setattr(awaited_file, "AGAIN_AFTER_S", 0)
        wait_until(lambda: child_of(holder) is not None and child_of(holder).is_alive, PATIENCE_S)
        wait_for(holder, decide(book_url))


def test_of_two_servers_one_has_the_child_and_the_other_follows_when_it_is_gone(book_url, folder, monkeypatch):
    monkeypatch.setattr(awaited_file, "WARM_AFTER_S", 0)
    monkeypatch.setattr(awaited_file, "OTHERS_S", PATIENCE_S)  # so that none helps out
    with ExitStack() as second:
        with holding(book_url, folder) as one:
            wait_for(one, 1)
            other = second.enter_context(holding(book_url, folder))
            version = decide(book_url)
            wait_for(one, version)
            wait_for(other, version)
            assert child_of(other) is None
        wait_until(lambda: child_of(other) is not None, PATIENCE_S)
        wait_for(other, decide(book_url))


def test_where_the_server_that_has_the_child_does_not_look_another_helps_out(book_url, folder, monkeypatch):
    monkeypatch.setattr(awaited_file, "OTHERS_S", 0.1)
    with holding(book_url, folder, has_started=False) as stuck, holding(book_url, folder, has_started=False) as other:
        stuck._awaited._have_warm()
        other.start()
        wait_for(other, 1)
        wait_until(lambda: child_of(other) is None, PATIENCE_S)  # it has helped
        wait_for(other, decide(book_url))


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP])
def test_a_child_that_dies_or_hangs_is_replaced_and_told(book_url, folder, monkeypatch, harm):
    monkeypatch.setattr(awaited_file, "log", structlog.get_logger())  # that none used before
    monkeypatch.setattr(awaited_file, "AGAIN_AFTER_S", 0.1)
    with holding(book_url, folder) as holder, capture_logs() as logs:
        wait_for(holder, 1)
        first = child_of(holder)
        monkeypatch.setattr(awaited_file, "SILENT_S", 1.0 if harm == signal.SIGSTOP else PATIENCE_S)
        if harm == signal.SIGSTOP:
            os.kill(first._process.pid, harm)
        else:
            write = first.write
            monkeypatch.setattr(first, "write", lambda: (os.kill(first._process.pid, harm), write()))
        version = decide(book_url)
        wait_until(lambda: not first.is_alive, PATIENCE_S)
        monkeypatch.setattr(awaited_file, "SILENT_S", PATIENCE_S)  # the next may take its time to start
        wait_for(holder, version)
        assert child_of(holder) is not first
    told = [one["error"] for one in logs if one["event"] == "book_not_written"]
    expected = "silent for 1 s" if harm == signal.SIGSTOP else "ended with -9"
    assert expected in told[0], told


def test_a_child_ends_with_its_server_however_that_ended(book_url, folder):
    program = f"""
import sys
from pathlib import Path
from llmpricing.services.price_book.writing_child import WritingChild
from llmpricing.settings import read_settings
urls = {{"sqlalchemy.url": {book_url!r}, "redis.url": "redis://127.0.0.1/0"}}
settings = read_settings(urls | {{"llmpricing.environment": "development"}}, environ={{}})
child = WritingChild(settings, Path({str(folder)!r}), None, lambda: print(child._process.pid, flush=True))
child.write()
sys.stdin.read()
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        pid = int(server.stdout.readline())
        assert is_running(pid)
        assert newest_files(folder)
        server.kill()
    wait_until(lambda: not is_running(pid), PATIENCE_S)
