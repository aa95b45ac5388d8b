"""Readers of plain usage logs beside Polars reading the same columns of the same files.

    make bench, or: python -m benchmarks.readers [--rows 400000]

Polars is no part of this project: make bench installs it beside, elsewhere it is used where it is there. Both read
all rows by turns in one process: of text the columns that count for a price, of Parquet all, since a priced row has
them all. The medians are compared, processor time of all threads beside the clock.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module, util
from pathlib import Path
from typing import Any

from pyarrow import csv as arrow_csv
from pyarrow import parquet

from benchmarks.calls import models
from benchmarks.timing import medians_in_turn
from benchmarks.usage_log import usage_log
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.read.csv import read_csv
from llmpricing.services.usage_log.read.ndjson import read_ndjson
from llmpricing.services.usage_log.read.parquet import read_parquet

ROUNDS, TARGET = 5, 2


def main(rows: int = 400_000) -> None:
    """Print what each of the three takes, beside Polars where that is installed."""
    if util.find_spec("polars") is None:
        print("  Polars is not installed: run make bench, or pip install polars in an environment of its own")
        return
    log = usage_log(rows, [f"{seller}/{model}" for seller, model in models()])
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "log"
        parquet.write_table(log, place.with_suffix(".parquet"))
        arrow_csv.write_csv(log, place.with_suffix(".csv"), arrow_csv.WriteOptions(quoting_style="none"))
        peer = import_module("polars")
        peer.read_parquet(place.with_suffix(".parquet")).write_ndjson(place.with_suffix(".ndjson"))
        names = log.column_names
        del log
        for suffix, own, other in _pairs(place, names, peer):
            ours, theirs = medians_in_turn(ROUNDS, own, other)
            print(f"  {suffix}: {rows / ours.clock:,.0f} rows/s, Polars {rows / theirs.clock:,.0f} rows/s; ", end="")
            print(f"{ours.clock / theirs.clock:.2f}x its time, ", end="")
            print(f"{ours.processor / theirs.processor:.2f}x its processor time (target {TARGET}x), ", end="")
            print(f"medians of {ROUNDS} at load {os.getloadavg()[0]:.1f}", flush=True)


def _pairs(place: Path, names: Sequence[str], peer: Any) -> list[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    csv, lines, table = (place.with_suffix(suffix) for suffix in (".csv", ".ndjson", ".parquet"))
    roles = ColumnRoles()
    wanted = list(roles.layout(names).counting)
    return [
        (".csv", lambda: _all(read_csv(csv, roles, whole=False)), lambda: peer.read_csv(csv, columns=wanted)),
        (".ndjson", lambda: _all(read_ndjson(lines, roles)), lambda: peer.scan_ndjson(lines).select(wanted).collect()),
        (".parquet", lambda: _all(read_parquet(table, roles)), lambda: peer.read_parquet(table)),
    ]


def _all(batches: Any) -> int:
    return sum(batch.table.num_rows for batch in batches)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    main(parser.parse_args().rows)
