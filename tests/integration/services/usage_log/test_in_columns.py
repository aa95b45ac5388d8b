"""Records in columns come to what they come to one by one: their bill, their audit, and what they cost elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pyarrow import parquet
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.usage_log.audit.columns import audit_batches
from llmpricing.services.usage_log.audit.groups import WAYS, Grouping, at_prices_of
from llmpricing.services.usage_log.audit.redaction import redaction
from llmpricing.services.usage_log.audit.report import AuditReport, audit_of
from llmpricing.services.usage_log.audit.rows import audit_cells, audit_file
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.audit.verdicts import Audited, Auditor, figure_kind
from llmpricing.services.usage_log.bill import billed, priced_records
from llmpricing.services.usage_log.formats import file_reader
from llmpricing.services.usage_log.formats.assumptions import Assumptions
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.formats.record_columns import RecordChange
from llmpricing.services.usage_log.priced_columns import PricedBatch, billed_batches, priced_batches
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.elsewhere import ElsewhereLog
from llmpricing.services.usage_log.sums.market import TodaysMarket
from llmpricing.services.usage_log.sums.needs import Wanted
from tests.longer_logs import longer, rows_of, written

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ROWS, BLOCK = 900, 300
DAY = datetime(2026, 11, 3, 4, tzinfo=UTC)
APPLIED = Assumptions(provider="openai").applied


@pytest.fixture(scope="module")
def book(full_book_of_module: str) -> Iterator[Session]:
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        yield session


@pytest.fixture(scope="module")
def log(book: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spend log with failed, cached, repeated and unknown calls, of which two in three charge what is right."""
    rng = Random(11)  # noqa: S311 - rows for a test
    rows = longer(rows_of("litellm-spendlogs.ndjson"), rng, ROWS)
    for number, row in enumerate(rows):
        row["startTime"] = f"2026-11-{1 + number % 20:02}T{number % 24:02}:{number % 60:02}:07.5Z"
        row["team_id"], row["session_id"] = f"team-{number % 3}", f"session-{number % 50}"
        if number % 90 == 0:
            del row["custom_llm_provider"]
        if number % 2:
            del row["cache_hit"]
        if number % 70 == 0:
            row["spend"] = None
    path = written(tmp_path_factory.mktemp("log") / "log.ndjson", rows, is_table=False)
    costs = {one.record.record_id: one.cost for one in priced_records(pricer(book), one_by_one(path))}
    for row in rows:
        if (cost := costs[row["request_id"]]) is not None and row["spend"] is not None and rng.random() < 2 / 3:
            row["spend"] = float(cost) if rng.random() < 0.9 else round(float(cost), 5)
    return written(path, rows, is_table=False)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "_ROWS", BLOCK)


def pricer(book: Session) -> LogPricer:
    return LogPricer(book, NOW, None)


def one_by_one(path: Path) -> list[UsageRecord]:
    files = UsageFiles([usage_file(path)], one_by_one=True)
    return list(map(APPLIED, files.records()))


def in_columns(book: Session, path: Path, changes: Sequence[RecordChange] = ()) -> list[PricedBatch]:
    files = UsageFiles([usage_file(path)])
    batches = (reduce(ReadBatch.made, changes, batch.changed(APPLIED)) for batch in files.batches())
    found = list(priced_batches(pricer(book), batches))
    assert sum(len(batch.columns.columns) for batch in found if batch.columns is not None) > 0.85 * ROWS
    return found


def test_the_bill_is_that_of_its_records(book: Session, log: Path) -> None:
    rows = billed(priced_records(pricer(book), one_by_one(log)))
    assert billed_batches(in_columns(book, log)) == rows
    assert rows.priced > ROWS / 2
    assert rows.not_billed
    assert rows.unpriced
    assert rows.repeated


def said(report: AuditReport) -> dict[str, Any]:
    groups = [grouping.groups for grouping in report.all_groupings]
    sums = (report.logged, report.recomputed, report.right, report.logged_records, report.difference)
    return {"bill": report.bill, "sums": sums, "causes": report.causes(), "effects": report.effects, "groups": groups}


@pytest.mark.parametrize("wanted", [False, True], ids=["together", "each looked at"])
def test_the_audit_is_that_of_its_records(book: Session, log: Path, wanted: bool) -> None:
    seen: list[Audited] = []
    rows = audit_of(auditor(book).all(priced_records(pricer(book), one_by_one(log))), groupings())
    report = audit_batches(
        auditor(book), in_columns(book, log), groupings(), each=seen.append, wants=lambda record: wanted
    )
    assert said(report) == said(rows)
    assert ROWS / 4 < rows.right < ROWS
    assert len(rows.causes()) > 5
    assert len(seen) == ROWS if wanted else len(seen) <= ROWS - rows.right / 2


def decided(rows: Sequence[Audited], report: AuditReport) -> list[dict[str, Any]]:
    """The rows as they are written, now that it is known how finely their figures are written."""
    finest = report.finest
    known = [one._replace(verdict=one.verdict.decided(finest.of(figure_kind(one.priced.record)))) for one in rows]
    return [audit_cells(one) for one in known]


@pytest.fixture(scope="module", params=["sessions", "spend"])
def unlogged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that states no charge, with caches: of a tool that never does, and of one whose column is empty."""
    rng, is_spend = Random(12), request.param == "spend"  # noqa: S311 - rows for a test
    some = rows_of("litellm-spendlogs.ndjson" if is_spend else "claude-code-session.jsonl")
    rows = longer(some if is_spend else [row for row in some if "requestId" in row], rng, ROWS)
    for number, row in enumerate(rows):
        row["startTime" if is_spend else "timestamp"] = f"2026-11-{1 + number % 20:02}T{number % 24:02}:07:07.5Z"
        if is_spend:
            row["spend"] = None
        elif number % 3:
            row["message"]["id"], row["requestId"] = f"msg_{number % 500}", f"req_{number % 500}"
            row["message"]["model"] = rng.choice(["claude-opus-4-8", "claude-haiku-4-5-20251001"])
    return written(tmp_path_factory.mktemp("log") / "log.jsonl", rows, is_table=False)


def test_the_audit_of_records_without_a_charge_is_that_of_each(book: Session, unlogged: Path, tmp_path: Path) -> None:
    seen: list[Audited] = []
    rows = list(auditor(book).all(priced_records(pricer(book), one_by_one(unlogged))))
    measure = audit_of(rows, groupings())
    batches = in_columns(book, unlogged)
    with audit_file(tmp_path / "rows.parquet", 0o600) as to:
        report = audit_batches(
            auditor(book), batches, groupings(), each=seen.append, wants=lambda record: False, written=to
        )
    assert said(report) == said(measure)
    assert parquet.read_table(tmp_path / "rows.parquet").to_pylist() == decided(rows, report)
    assert report.effects.saved
    assert not report.is_logged
    assert sum(one.cost is not None for one in seen) < ROWS / 10


@pytest.mark.parametrize(
    "changes", [(), (lambda _: at_prices_of(DAY), redaction)], ids=["as used", "redacted, of a day"]
)
def test_the_rows_that_are_written_are_those_of_the_records_in_order(
    book: Session,
    log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: Sequence[Callable[[LogPricer], RecordChange]],
) -> None:
    monkeypatch.setattr("secrets.token_bytes", lambda size: b"k" * size)
    made = [change(pricer(book)) for change in changes]
    records: Iterable[UsageRecord] = one_by_one(log)
    for change in made:
        records = map(change.of_record, records)
    rows = list(auditor(book).all(priced_records(pricer(book), records)))
    with audit_file(tmp_path / "rows.parquet", 0o600) as to:
        batches = in_columns(book, log, made)
        report = audit_batches(auditor(book), batches, groupings(), wants=lambda record: False, written=to)
    written = parquet.read_table(tmp_path / "rows.parquet").to_pylist()
    assert written == decided(rows, report)
    assert any("COLUMN_MISSING" in (row["warnings"] or "") and row["causes"] is None for row in written)
    assert said(report) == said(audit_of(rows, groupings()))


def auditor(book: Session) -> Auditor:
    return Auditor(AuditedUses(book, pricer(book)))


def groupings() -> list[Grouping]:
    return [*(Grouping((way,)) for way in WAYS), Grouping(("day", "team", "model"))]


def test_what_it_costs_elsewhere_is_that_of_its_records(book: Session, log: Path) -> None:
    market = TodaysMarket(book, pricer(book), NOW)
    rows = ElsewhereLog(book, pricer(book), market).priced(one_by_one(log), Wanted())
    files = UsageFiles([usage_file(log)])
    batches = (batch.changed(APPLIED) for batch in files.batches())
    found = ElsewhereLog(book, pricer(book), market).of_batches(batches, Wanted())
    assert found == rows
    assert len(found.costs) > 100
