"""Big bodies and small questions at one real server: who waits for whom."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from time import monotonic, sleep
from typing import Any

import pytest

from llmpricing.web.answer_task import AT_ONCE, NeedsWorker
from llmpricing.web.channels import ASKED_AFTER_S, channels
from llmpricing.web.dispatch import BIG_BYTES
from llmpricing.web.server import _Listening
from tests.looping_server import looping, sockets

THREADS, CROWD = 4, 12
HELD_S, PROMPT_S = 20, 10  # who is answered within the second did not wait for the first
HELD, READY = "/held", "/ready"
POSTED_BYTES = 100
RESET = struct.pack("ii", 1, 0)  # SO_LINGER without patience: close() sends RST


class Slow:
    """An application that keeps big bodies and ``HELD`` waiting until ``finish``, and answers all others soon,
    ``READY`` at once.
    """

    def __init__(self) -> None:
        self.finish, self.busy, self.most_busy, self.lock = threading.Event(), 0, 0, threading.Lock()
        self.asked: Counter[str] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        if environ[AT_ONCE] and path != READY:
            raise NeedsWorker
        with self.lock:
            self.asked[path] += 1
        if path == HELD or int(environ.get("CONTENT_LENGTH") or 0) > BIG_BYTES:
            with self.lock:
                self.busy += 1
                self.most_busy = max(self.busy, self.most_busy)
            self.finish.wait(HELD_S)
            with self.lock:
                self.busy -= 1
        start_response("200 OK", [("Content-Length", "2"), ("X-Path", path)])
        return [b"ok"]


@pytest.fixture
def listening() -> _Listening:
    """The web server's sockets on a port of its own, with a few workers."""
    return sockets(THREADS)


@pytest.fixture
def site(listening: _Listening) -> Iterator[tuple[Slow, int]]:
    """The application behind them, served, and the port."""
    app = Slow()
    with looping(listening, app, app.finish.set) as port:
        yield app, port


def ask(port: int, body: bytes | None, timeout_s: float = 20, path: str = "/") -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)) as connection:
        connection.request("GET" if body is None else "POST", path, body)
        return connection.getresponse().status


def test_small_questions_are_answered_while_more_big_bodies_wait_than_there_are_workers(site: tuple[Slow, int]) -> None:
    app, port = site
    answers: list[int] = []
    big = [threading.Thread(target=lambda: answers.append(ask(port, b"x" * (BIG_BYTES + 1)))) for _ in range(CROWD)]
    for thread in big:
        thread.start()
    while not app.busy:
        pass
    assert [ask(port, None, timeout_s=PROMPT_S) for _ in range(5)] == [200] * 5
    assert [ask(port, b"x" * BIG_BYTES, timeout_s=PROMPT_S) for _ in range(5)] == [200] * 5
    assert answers == []
    app.finish.set()
    for thread in big:
        thread.join()
    assert answers == [200] * CROWD
    assert app.most_busy == THREADS // 4


def test_a_big_body_in_pieces_is_a_big_body(site: tuple[Slow, int]) -> None:
    app, port = site
    threads = [
        threading.Thread(target=lambda: ask(port, iter([b"x" * BIG_BYTES, b"x"])))  # type: ignore[arg-type]
        for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    while not app.busy:
        pass
    assert ask(port, None, timeout_s=PROMPT_S) == 200
    app.finish.set()
    for thread in threads:
        thread.join()


def wait_until(fulfilled: Callable[[], bool]) -> None:
    limit = monotonic() + 20
    while not fulfilled():
        assert monotonic() < limit, "it did not come about"
        sleep(0.01)


def test_who_hung_up_while_the_request_waited_for_a_worker_is_not_served(
    listening: _Listening, site: tuple[Slow, int]
) -> None:
    (app, port), dispatcher = site, listening.dispatcher
    held = [threading.Thread(target=ask, args=(port, None, 20, HELD)) for _ in range(THREADS)]
    for thread in held:
        thread.start()
    wait_until(lambda: app.busy == THREADS)
    for number in range(CROWD):
        with socket.create_connection(("127.0.0.1", port)) as gone:
            if number % 3 == 0:
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            body = b"x" * (BIG_BYTES + 1) if number % 3 == 1 else b""
            gone.sendall(b"POST /gone HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            wait_until(lambda count=number + 1: dispatcher.waiting == count)  # type: ignore[misc]
    answers = list[int]()
    staying = [threading.Thread(target=lambda: answers.append(ask(port, None, 20, "/stays"))) for _ in range(3)]
    for thread in staying:
        thread.start()
    wait_until(lambda: dispatcher.waiting == CROWD + len(staying))
    sleep(2 * ASKED_AFTER_S)
    app.finish.set()
    for thread in (*held, *staying):
        thread.join()
    wait_until(lambda: not dispatcher.waiting and not dispatcher.active_count)
    assert app.asked == {HELD: THREADS, "/stays": len(staying)}
    assert answers == [200] * len(staying)
    wait_until(lambda: not any(channel.is_busy for channel in channels(listening.sockets)))


@pytest.fixture
def held(listening: _Listening, site: tuple[Slow, int]) -> Iterator[None]:
    """All workers are busy with a request until the application may finish; it has ready answers."""
    app, port = site
    for server in listening.servers:
        server.has_ready_answers, server.posted_at_once = True, {READY: POSTED_BYTES}
    threads = [threading.Thread(target=ask, args=(port, None, 20, HELD)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    wait_until(lambda: app.busy == THREADS)
    yield
    app.finish.set()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("held")
def test_what_is_ready_is_answered_while_all_workers_are_busy_and_nothing_else_is(
    listening: _Listening, site: tuple[Slow, int]
) -> None:
    (app, port), answers = site, list[int]()
    made = threading.Thread(target=lambda: answers.append(ask(port, None, 20, "/made")))
    made.start()
    wait_until(lambda: listening.dispatcher.waiting == 1)
    assert [ask(port, None, PROMPT_S, READY) for _ in range(3)] == [200] * 3
    assert (app.asked, answers) == ({HELD: THREADS, READY: 3}, [])
    app.finish.set()
    made.join()
    assert (app.asked["/made"], answers) == (1, [200])


@pytest.mark.usefixtures("held")
def test_a_short_body_that_may_be_answered_at_once_waits_for_no_worker_and_others_do(
    listening: _Listening, site: tuple[Slow, int]
) -> None:
    (app, port), answers = site, list[int]()
    others = [(READY, POSTED_BYTES + 1), (READY, 0), ("/made", POSTED_BYTES)]
    made = [
        threading.Thread(target=lambda path=path, size=size: answers.append(ask(port, b"x" * size, 20, path)))  # type: ignore[misc]
        for path, size in others
    ]
    for thread in made:
        thread.start()
    wait_until(lambda: listening.dispatcher.waiting == len(others))
    assert [ask(port, b"x" * POSTED_BYTES, PROMPT_S, READY) for _ in range(3)] == [200] * 3
    assert (app.asked, answers) == ({HELD: THREADS, READY: 3}, [])
    app.finish.set()
    for thread in made:
        thread.join()
    assert answers == [200] * len(others)


@pytest.mark.usefixtures("held")
def test_requests_behind_one_another_are_answered_in_order_whoever_answers_them(site: tuple[Slow, int]) -> None:
    (app, port), paths = site, [READY, "/1", READY, READY, "/2"]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode() for path in paths))
        received = connection.recv(65536)
        assert received.count(b"HTTP/1.1 200 OK") == 1
        app.finish.set()
        while received.count(b"\r\n\r\nok") < len(paths):
            received += connection.recv(65536)
    assert re.findall(r"X-Path: (\S+)", received.decode()) == paths


@pytest.mark.usefixtures("held")
def test_a_connection_that_asks_for_what_is_ready_again_and_again_stays_open(site: tuple[Slow, int]) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", site[1], timeout=PROMPT_S)) as connection:
        places = set()
        for _ in range(3):
            connection.request("GET", READY)
            places.add(connection.sock.getsockname())
            with connection.getresponse() as answer:
                assert answer.read() == b"ok"
        assert len(places) == 1
