"""Faults that really happen: a closed port, a socket that never answers, a cut line, a frozen or killed server."""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import psutil

RESET = struct.pack("ii", 1, 0)  # SO_LINGER without patience: close() sends RST


class Proxy:
    """A line to a server that can go silent (nothing passes any more) or be cut (every session is reset)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sessions: list[socket.socket] = []
        self._passing = threading.Event()
        self._passing.set()
        self.url = parts._replace(netloc=f"{_user(parts)}127.0.0.1:{self._listener.getsockname()[1]}").geturl()
        threading.Thread(target=self._accept, daemon=True).start()

    def go_silent(self) -> None:
        """Established sessions and new ones hear nothing from now on."""
        self._passing.clear()

    def pass_again(self) -> None:
        self._passing.set()

    def cut(self) -> None:
        """Reset every session; new ones pass."""
        for session in self._sessions:
            with suppress(OSError):
                session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                session.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it
                session.close()
        self._sessions.clear()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._passing.set()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._sessions += [client, server]
                for here, there in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(here, there), daemon=True).start()

    def _pump(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                self._passing.wait()
                there.sendall(data)
        for end in (here, there):
            with suppress(OSError):
                end.close()


def _user(parts: Any) -> str:
    return f"{parts.username}:{parts.password}@" if parts.username else ""


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections (the kernel does) behind which nobody ever says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def closed_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _family(pid: int) -> list[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """The server and its children stand still: the kernel still takes connections for them."""
    pids = _family(pid)
    for each in pids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in pids:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def wait_until(fulfilled: Callable[[], bool], patience_s: float = 5) -> None:
    """Return as soon as the condition holds; fail after ``patience_s``."""
    limit = time.monotonic() + patience_s
    while not fulfilled():
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.01)


def kill(pid: int) -> None:
    """End the server and its children without a word of farewell."""
    for each in _family(pid):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
