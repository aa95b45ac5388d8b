"""The web server's sockets, its loop and its workers in this process, in front of an application of a test's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from waitress import wasyncore

from llmpricing.web.server import LIMITS, Serving, _Listening


def sockets(threads: int) -> _Listening:
    """Sockets on a port of their own, with so many workers."""
    return _Listening(LIMITS | {"listen": "127.0.0.1:0", "threads": str(threads)})


@contextmanager
def looping(listening: _Listening, app: Any, finish: Callable[[], None] = lambda: None) -> Iterator[int]:
    """The port at which the application answers; ``finish`` is called before its server ends."""
    stop = list[bool]()
    listening.app = app
    serving = Serving(listening)

    def serve() -> None:
        while not stop:
            serving._poll(0.05)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listening.addresses[0].rpartition(":")[2])
    finally:
        finish()
        stop.append(True)
        thread.join()
        listening.dispatcher.shutdown(timeout=1)
        wasyncore.close_all(listening.sockets)
