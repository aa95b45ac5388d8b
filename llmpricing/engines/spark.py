"""Usage logs in Spark: what each row costs by the file of a price book, which travels to the workers.

from llmpricing.engines import spark

spark.price(df, "prices.book").groupBy("currency").sum("cost").show()
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from llmpricing.pricer import Instant, Pricer

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PricingBatches = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def price(
    df: DataFrame,
    book: str | PathLike[str],
    *,
    columns: Mapping[str, Any] | None = None,
    known_at: Instant | None = None,
) -> DataFrame:
    """The rows of a usage log, each with ``cost``, ``currency``, ``state``, ``price_ids``, ``offering``, ``warnings``,
    ``reason`` and ``book`` (the file's SHA-256) behind its own columns, as ``Pricer.price_batches`` gives them.

    The file is sent to the workers once (``SparkContext.addFile``). Rows that state no time count as of this call, so
    that a task which runs again answers the same. Raises BookFileError, and LogError where columns do not tell what to
    price, before anything runs.
    """
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    pricer, asked, now = Pricer.open(book), dict(columns or {}), datetime.now(UTC)
    taken = to_arrow_schema(df.schema, timezone=df.sparkSession.conf.get("spark.sql.session.timeZone"))
    unstated = pa.RecordBatch.from_arrays([pa.nulls(1, one.type) for one in taken], names=taken.names)
    given = next(pricer.price_batches([unstated], columns=asked, known_at=known_at, now=now)).schema
    file = _under_its_digest(Path(book), pricer.digest)
    df.sparkSession.sparkContext.addFile(str(file))
    return df.mapInArrow(pricing(file.name, asked, known_at, now), from_arrow_schema(given))


def pricing(sent: str, columns: Mapping[str, Any], known_at: Instant | None, now: datetime) -> PricingBatches:
    """What a worker does with the batches of a partition, by the book that was sent to it under this name."""

    def priced(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return _opened(sent).price_batches(batches, columns=columns, known_at=known_at, now=now)

    return priced


@lru_cache(maxsize=2)
def _opened(sent: str) -> Pricer:
    from pyspark import SparkFiles

    return Pricer.open(SparkFiles.get(sent))


_FOLDERS: list[TemporaryDirectory[str]] = []  # which workers fetch from, until this process ends


@cache
def _under_its_digest(book: Path, digest: str) -> Path:
    """A copy of the file whose name tells it apart: Spark sends one file a name."""
    _FOLDERS.append(TemporaryDirectory(prefix="llmpricing-spark-"))
    return Path(shutil.copyfile(book, Path(_FOLDERS[-1].name) / f"llmpricing-{digest}.book"))
