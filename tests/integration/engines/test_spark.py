"""A usage log on Spark costs what it costs here, also when a worker dies. ``make spark`` brings what it needs."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing import Pricer
from llmpricing.services.price_book.export import export_book

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed: make spark"),
    pytest.mark.skipif(
        shutil.which("java") is None, reason="Spark needs Java 17: apt-get install default-jre-headless"
    ),
]
JOB = Path(__file__).with_name("on_spark.py")
AT = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gpt-4.1-mini", "google/gemini-2.5-pro", "nobody/nothing")


@pytest.fixture(scope="module")
def log() -> pa.Table:
    """A log of 4,000 rows over a year, some of a model that nobody knows."""
    chance = random.Random(3)  # noqa: S311 - the same log every time
    rows = [
        {
            "note": f"row {number}",
            "model": chance.choice(NAMES),
            "at": AT - timedelta(hours=chance.randint(0, 9_000)),
            "input_tokens": chance.randint(0, 400_000),
            "output_tokens": chance.randint(0, 4_000),
        }
        for number in range(4_000)
    ]
    counts = [(name, pa.int64()) for name in ("input_tokens", "output_tokens")]
    fields = [("note", pa.string()), ("model", pa.string()), ("at", pa.timestamp("us", "UTC")), *counts]
    return pa.Table.from_pylist(rows, pa.schema(fields))


@pytest.fixture(scope="module")
def job(full_book_of_module: str, log: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a job that ran, with the book and the log beside its answers."""
    folder = tmp_path_factory.mktemp("spark")
    engine = create_engine(full_book_of_module, poolclass=NullPool)
    with Session(engine) as session:
        export_book(session, folder / "prices.book")
    engine.dispose()
    pq.write_table(log, folder / "log.parquet")
    command = [sys.executable, JOB, folder / "prices.book", folder / "log.parquet", folder]
    own = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, timeout=230, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    return folder


def rows(table: pa.Table) -> list[dict[str, Any]]:
    return table.sort_by("note").to_pylist()


def test_each_row_bears_what_it_bears_here_and_the_books_digest(job: Path, log: pa.Table) -> None:
    pricer = Pricer.open(job / "prices.book")
    here = rows(pa.Table.from_batches(pricer.price_batches(log.to_batches())))
    assert rows(pq.read_table(job / "priced")) == here
    assert {row["book"] for row in here} == {pricer.digest}
    assert all(row["price_ids"] for row in here if row["cost"] is not None)
    assert 0 < sum(row["cost"] is None for row in here) < len(here)


def test_a_killed_worker_changes_nothing(job: Path) -> None:
    assert (job / "killed").exists()
    assert rows(pq.read_table(job / "after_a_kill")) == rows(pq.read_table(job / "priced"))


def test_the_command_line_gives_the_same_rows_and_the_same_sum(job: Path) -> None:
    command = [Path(sys.executable).with_name("llmpricing"), "price", job / "log.parquet"]
    options = ["--book", job / "prices.book", "--out", job / "costs.parquet"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)
    assert (job / "costs.parquet").exists(), done.stderr
    here = rows(pq.read_table(job / "costs.parquet"))
    there = [row for row in rows(pq.read_table(job / "priced")) if row["cost"] is not None]
    told = ("note", "cost", "price_ids", "offering")
    assert [[row[name] for name in told] for row in here] == [[row[name] for name in told] for row in there]
    assert sum(row["cost"] for row in here) == sum(row["cost"] for row in there) > 0


def test_columns_that_do_not_tell_what_to_price_stop_the_job_before_it_runs(job: Path) -> None:
    assert "model" in (job / "refused").read_text()
