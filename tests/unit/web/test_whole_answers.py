"""Answers of one piece at a real server: all of their bytes arrive in order, whatever the socket takes at once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from time import sleep
from typing import Any

import pytest

from llmpricing.web import channels
from tests.looping_server import looping, sockets

SMALL, LARGE = 100, 900_000  # waitress keeps so many bytes in memory
SOCKET_BYTES = 16_384


def body_of(size: int) -> bytes:
    return (b"%09d\n" * (size // 10)) % tuple(range(size // 10))


def sized(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = body_of(int(environ["PATH_INFO"].strip("/")))
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture(params=[True, False], ids=["gathering", "without"])
def port(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server whose application answers ``/N`` by N bytes; on systems that gather and others."""
    monkeypatch.setattr(channels, "_CAN_GATHER", request.param)
    found = sockets(threads=2)
    for server in found.servers:  # whose connections take after them
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
    with looping(found, sized) as port:
        yield port


def received(connection: socket.socket, count: int, pause: Callable[[], None] = lambda: None) -> list[bytes]:
    """The bodies of so many answers."""
    read, found = b"", list[bytes]()
    while len(found) < count:
        while b"\r\n\r\n" not in read:
            read += connection.recv(1 << 20)
        head, _, read = read.partition(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        pieces = [read]
        while sum(map(len, pieces)) < size:
            pause()
            pieces.append(connection.recv(1 << 20))
        whole = b"".join(pieces)
        found.append(whole[:size])
        read = whole[size:]
    return found


def test_who_reads_slowly_gets_all_of_every_answer_in_order(port: int) -> None:
    sizes = [LARGE, SMALL, LARGE, SMALL]
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % size for size in sizes))
        sleep(0.2)  # the socket is full by now
        assert received(connection, len(sizes)) == [body_of(size) for size in sizes]


def test_who_hangs_up_in_the_middle_of_an_answer_stops_nobody(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as gone:
        gone.sendall(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % LARGE)
        assert gone.recv(10)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /%d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % SMALL)
        assert received(connection, 1) == [body_of(SMALL)]
        assert connection.recv(1) == b""
