"""Imports of LiteLLM's cost map: the newest alone, the same again, and all dated ones in order.

python -m benchmarks.imports FOLDER     (DATE.json or DATE.json.xz in one folder)
"""

from __future__ import annotations

import argparse
import lzma
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.books import scratch_book
from benchmarks.timing import once
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES

FIRST_S, AGAIN_S, ALL_S = 20, 2, 120


def main(folder: Path | None) -> None:
    """Print seconds beside their targets; without a folder say that nothing was measured."""
    maps = dated_maps(folder)
    if not maps:
        print("  no folder with dated maps was named: not measured (python -m benchmarks FOLDER)")
        return
    with scratch_book() as book:
        newest = read(maps[-1])
        first, _ = once(lambda: import_map(book.engine, newest, maps[-1]))
        again, _ = once(lambda: import_map(book.engine, newest, maps[-1]))
    print(f"  {maps[-1].name}: first {first:.1f} s (target < {FIRST_S}), again {again:.2f} s (target < {AGAIN_S})")
    with scratch_book() as book:
        seconds = sum(once(lambda path=path: import_map(book.engine, read(path), path))[0] for path in maps)  # type: ignore[misc]
        with Session(book.engine) as session:
            rows = [session.scalar(text(f"select count(*) from {t}")) for t in ("offering", "price", "review")]  # noqa: S608
    print(f"  {len(maps)} maps in order of date: {seconds:.1f} s (target < {ALL_S}); ", end="")
    print(f"{rows[0]:,} offerings, {rows[1]:,} prices, {rows[2]:,} in review")


def dated_maps(folder: Path | None) -> list[Path]:
    """The maps of a folder, the oldest first."""
    return sorted(folder.glob("????-??-??.json*")) if folder else []


def read(path: Path) -> bytes:
    """The bytes of a map, unpacked."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def import_map(engine: Engine, data: bytes, path: Path) -> None:
    """Import the bytes of a map, published on the day of its name."""
    published = datetime.fromisoformat(path.name[:10]).replace(tzinfo=UTC)
    with Session(engine) as session, session.begin():
        import_lists(session, [(SOURCES["litellm"], ReadList(data, published, datetime.now(UTC), path.name))])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    main(parser.parse_args().folder)
