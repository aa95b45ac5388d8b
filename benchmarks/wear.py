"""What use leaves behind in a serving process: slow answers, memory, refusals; an import under load; the first answer.

python -m benchmarks.wear [QUESTIONS]     30,000 distinct ones where nothing is said; needs wrk and taskset
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from threading import local
from time import perf_counter

import psutil
from sqlalchemy.orm import Session

from benchmarks.books import ScratchBook, scratch_book
from benchmarks.served import CONNECTIONS, INI, await_answer, read, served
from llmpricing.local_stores.ports import any_free_port
from llmpricing.services.imports.seeding import seed
from llmpricing.services.price_book.folder import keep_book

QUESTIONS, CLIENTS, MIXED = 30_000, 4, 2_000
MIX = (
    "/",
    "/api/v1/models",
    "/api/v1/models/openai/gpt-4o",
    "/api/v1/quote?model=openai/gpt-4o&input_tokens=1000&output_tokens=500",
    "/api/v1/resolve?model=gpt-4o",
    "/api/v1/calculator?preset=small&provider=openai",
    "/models/openai/gpt-4o",
)
_own = local()


def main() -> None:
    """Print it all, each figure beside its target."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else QUESTIONS
    with scratch_book("genai-prices", "model-prices") as book, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _starts(book, folder)
        with _site(book, folder) as (port, process):
            _use(port, process, folder / "collections", count)
            _import_under_load(book, folder, port)
            print(f"  private memory after that: {_private_mib(process):.0f} MiB")
    print(f"  load of the machine {os.getloadavg()[0]:.1f}")


@contextmanager
def _site(book: ScratchBook, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    port, ini = any_free_port(), folder / "site.ini"
    ini.write_text(INI.format(database=book.database_url, redis=book.redis_url, folder=folder, port=port))
    with served("benchmarks.watched", str(folder / "collections"), str(ini)) as process:
        yield port, psutil.Process(process.pid)


def _starts(book: ScratchBook, folder: Path) -> None:
    """From nothing to the first list, without a file of the book and with one."""
    for title, target in (("without a book file", 5), ("with one", 1.5)):
        started = perf_counter()
        with _site(book, folder) as (port, _):
            await_answer(f"http://127.0.0.1:{port}/api/v1/models", '"id":', every_s=0.02)
            print(f"  first answer {title}: {perf_counter() - started:.2f} s (< {target} s)", flush=True)
            await_answer(f"http://127.0.0.1:{port}/api/health/ready", '"book":1')


def _import_under_load(book: ScratchBook, folder: Path, port: int) -> None:
    """The longest answer of 32 connections while another process imports a list and this one takes the new book."""
    address = f"http://127.0.0.1:{port}"
    await_answer(f"{address}/api/health/ready", '"book":1')
    read(f"{address}/api/v1/models")
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", "--latency"]
    for title in ("alone", "while a list is imported"):
        with subprocess.Popen(
            [*command, "-d20s", f"{address}/api/v1/models"], stdout=subprocess.PIPE, text=True
        ) as load:
            if title != "alone":
                with Session(book.engine) as session, session.begin():
                    seed(session, ["models-dev"], datetime.now(UTC), lambda done, total: None)
                keep_book(book.engine, folder / "books")
                await_answer(f"{address}/api/health/ready", '"book":2')
            said = load.communicate()[0]
        longest = re.search(r"Latency\s+\S+\s+\S+\s+(\S+)", said)
        print(f"  longest answer of {CONNECTIONS} connections {title}: {longest and longest[1]} (< 150ms)", flush=True)
        if "Non-2xx" in said:
            print("  and refusals: " + said)


def _use(port: int, process: psutil.Process, collections: Path, count: int) -> None:
    """The same mix before and after so many distinct questions."""
    await_answer(f"http://127.0.0.1:{port}/api/health/ready", '"book":1')
    _ask_all(port, _mixed())
    fresh = _percentile(_ask_all(port, _mixed())[1])
    print(f"  fresh: p99 {fresh * 1000:.1f} ms, private memory {_private_mib(process):.0f} MiB", flush=True)
    collections.write_text("")
    questions, refused = _distinct(port), Counter[int]()
    for part in range(3):
        refused += _ask_all(port, islice(questions, count // 3))[0]
        asked = (part + 1) * (count // 3)
        print(f"  after {asked:,} distinct questions: {_private_mib(process):.0f} MiB (< 150 MiB)", flush=True)
    worn = _percentile(_ask_all(port, _mixed())[1])
    full = [float(line) for line in collections.read_text().split()]
    print(f"  p99 of the mix then {worn * 1000:.1f} ms, {worn / fresh:.2f}x fresh (1.2x)")
    print(f"  full collections: {len(full)}, the longest {max(full, default=0):.1f} ms (< 20 ms)")
    print(f"  answers of 500 and above: {sum(n for status, n in refused.items() if status >= 500)} (0)")


def _private_mib(process: psutil.Process) -> float:
    private: int = process.memory_full_info().uss
    return private / 2**20


def _percentile(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _mixed() -> Iterable[str]:
    return random.Random(1).choices(MIX, k=MIXED)


def _distinct(port: int) -> Iterator[str]:
    """Quotes at many times, unknown names, filters, histories and pages; no address twice."""
    ids = _ids(f"http://127.0.0.1:{port}/api/v1/models?limit=200&fields=id")
    chance = random.Random(2)
    n = 0
    while True:
        n += 1
        one, day = chance.choice(ids), f"2026-{1 + n % 11:02}-{1 + n % 28:02}"
        yield f"/api/v1/quote?model={one}&input_tokens={n}&at={day}"
        yield f"/api/v1/resolve?model=model-{n}-of-mine"
        yield f"/api/v1/models?max_input_price={n / 997}&limit={1 + n % 50}"
        yield f"/api/v1/quote?model={one}&output_tokens={n}"
        yield f"/api/v1/models/{one}?as_of={day}T{n % 24:02}:{n // 24 % 60:02}:{n // 1440 % 60:02}Z"
        yield f"/?max_input_price={n / 997}"


def _ids(address: str) -> list[str]:
    """Of all offerings, page by page."""
    found, cursor = list[str](), ""
    while cursor is not None:
        page = json.loads(read(address + cursor)[0])
        found += [row["id"] for row in page["data"]]
        following = page["meta"].get("next_cursor")
        cursor = following and f"&cursor={following}"
    return found


def _ask_all(port: int, paths: Iterable[str]) -> tuple[Counter[int], list[float]]:
    """Ask by a few clients at once; how often which status came, and the seconds of each answer."""

    def ask(path: str) -> tuple[int, float]:
        if getattr(_own, "port", None) != port:
            _own.port, _own.line = port, HTTPConnection("127.0.0.1", port, timeout=60)
        started = perf_counter()
        _own.line.request("GET", path)
        with _own.line.getresponse() as answer:
            answer.read()
            return answer.status, perf_counter() - started

    with ThreadPoolExecutor(CLIENTS) as clients:
        found = list(clients.map(ask, paths))
    return Counter(status for status, _ in found), [took for _, took in found]


if __name__ == "__main__":
    main()
