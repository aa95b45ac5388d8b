"""A usage log on a local Spark beside the same rows handed through, and handed through with as many columns behind
them as pricing adds, which Spark has to take over whatever they cost to find: processor time of all processes.

python -m benchmarks.spark BOOK [ROWS]     a file of `llmpricing book build`; needs Java, and pyspark of `make spark`
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from benchmarks.usage_log import usage_log
from llmpricing.engines import spark
from llmpricing.pricer import Pricer

ROWS, ROUNDS, CORES = 400_000, 5, 2
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
        widened = df.mapInArrow(_widening(_answer(book, log)), priced.schema)
        frames = priced, handed, widened
        for _ in range(2):
            _times(*frames)  # sends the book, starts the workers, compiles prices
        times = list(zip(*[_times(*frames) for _ in range(ROUNDS)], strict=True))
        session.stop()
    for title, seconds in zip(("priced", "handed through", "handed through, widened"), times, strict=True):
        _say(title, rows, median(seconds))
    for goal, theirs in ((" (1.3x)", times[1]), ("", times[2])):
        ratios = sorted(one / other for one, other in zip(times[0], theirs, strict=True))
        print(f"  {median(ratios):.2f}x, {ratios[0]:.2f}-{ratios[-1]:.2f}x{goal}")


def _answer(book: str, log: Path) -> pa.RecordBatch:
    """What pricing adds to the log's first row."""
    first = pq.read_table(log).slice(0, 1)
    priced = next(Pricer.open(book).price_batches(first.to_batches()))
    return priced.select(priced.schema.names[first.num_columns :])


def _widening(answer: pa.RecordBatch) -> spark.PricingBatches:
    """Gives each row the same answer."""

    def widened(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        answers = pa.RecordBatch.from_arrays([], names=[])
        for batch in batches:
            if answers.num_rows < batch.num_rows:
                answers = answer.take(pa.array([0] * batch.num_rows))
            more = answers.slice(0, batch.num_rows)
            names = [*batch.schema.names, *more.schema.names]
            yield pa.RecordBatch.from_arrays([*batch.columns, *more.columns], names=names)

    return widened


def _handed_through(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from batches


def _times(*frames: DataFrame) -> list[float]:
    """The processor time of each, whose rows all arrive and are written nowhere."""
    times = []
    for frame in frames:
        started = _processor_s()
        frame.write.format("noop").mode("overwrite").save()
        times.append(_processor_s() - started)
    print("  ".join(f"{one:.2f} s" for one in times), file=sys.stderr, flush=True)
    return times


def _processor_s() -> float:
    """Of Spark's processes: the JVM and the workers that it started, those that ended too."""
    return sum(sum(process.cpu_times()[:4]) for process in psutil.Process().children(recursive=True))


def _say(title: str, rows: int, seconds: float) -> None:
    print(f"  {title}: {seconds:.2f} s, {seconds / rows * 1e6:.2f} us a row, {rows / seconds:,.0f} rows/s a core")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
