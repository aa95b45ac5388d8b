"""Readers of the shapes that tools write, beside Polars reading what counts of the same files.

    make bench, or: python -m benchmarks.shapes [--rows 100000]

Polars is no part of this project: make bench installs it beside, elsewhere it is used where it is there. Ours makes
records with everything that an audit asks of them; Polars reads the same fields, objects by a schema that is given to
it, and tells nothing apart. The medians of turns in one process are compared, processor time beside the clock.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from importlib import import_module, util
from pathlib import Path
from typing import Any

from benchmarks.shape_logs import LOGS, ShapeLog, calls
from benchmarks.timing import medians_in_turn
from llmpricing.services.usage_log.formats.files import UsageFiles
from llmpricing.services.usage_log.formats.registry import BY_NAME
from llmpricing.services.usage_log.formats.usage_file import UsageFile

ROUNDS, TARGET = 5, 2


def main(rows: int = 100_000, only: str = "", rounds: int = ROUNDS) -> None:
    """Print what each shape takes, beside Polars where that is installed."""
    peer = import_module("polars") if util.find_spec("polars") else None
    with tempfile.TemporaryDirectory() as folder:
        for log in LOGS:
            if only not in log.name:
                continue
            path = Path(folder) / f"log{log.ending}"
            log.write(path, map(log.row, calls(rows)))
            _compare(log, path, rows, peer, rounds)
            path.unlink()


def _compare(log: ShapeLog, path: Path, rows: int, peer: Any, rounds: int) -> None:
    def theirs() -> None:
        if peer is not None and _of_polars(peer, log, path).height != rows:
            raise AssertionError("Polars reads another number of rows")

    def own() -> None:
        if _of_ours(log, path) != rows:
            raise AssertionError("another number of records")

    ours, other = medians_in_turn(rounds, own, theirs)
    megabytes = path.stat().st_size / 2**20
    print(f"  {log.name}: {ours.processor / rows * 1e6:.1f} us a row, {rows / ours.clock:,.0f} rows/s", end="")
    if peer is not None:
        print(f"; Polars {other.processor / rows * 1e6:.1f} us; {ours.clock / other.clock:.2f}x its time, ", end="")
        print(f"{ours.processor / other.processor:.2f}x its processor time (target {TARGET}x)", end="")
    print(f"; {megabytes:.0f} MiB, medians of {rounds} at load {os.getloadavg()[0]:.1f}", flush=True)


def _of_ours(log: ShapeLog, path: Path) -> int:
    batches = UsageFiles([UsageFile(path, BY_NAME[log.shape])]).batches()
    return sum((0 if one.columns is None else len(one.columns)) + len(one.others) for one in batches)


def _of_polars(peer: Any, log: ShapeLog, path: Path) -> Any:
    """The wanted fields of all rows as columns, nested ones as structs."""
    inner = {name: _type(peer, kind) for name, kind in log.nested.items()}
    names = [*log.wanted, *inner]
    if log.ending in (".ndjson", ".jsonl"):
        first = peer.read_ndjson(path, n_rows=200).schema
        plain = {name: first[name] for name in log.wanted}
        return peer.scan_ndjson(path, schema={**plain, **inner}).select(names).collect()
    read = peer.scan_csv(path) if log.ending == ".csv" else peer.scan_parquet(path)
    opened = [peer.col(name).str.json_decode(kind) for name, kind in inner.items()]
    return read.select(*map(peer.col, log.wanted), *opened).collect()


def _type(peer: Any, kind: Any) -> Any:
    if isinstance(kind, Mapping):
        return peer.Struct({name: _type(peer, one) for name, one in kind.items()})
    return peer.Int64 if kind is int else peer.String


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--only", default="", help="those whose name holds this")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    args = parser.parse_args()
    main(args.rows, args.only, args.rounds)
