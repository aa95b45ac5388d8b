"""llmpricing serve: several processes share a port, follow the price book together, are replaced and end in peace."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.components import ComponentKey
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW, new_database
from tests.lists import price_list
from tests.unplugged.faults import wait_until
from tests.unplugged.serving import serving

SERVED = ("llmpricing.scripts.cli", "serve", "--workers", "2", "-c")
MODELS, READY = "/api/v1/models", "/api/health/ready"
PATIENCE_S = 60
NAMES = "abcdefgh"


def load(url, amount, days):
    at = NOW + timedelta(days=days)
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        data = price_list(**dict.fromkeys(NAMES, amount))
        import_lists(session, [(SOURCES["genai-prices"], ReadList(data, at, at, "a test's list"))])
    engine.dispose()


def processes(site):
    """The serving processes that were started, in order."""
    return [int(found) for found in re.findall(r"worker_started .*process=(\d+)", site.log.read_text())]


@contextmanager
def alone(site, process):
    """Of the two processes only this one takes requests in the block."""
    (other,) = {*processes(site)[-2:]} - {process}
    os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(other, signal.SIGCONT)


def hold_the_book(site, version):
    """Both processes answer from this version."""
    for process in processes(site)[-2:]:
        with alone(site, process):
            wait_until(lambda: site.get(READY).json.get("book") == version, PATIENCE_S)


@pytest.fixture(scope="module")
def url(store_urls, empty_book):
    """The database of these tests."""
    with new_database(store_urls, empty_book) as found:
        yield found


@pytest.fixture(scope="module")
def serve(store_urls, url, tmp_path_factory):
    """serve(program, name=value...) as a block."""
    books = tmp_path_factory.mktemp("books")

    def start(program=SERVED, **ini):
        settings = {"environment": "development", "book_dir": books, **ini}
        urls = {"sqlalchemy.url": url, "redis.url": store_urls.redis}
        named = {name if "." in name else f"llmpricing.{name}": str(value) for name, value in settings.items()}
        return serving(tmp_path_factory.mktemp("served"), urls | named, program)

    return start


@pytest.fixture(scope="module")
def site(serve, url):
    """Two processes that answer from the book in memory."""
    load(url, 1, 0)
    with serve() as found:
        hold_the_book(found, 1)
        yield found


def prices(answer):
    return {row["input_per_mtok"] for row in answer.json["data"]}


def test_each_process_sees_an_import_and_a_decision_whole(site, url):
    answers, over = [], threading.Event()

    def ask():
        while not over.is_set():
            answers.append(site.get(MODELS))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        load(url, 1.2, 1)
        hold_the_book(site, 2)
    finally:
        over.set()
        for thread in asking:
            thread.join()
    assert {answer.status for answer in answers} == {200}
    seen = {(answer.json["meta"]["catalogue_version"], *prices(answer)) for answer in answers}
    assert seen <= {(1, "1"), (2, "1.2")}
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        held = HeldPrice("acme/a", ComponentKey("input_tokens", ""), Decimal("0.7"), 1_000_000, since=NOW)
        hold_price(session, held, Decider("Ada", datetime.now(UTC)))
    engine.dispose()
    hold_the_book(site, 3)
    for process in processes(site):
        with alone(site, process):
            assert prices(site.get(MODELS)) == {"0.7", "1.2"}


def counted(site):
    """How often the list was asked for, as any of the processes tells it."""
    found = re.search(r'llmpricing_requests_total\{.*route="models".*\} ([\d.]+)', site.get("/metrics").text)
    return float(found[1]) if found else 0


def test_a_process_that_is_killed_is_replaced_and_what_it_counted_stays(site):
    first, second = processes(site)
    before = counted(site)
    for process in (first, second):
        with alone(site, process):
            site.get(MODELS)
    for process in (first, second):
        with alone(site, process):
            assert counted(site) == before + 2
    os.kill(first, signal.SIGKILL)
    assert site.get(MODELS).status == 200
    wait_until(lambda: len(processes(site)) == 3, PATIENCE_S)
    with alone(site, processes(site)[-1]):
        wait_until(lambda: site.get(READY).status == 200, PATIENCE_S)
        site.get(MODELS)
        assert counted(site) == before + 4
    assert "worker_died" in site.log.read_text()


def is_there(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_signal_ends_them_all_and_who_has_begun_to_ask_is_answered(serve):
    with serve() as site, socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(b"GET /api/health/live HTTP/1.1\r\n")
        for process in processes(site):
            with alone(site, process):  # it has taken what came before
                wait_until(site.is_live, PATIENCE_S)
        site.process.send_signal(signal.SIGTERM)
        wait_until(lambda: site.log.read_text().count("draining") == 2, PATIENCE_S)
        connection.sendall(b"Host: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        while connection.recv(65536):
            pass
        assert site.process.wait(PATIENCE_S) == 0
        assert not any(map(is_there, processes(site)))
        assert site.log.read_text().count("stopped") == 2


def test_they_end_when_who_started_them_is_killed(serve):
    with serve() as site:
        for process in processes(site):
            with alone(site, process):
                wait_until(site.is_live, PATIENCE_S)
        site.process.kill()
        wait_until(lambda: site.log.read_text().count("stopped") == 2, PATIENCE_S)


def test_settings_that_no_process_can_serve_by_end_the_start_with_the_reason(serve):
    with pytest.raises(AssertionError, match="trusted_proxy") as refused, serve(**{"auth.user_header": "X-User"}):
        pass
    assert "The web server could not start; the reason stands above." in str(refused.value)
    assert "worker_died" not in str(refused.value)
