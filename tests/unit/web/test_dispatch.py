"""Big bodies and small questions at one real server: who waits for whom."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from waitress import wasyncore

from llmpricing.web.dispatch import BIG_BYTES
from llmpricing.web.server import LIMITS, Serving, _Listening

THREADS, CROWD = 4, 12


class Slow:
    """An application that keeps big bodies waiting until ``finish``, and answers all others at once."""

    def __init__(self) -> None:
        self.finish, self.busy, self.most_busy, self.lock = threading.Event(), 0, 0, threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if int(environ.get("CONTENT_LENGTH") or 0) > BIG_BYTES:
            with self.lock:
                self.busy += 1
                self.most_busy = max(self.busy, self.most_busy)
            self.finish.wait(20)
            with self.lock:
                self.busy -= 1
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@pytest.fixture
def site() -> Iterator[tuple[Slow, int]]:
    """The web server on a port of its own, with a few workers."""
    listening, app, stop = _Listening(LIMITS | {"listen": "127.0.0.1:0", "threads": str(THREADS)}), Slow(), []
    listening.app = app
    serving = Serving(listening)

    def serve() -> None:
        while not stop:
            serving._poll(0.05)

    thread = threading.Thread(target=serve)
    thread.start()
    yield app, int(listening.addresses[0].rpartition(":")[2])
    app.finish.set()
    stop.append(True)
    thread.join()
    listening.dispatcher.shutdown(timeout=1)
    wasyncore.close_all(listening.sockets)


def ask(port: int, body: bytes | None, timeout_s: float = 20) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)) as connection:
        connection.request("GET" if body is None else "POST", "/", body)
        return connection.getresponse().status


def test_small_questions_are_answered_while_more_big_bodies_wait_than_there_are_workers(site: tuple[Slow, int]) -> None:
    app, port = site
    answers: list[int] = []
    big = [threading.Thread(target=lambda: answers.append(ask(port, b"x" * (BIG_BYTES + 1)))) for _ in range(CROWD)]
    for thread in big:
        thread.start()
    while not app.busy:
        pass
    assert [ask(port, None, timeout_s=3) for _ in range(5)] == [200] * 5
    assert [ask(port, b"x" * BIG_BYTES, timeout_s=3) for _ in range(5)] == [200] * 5
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
    assert ask(port, None, timeout_s=3) == 200
    app.finish.set()
    for thread in threads:
        thread.join()
