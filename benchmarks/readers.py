"""Readers of plain usage logs beside Polars reading the same columns of the same files.

    python -m benchmarks.readers [--rows 400000]

Polars is used where it is installed; it is no part of this project. Both read every column that counts for a price, all
of the file, by turns in one process; processor time of all threads is told beside the clock.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module, util
from pathlib import Path
from time import process_time
from typing import Any

from pyarrow import csv as arrow_csv
from pyarrow import parquet

from benchmarks.calls import models
from benchmarks.timing import best_in_turn
from benchmarks.usage_log import usage_log
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.read.csv import read_csv
from llmpricing.services.usage_log.read.ndjson import read_ndjson
from llmpricing.services.usage_log.read.parquet import read_parquet

ROUNDS, TARGET = 5, 2


def main(rows: int = 400_000) -> None:
    """Print what each of the three takes, beside Polars where that is installed."""
    if util.find_spec("polars") is None:
        print("  Polars is not installed: pip install polars in an environment of its own, then this again")
        return
    log = usage_log(rows, [f"{seller}/{model}" for seller, model in models()])
    names = log.column_names
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "log"
        parquet.write_table(log, place.with_suffix(".parquet"))
        arrow_csv.write_csv(log, place.with_suffix(".csv"), arrow_csv.WriteOptions(quoting_style="none"))
        peer = import_module("polars")
        peer.read_parquet(place.with_suffix(".parquet")).write_ndjson(place.with_suffix(".ndjson"))
        del log
        for suffix, own, other in _pairs(place, names, peer):
            ours, theirs = best_in_turn(ROUNDS, own, other)
            processors = _processor(own) / _processor(other)
            print(f"  {suffix}: {rows / ours:,.0f} rows/s, Polars {rows / theirs:,.0f} rows/s; ", end="")
            print(f"{ours / theirs:.2f}x its time, {processors:.2f}x its processor time (target {TARGET}x)", flush=True)


def _pairs(place: Path, names: Sequence[str], peer: Any) -> list[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    csv, lines, table = (place.with_suffix(suffix) for suffix in (".csv", ".ndjson", ".parquet"))
    roles = ColumnRoles()
    return [
        (".csv", lambda: _all(read_csv(csv, roles, whole=False)), lambda: peer.read_csv(csv, columns=list(names))),
        (".ndjson", lambda: _all(read_ndjson(lines, roles)), lambda: peer.read_ndjson(lines)),
        (".parquet", lambda: _all(read_parquet(table, roles)), lambda: peer.read_parquet(table, columns=list(names))),
    ]


def _all(batches: Any) -> int:
    return sum(batch.table.num_rows for batch in batches)


def _processor(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = process_time()
        work()
        times.append(process_time() - began)
    return min(times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    main(parser.parse_args().rows)
