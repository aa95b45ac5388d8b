"""A usage log on a local Spark beside the same rows handed through: seconds a core.

python -m benchmarks.spark BOOK [ROWS]     a file of `llmpricing book build`; needs Java, and pyspark of `make spark`
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from benchmarks.usage_log import usage_log
from llmpricing.engines import spark

ROWS, ROUNDS, CORES = 400_000, 3, 2
MODELS = ["openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5", "google/gemini-2.5-pro", "gpt-4.1-mini"]
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def main(book: str, rows: int) -> None:
    """Print what both take, warm, and their ratio."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log.parquet"
        pq.write_table(usage_log(rows, MODELS), log)
        builder = SparkSession.builder.master(f"local[{CORES}]")
        for setting, value in SETTINGS.items():
            builder = builder.config(setting, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        df = session.read.parquet(str(log)).repartition(2 * CORES).cache()
        priced, handed = spark.price(df, book), df.mapInArrow(_handed_through, df.schema)
        _times(priced, handed)  # sends the book, starts the workers, compiles prices
        ours, theirs = zip(*[_times(priced, handed) for _ in range(ROUNDS)], strict=True)
        session.stop()
    _say("priced", rows, median(ours))
    _say("handed through", rows, median(theirs))
    ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    print(f"  {median(ratios):.2f}x, {ratios[0]:.2f}-{ratios[-1]:.2f}x (1.3x)")


def _handed_through(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from batches


def _times(*frames: DataFrame) -> list[float]:
    """How long each takes whose rows all arrive and are written nowhere."""
    times = []
    for frame in frames:
        started = perf_counter()
        frame.write.format("noop").mode("overwrite").save()
        times.append(perf_counter() - started)
    print("  ".join(f"{one:.2f} s" for one in times), file=sys.stderr, flush=True)
    return times


def _say(title: str, rows: int, seconds: float) -> None:
    print(f"  {title}: {seconds:.2f} s, {rows / seconds / CORES:,.0f} rows/s a core")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
