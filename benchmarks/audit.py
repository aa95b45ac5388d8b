"""An audit of a log in which a fifth of the rows are wrong, beside the bill of the same log.

    python -m benchmarks.audit [--rows 40000]

The log is LiteLLM's table of spend logs as Parquet; its mistakes are made by plain arithmetic. Both read the file.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy.orm import Session

from benchmarks.books import scratch_book
from benchmarks.timing import best_in_turn, once
from llmpricing.services.usage_log.audit.columns import audit_batches
from llmpricing.services.usage_log.audit.report import AuditReport
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.audit.verdicts import Auditor
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.priced_columns import billed_batches, priced_batches
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.elsewhere import ElsewhereLog
from llmpricing.services.usage_log.sums.market import TodaysMarket
from llmpricing.services.usage_log.sums.needs import Wanted

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROUNDS, MILLION, TARGET_S = 2, 1_000_000, 60
_AT_ONCE = 10_000
# Seller, model, USD per million tokens of input, cache reads and output.
MODELS = (("openai", "gpt-4.1-mini", 0.4, 0.1, 1.6), ("anthropic", "claude-haiku-4-5", 1.0, 0.1, 5.0))


def main(rows: int = 40_000) -> None:
    """Print rows per second of both, their ratio, and what all offerings cost on top."""
    with tempfile.TemporaryDirectory() as folder, scratch_book("genai-prices") as book:
        path = Path(folder) / "log.parquet"
        write_log(path, rows)
        with Session(book.engine) as session:
            bill, audit = best_in_turn(ROUNDS, lambda: _bill(session, path), lambda: _audit(session, path))
            report = _audit(session, path)
            market, on_top = _elsewhere(session, path)
    wrong = sum(row.records for row in report.causes() if row.name != "rounding")
    print(f"  a bill, from file to sum: {rows / bill:,.0f} rows/s")
    print(
        f"  an audit, {wrong / rows:.0%} of the rows wrong: {rows / audit:,.0f} rows/s, {audit / bill:.2f} x the bill; "
        f"a million in {audit / rows * MILLION:.0f} s (target < {TARGET_S})"
    )
    print(f"  at all offerings besides: {market:.1f} s to learn them, {on_top:.1f} s on top of the bill (target < 10)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  memory of the whole process at its peak: {peak:.2f} GiB (target < 1)")


def write_log(path: Path, rows: int) -> None:
    """Write the log, some thousand rows at a time, so that the memory of the process is that of what reads it."""
    rest = spend_log(rows)
    first = pa.Table.from_pylist(list(islice(rest, _AT_ONCE)))
    with parquet.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        while some := list(islice(rest, _AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(some, first.schema))


def spend_log(rows: int) -> Iterator[dict[str, Any]]:
    """Rows of which each fifth is wrong: caches at the full price, counted twice or dropped, or a slip of units."""
    rng = Random(3)  # the same log each time
    for number in range(rows):
        seller, model, taken, read, made = MODELS[number % len(MODELS)]
        inputs, output = rng.randint(5_001, 90_000), rng.randint(101, 4_000)
        cached = rng.randint(2_001, inputs - 1_000)
        right = (inputs - cached) * taken + cached * read + output * made
        wrong = (right + cached * (taken - read), right + cached * taken, right - cached * read, right * 1000)
        figure = wrong[number // 5 % len(wrong)] if number % 5 == 0 else right
        usage = {
            "prompt_tokens": inputs,
            "completion_tokens": output,
            "total_tokens": inputs + output,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        yield {
            "request_id": f"r{number}",
            "call_type": "acompletion",
            "spend": figure / 1_000_000,
            "startTime": (NOW - timedelta(minutes=1 + number % 20_000)).isoformat(),
            "model": model,
            "custom_llm_provider": seller,
            "status": "success",
            "cache_hit": "False",
            "team_id": f"team-{number % 7}",
            "metadata": json.dumps({"usage_object": usage}),
        }


def _batches(path: Path) -> Iterator[ReadBatch]:
    return UsageFiles([usage_file(path, None)], ()).batches()


def _bill(session: Session, path: Path) -> None:
    billed_batches(priced_batches(LogPricer(session, NOW, None), _batches(path)))


def _audit(session: Session, path: Path) -> AuditReport:
    pricer = LogPricer(session, NOW, None)
    priced = priced_batches(pricer, _batches(path))
    return audit_batches(Auditor(AuditedUses(session, pricer)), priced, wants=lambda record: False)


def _elsewhere(session: Session, path: Path) -> tuple[float, float]:
    """Seconds to learn the offerings, and by how many more the log at all of them takes than its bill."""
    pricer = LogPricer(session, NOW, None)
    learnt, market = once(lambda: TodaysMarket(session, pricer, NOW))
    log, bill = best_in_turn(
        ROUNDS,
        lambda: ElsewhereLog(session, pricer, market).of_batches(_batches(path), Wanted()),
        lambda: _bill(session, path),
    )
    return learnt, log - bill


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40_000)
    main(parser.parse_args().rows)
