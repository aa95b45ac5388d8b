"""A job on Spark, as a program of its own: BOOK LOG FOLDER. Prices the log twice, once with a worker that is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from llmpricing.engines import spark
from llmpricing.services.usage_log.columns import LogError

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "300",
}


def killed_once(price: spark.PricingBatches, mark: Path) -> spark.PricingBatches:
    """The same, but the first worker that has answered a batch is killed."""

    def dying(batches: Iterable[Any]) -> Iterator[Any]:
        for answered in price(batches):
            yield answered
            try:
                mark.touch(exist_ok=False)
            except FileExistsError:
                continue
            os.kill(os.getpid(), signal.SIGKILL)

    return dying


def main(book: str, log: str, folder: Path) -> None:
    builder = SparkSession.builder.master("local[2,4]")  # two at a time, a task is tried four times
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    df = session.read.parquet(log).repartition(4)
    priced = spark.price(df, book)
    priced.write.parquet(str(folder / "priced"))
    sent = next(Path(one).name for one in session.sparkContext.listFiles)
    dying = killed_once(spark.pricing(sent, {}, None, datetime.now(UTC)), folder / "killed")
    df.mapInArrow(dying, priced.schema).write.parquet(str(folder / "after_a_kill"))
    try:
        spark.price(df.drop("model"), book)
    except LogError as error:
        (folder / "refused").write_text(str(error))
    session.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
