"""A usage log of a million rows: ours beside a loop over genai_prices.calc_price on rows of the same log.

    python -m benchmarks.bulk [--rows 1000000]

Pricing alone is from columns in memory to costs in memory; from file to file adds reading and writing. Times are the
best of several rounds in one process; "first" includes learning each kind of request once.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import genai_prices
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet
from sqlalchemy.orm import Session

from benchmarks.books import scratch_book
from benchmarks.calls import models
from benchmarks.timing import best_of, once
from benchmarks.usage_log import usage_log
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.price_log import price_log
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.read.parquet import read_parquet

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PEER_ROWS, ROUNDS, TARGET = 20_000, 5, 50


def main(rows: int = 1_000_000) -> None:
    """Print rows per second, their ratio to the peer's, and the memory used."""
    log = usage_log(rows, [f"{seller}/{model}" for seller, model in models()])
    with tempfile.TemporaryDirectory() as folder, scratch_book("genai-prices") as book:
        place = Path(folder)
        parquet.write_table(log, place / "log.parquet")
        arrow_csv.write_csv(log, place / "log.csv", arrow_csv.WriteOptions(quoting_style="none"))
        sample = log.slice(0, rows).take(pa.array(range(0, rows, max(rows // PEER_ROWS, 1)))).to_pylist()
        del log
        peer = len(sample) / best_of(3, lambda: _calc_prices(sample))
        print(f"  calc_price in a loop: {peer:,.0f} rows/s")
        with Session(book.engine) as session:
            _in_memory(session, place, rows, peer)
            for suffix in (".parquet", ".csv"):
                _from_file_to_file(session, place, suffix, rows, peer)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  memory of the whole process at its peak: {peak:.2f} GiB (target < 1)")


def _calc_prices(sample: list[dict[str, object]]) -> None:
    for row in sample:
        seller, _, model = str(row["model"]).partition("/")
        usage = genai_prices.Usage(
            input_tokens=row["input_tokens"],
            cache_read_tokens=row["cache_read_tokens"],
            output_tokens=row["output_tokens"],
        )
        genai_prices.calc_price(
            usage,
            model,
            provider_id=seller,
            genai_request_timestamp=datetime.fromisoformat(str(row["at"])),
            price_context={"processing": str(row["service_tier"])} if row["service_tier"] else None,
        )


def _in_memory(session: Session, place: Path, rows: int, peer: float) -> None:
    batches = list(read_parquet(place / "log.parquet", ColumnRoles()))
    pricer = LogPricer(session, NOW, None)

    def work() -> None:
        for batch in batches:
            pricer.price(batch)

    first, _ = once(work)
    best = best_of(ROUNDS, work)
    for name, seconds in (("pricing alone, first", first), ("pricing alone", best)):
        _say(name, rows / seconds, peer)


def _from_file_to_file(session: Session, place: Path, suffix: str, rows: int, peer: float) -> None:
    def work() -> None:
        pricer = LogPricer(session, NOW, None)
        files = [place / f"{name}{suffix}" for name in ("log", "out", "left")]
        summary = price_log(pricer, ColumnRoles(), *files)
        assert summary.rows == rows

    _say(f"from {suffix} to {suffix}", rows / best_of(ROUNDS, work), peer)


def _say(what: str, speed: float, peer: float) -> None:
    print(f"  {what}: {speed:,.0f} rows/s, {speed / peer:.0f}x (target {TARGET}x)", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    main(parser.parse_args().rows)
