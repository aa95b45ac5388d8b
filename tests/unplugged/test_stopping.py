"""A server that is told to stop answers what it has been asked, and then ends; all ways in which it is run."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text

from tests.unplugged.faults import wait_until
from tests.unplugged.serving import PSERVE, SUPERVISED, serving

LIST = "/api/v1/models?q="
IN_FLIGHT = 4
WORKERS = 2
SERVED = ("llmpricing.scripts.cli", "serve", "--workers", str(WORKERS), "-c")


@pytest.fixture
def serve(make_settings, tmp_path):
    """serve(name=value...) as a block: the application on the stores of these tests."""

    def start(program=PSERVE, **ini):
        settings = make_settings()
        urls = {"sqlalchemy.url": settings.database_url, "redis.url": settings.redis_url}
        return serving(tmp_path, urls | {f"llmpricing.{name}": str(value) for name, value in ini.items()}, program)

    return start


@contextmanager
def locked(stores):
    """No request can read offerings in the block, nor until ``release()``."""
    engine = create_engine(stores.database_url)
    connection = engine.connect()
    connection.execute(text("lock table offering in access exclusive mode"))
    try:
        yield connection.close
    finally:
        connection.close()
        engine.dispose()


@contextmanager
def asked(site, count=IN_FLIGHT):
    """So many requests, each on a keep-alive connection of its own; what comes back on them until it is closed."""
    answers, threads, words = [], [], uuid.uuid4().hex  # else the cache would answer instead of the database

    def ask():
        with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
            connection.sendall(f"GET {LIST}{words} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            received = b""
            while piece := connection.recv(65536):
                received += piece
            answers.append(received.decode())

    for _ in range(count):
        threads.append(threading.Thread(target=ask))
        threads[-1].start()
    try:
        yield answers
    finally:
        for thread in threads:
            thread.join()


def refuses(site):
    try:
        socket.create_connection(("127.0.0.1", site.port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it closed its door while we stood in it
        return False
    return False


@pytest.mark.parametrize(
    ("program", "stop"),
    [
        *((PSERVE, stop) for stop in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)),
        *((SUPERVISED, stop) for stop in (signal.SIGTERM, signal.SIGINT)),
        (SERVED, signal.SIGTERM),
    ],
)
def test_requests_in_flight_are_answered_before_the_server_ends(stores, serve, stop, program):
    started = WORKERS if program is SERVED else 1
    with serve(program, request_deadline_s=20, seed="none") as site, locked(stores) as release:
        wait_until(lambda: site.log.read_text().count("addresses=") == started, patience_s=30)  # all of them serve
        with asked(site) as answers:
            time.sleep(0.7)
            site.process.send_signal(stop)
            wait_until(lambda: refuses(site), patience_s=5)
            time.sleep(1)
            assert site.process.poll() is None
            assert answers == []
            release()
        assert [answer.split("\r\n")[0] for answer in answers] == ["HTTP/1.1 200 OK"] * IN_FLIGHT
        assert all("\r\nConnection: close\r\n" in answer for answer in answers)
        assert site.process.wait(5) == 0
        log = site.log.read_text()
        assert log.index("draining") < log.index("drained") < log.index("stopped")
        assert sum(map(int, re.findall(r"in_flight=(\d+)", log))) == IN_FLIGHT
        assert set(re.findall(r"dropped=(\d+)", log)) == {"0"}
        heard = {PSERVE: stop.name, SUPERVISED: "SIGINT", SERVED: "SIGTERM"}[program]
        assert re.findall(r"signal=(\w+)", log) == [heard] * started


def test_a_drain_ends_with_its_budget_and_says_what_it_dropped(stores, serve):
    with serve(request_deadline_s=30, drain_timeout_s=1) as site, locked(stores), asked(site) as answers:
        time.sleep(0.7)
        site.process.terminate()
        started = time.monotonic()
        site.process.wait(10)
        assert time.monotonic() - started < 4
        assert f"dropped={IN_FLIGHT}" in site.log.read_text()
    assert not any("200 OK" in answer for answer in answers)


def test_a_second_signal_ends_the_drain(stores, serve):
    with serve(request_deadline_s=30) as site, locked(stores), asked(site):
        time.sleep(0.7)
        site.process.terminate()
        wait_until(lambda: refuses(site), patience_s=5)
        site.process.terminate()
        site.process.wait(5)


def test_idle_connections_do_not_keep_a_server_from_ending(serve):
    with serve() as site, socket.create_connection(("127.0.0.1", site.port), timeout=10) as connection:
        connection.sendall(b"GET /api/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
        os.kill(site.process.pid, signal.SIGTERM)
        assert site.process.wait(5) == 0
        assert time.monotonic() - started < 3
        while connection.recv(65536):
            pass  # the body, then the end


def test_a_second_server_on_the_port_ends_with_the_next_step(serve, tmp_path):
    with serve() as site:
        again = subprocess.run(
            [sys.executable, "-m", "pyramid.scripts.pserve", "unplugged.ini"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert again.returncode == 1
        assert f"127.0.0.1:{site.port} is taken by another program.\nNext: " in again.stderr
        assert "Traceback" not in again.stderr
