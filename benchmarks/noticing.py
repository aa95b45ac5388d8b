"""After how long serving processes answer by a decision and an import that another process made, and by no mixture.

python -m benchmarks.noticing [CORES]

Two servers, on all cores or on those named as taskset does, share the folder of the book's files. A command writes the
new version's file there right after its commit; what is decided on a page one of the servers has written, by a child:
the longer way.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import monotonic, sleep

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks.books import SEEDED, scratch_book
from benchmarks.served import INI, await_answer, read, served
from llmpricing.domain.components import ComponentKey
from llmpricing.local_stores.ports import any_free_port
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.imports.seeding import seed
from llmpricing.services.price_book.folder import keep_book

DECISIONS, LISTS = 5, ("model-prices", "models-dev")
DECISION_S, IMPORT_S = 2, 5
ASKED = "/api/v1/models?limit=200&provider=openai&as_of=2026-11-25T00:00:00Z"  # a time, so that no step comes between
EVERY_S, PATIENCE_S = 0.02, 60
_VERSION = re.compile(rb'"catalogue_version":(\d+)')
_amounts = count(91)


class Asking:
    """One process, asked again and again: when each version was first answered by, and all that each one answered."""

    def __init__(self, port: int) -> None:
        self.since: dict[int, float] = {}
        self.told: dict[int, set[str]] = defaultdict(set)
        self._address, self._is_over = f"http://127.0.0.1:{port}{ASKED}", Event()
        self._thread = Thread(target=self._ask)
        self._thread.start()

    def end(self) -> None:
        """Ask no more."""
        self._is_over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._is_over.wait(EVERY_S):
            answer = read(self._address)[0]
            version, now = int(_VERSION.search(answer)[1]), monotonic()  # type: ignore[index]
            self.since.setdefault(version, now)
            rows = answer[answer.index(b'"data":') : answer.rindex(b'"meta":')]  # to read the JSON would take a core
            self.told[version].add(sha256(rows).hexdigest())


def main(cores: str = f"0-{(os.cpu_count() or 1) - 1}") -> None:
    """Print the seconds from the commit to the first answer by it, at each process, and what was mixed."""
    with scratch_book("genai-prices") as book, tempfile.TemporaryDirectory() as name:
        with _servers(book.database_url, book.redis_url, Path(name), cores) as asked:
            folder = Path(name) / "books"
            for what, books in (("a decision of the command line", folder), ("a decision of a server", None)):
                found = [_noticed(asked, book.engine, _hold, books) for _ in range(DECISIONS)]
                _say(what, found, DECISION_S)
            imports = [_noticed(asked, book.engine, partial(_import, slug), folder) for slug in LISTS]
            _say("an import", imports, IMPORT_S)
        versions = {version for one in asked for version in one.told}
        mixed = [version for version in versions if len(set().union(*(one.told[version] for one in asked))) > 1]
        print(f"  versions that were answered by in two ways: {len(mixed)} of {len(versions)} (0)")
        print(f"  load of the machine {os.getloadavg()[0]:.1f}")


@contextmanager
def _servers(database: str, redis: str, folder: Path, cores: str) -> Iterator[Sequence[Asking]]:
    """Two processes that hold the first version, and are asked."""
    ports = any_free_port(), any_free_port()
    for port in ports:
        ini = INI.format(database=database, redis=redis, folder=folder, port=port)
        (folder / f"{port}.ini").write_text(ini)
    with (
        served("pyramid.scripts.pserve", str(folder / f"{ports[0]}.ini"), cores=cores),
        served("pyramid.scripts.pserve", str(folder / f"{ports[1]}.ini"), cores=cores),
    ):
        for port in ports:
            await_answer(f"http://127.0.0.1:{port}/api/health/ready", '"book":1')
        asked = [Asking(port) for port in ports]
        try:
            _await(lambda: all(one.since for one in asked))
            yield asked
        finally:
            for one in asked:
                one.end()


def _hold(session: Session) -> None:
    """Hold a price at another amount each time."""
    amount = Decimal(next(_amounts))
    held = HeldPrice("openai/gpt-4o", ComponentKey("output_tokens", ""), amount, 1_000_000, since=SEEDED)
    hold_price(session, held, Decider("benchmark", datetime.now(UTC)))


def _import(slug: str, session: Session) -> None:
    seed(session, [slug], datetime.now(UTC), lambda done, total: None)


def _await(fulfilled: Callable[[], bool]) -> None:
    until = monotonic() + PATIENCE_S
    while not fulfilled():
        if monotonic() > until:
            raise SystemExit(f"the servers did not answer so within {PATIENCE_S} s")
        sleep(EVERY_S)


def _noticed(
    asked: Sequence[Asking], engine: Engine, change: Callable[[Session], None], books: Path | None
) -> list[float]:
    """Seconds from the change's commit until each process answered by it; its file is written into ``books``."""
    version = max(asked[0].since) + 1
    with Session(engine) as session, session.begin():
        change(session)
    committed = monotonic()
    if books is not None:
        keep_book(engine, books)
    _await(lambda: all(version in one.since for one in asked))
    return [one.since[version] - committed for one in asked]


def _say(what: str, found: Sequence[Sequence[float]], limit_s: float) -> None:
    times = [seconds for both in found for seconds in both]
    print(
        f"  {what}: median of {len(times)} {median(times):.2f} s, longest {max(times):.2f} s (< {limit_s} s)",
        flush=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
