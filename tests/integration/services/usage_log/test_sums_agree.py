"""All ways to price the same records come to the same: price, audit, its rows, its groups, and parts in any order."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.usage_log.audit.columns import audit_batches
from llmpricing.services.usage_log.audit.groups import WAYS, Grouping
from llmpricing.services.usage_log.audit.report import AuditReport, audit_of
from llmpricing.services.usage_log.audit.rows import audit_file
from llmpricing.services.usage_log.audit.uses import AuditedUses, NoExchangeRate
from llmpricing.services.usage_log.audit.verdicts import Auditor
from llmpricing.services.usage_log.bill import Bill, billed, priced_records
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.priced_columns import billed_batches, priced_batches
from llmpricing.services.usage_log.pricer import LogPricer
from tests.usage_tools import TOOLS
from tests.usage_twins import CSV_NAMES, FOLDER, LINES, NAMES, content
from tests.usage_unseen import UNSEEN
from tests.usage_world import WORLD

IN_ORDER = ("codex", "gemini-cli")  # their lines mean something by those before them only, such as their session
SAMPLES = [(name, [content(name)]) for name in NAMES]
FILES = [*SAMPLES, *((world.name, list(world.files)) for world in (*WORLD, *TOOLS, *UNSEEN))]
PARTED = [name for name in (*CSV_NAMES, *LINES) if not name.startswith(IN_ORDER)]


class Engine(NamedTuple):
    pricer: LogPricer
    auditor: Auditor


@pytest.fixture(scope="module")
def engine(full_book_of_module: str) -> Iterator[Engine]:
    """One pricer and auditor on the bundled lists for all files."""
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        pricer = LogPricer(session, datetime.now(UTC), None)
        yield Engine(pricer, Auditor(AuditedUses(session, pricer)))


def written(folder: Path, files: Sequence[bytes]) -> list[Path]:
    paths = [folder / f"part-{number}" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return paths


def usage(paths: Sequence[Path]) -> UsageFiles:
    return UsageFiles([usage_file(path) for path in paths])


def figures(bill: Bill) -> tuple[object, ...]:
    """All that a bill counts."""
    reasons = (dict(bill.not_billed), dict(bill.unpriced), dict(bill.warned), dict(bill.remarks))
    models = {name: (one.records, dict(one.cost)) for name, one in bill.models.items()}
    return bill.rows, bill.priced, bill.repeated, bill.sums, dict(bill.totals), dict(bill.charged), reasons, models


def in_usd(report: AuditReport) -> tuple[Decimal, Decimal]:
    return report.recomputed, report.logged


def cells(path: Path, name: str) -> list[str]:
    with path.open(newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def sum_of(texts: Sequence[str]) -> Decimal:
    return sum((Decimal(text) for text in texts if text), Decimal(0))


@pytest.mark.parametrize(("name", "files"), FILES, ids=[one[0] for one in FILES])
def test_price_audit_its_rows_and_its_groups_come_to_the_same(
    engine: Engine, tmp_path: Path, name: str, files: Sequence[bytes]
) -> None:
    paths = written(tmp_path, files)
    priced = list(priced_records(engine.pricer, usage(paths).records()))
    bill = billed(priced)
    assert figures(billed_batches(priced_batches(engine.pricer, usage(paths).batches()))) == figures(bill)
    groupings, out = [Grouping((way,)) for way in WAYS] + [Grouping(("day", "model", "key"))], tmp_path / "rows.csv"
    try:
        alone = audit_of(engine.auditor.all(priced))
    except NoExchangeRate:
        assert set(bill.charged) != {"USD"}
        return
    with audit_file(out, 0o600) as rows:
        report = audit_batches(
            engine.auditor, priced_batches(engine.pricer, usage(paths).batches()), groupings, written=rows
        )
    assert figures(report.bill) == figures(alone.bill) == figures(bill)
    assert in_usd(report) == in_usd(alone)
    assert report.recomputed == sum(bill.totals.values())
    for one in (report, alone):
        assert sum((cause.money for cause in one.causes()), Decimal(0)) == one.difference
    assert [(c.name, c.records, c.money) for c in report.causes()] == [
        (c.name, c.records, c.money) for c in alone.causes()
    ]
    assert len(cells(out, "outcome")) == bill.rows
    assert sum_of(cells(out, "cost")) == sum_of(cells(out, "cost_usd")) == report.recomputed
    assert sum_of(cells(out, "logged_usd")) == report.logged
    assert sum_of(cells(out, "difference_usd")) == report.difference
    for grouping in groupings:
        groups = [group for _, group in grouping.rows()]
        sums = (sum(one.recomputed for one in groups), sum(one.logged for one in groups))
        assert sums == in_usd(report)


def parts(name: str) -> tuple[list[bytes], list[bytes]]:
    """The file in two, each with its header, and its rows in the other order."""
    head, *rows = content(name).splitlines(keepends=True)
    if name in LINES:
        head, rows = b"", [head, *rows]
    rows = [row if row.endswith(b"\n") else row + b"\n" for row in rows]
    half = len(rows) // 2
    return [head + b"".join(rows[:half]), head + b"".join(rows[half:])], [head + b"".join(reversed(rows))]


@pytest.mark.parametrize("name", PARTED)
def test_two_parts_and_the_other_order_come_to_the_same(engine: Engine, tmp_path: Path, name: str) -> None:
    whole = billed(priced_records(engine.pricer, usage([FOLDER / name]).records()))
    in_two, reversed_rows = parts(name)
    shape = usage_file(FOLDER / name).shape
    for files in (in_two, in_two[::-1], reversed_rows):
        files = [usage_file(path, shape) for path in written(tmp_path, files)]
        bill = billed(priced_records(engine.pricer, UsageFiles(files).records()))
        assert counts(bill) == counts(whole)
        assert (bill.totals, bill.charged) == (whole.totals, whole.charged)


def counts(bill: Bill) -> Counter[str]:
    found = {
        "rows": bill.rows,
        "priced": bill.priced,
        "repeated": bill.repeated,
        "unpriced": sum(bill.unpriced.values()),
    }
    return Counter({**found, "not_billed": sum(bill.not_billed.values())})
