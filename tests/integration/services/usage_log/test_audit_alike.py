"""An audit works mistakes out once for records that are alike: it says of each what is said of it by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.orm import Session

from llmpricing.services.usage_log.audit.alike import AlikeFigures
from llmpricing.services.usage_log.audit.report import AuditReport, audit_of
from llmpricing.services.usage_log.audit.uses import AuditedUses
from llmpricing.services.usage_log.audit.verdicts import Audited, Auditor
from llmpricing.services.usage_log.bill import PricedRecord, priced_records
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer
from tests.planted_logs import planted_log
from tests.servers import StoreUrls
from tests.usage_bills import book_with_entries
from tests.usage_twins import FOLDER, NAMES

ROWS = 1_200


@pytest.fixture(scope="module")
def book(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    with book_with_entries(store_urls, full_book) as session:
        yield session


@pytest.fixture(scope="module")
def log() -> list[UsageRecord]:
    """Planted mistakes, and each seventh record with a figure that nothing explains, at many times."""
    rng = Random(11)  # noqa: S311 - a log for a test
    found = [one.record for one in planted_log(20261127, ROWS)]
    for place in range(0, len(found), 7):
        one = found[place]
        at = one.at and one.at - timedelta(hours=rng.randrange(4000))
        charged = None if one.charged is None else one.charged * Decimal(rng.randrange(100, 900)) / 317
        found[place] = replace(one, at=at, charged=charged and round(charged, rng.choice((4, 6, 13))))
    return found


def test_of_each_record_is_said_what_is_said_of_it_by_itself_in_any_order_and_split(
    book: Session, log: list[UsageRecord]
) -> None:
    by_itself = _looked_at(book, log, one_by_one=True)
    assert _looked_at(book, log) == by_itself
    places = list(range(len(log)))
    Random(5).shuffle(places)  # noqa: S311 - an order for a test
    parts = [places[start : start + 170] for start in range(0, len(places), 170)]
    split = [one for some in parts for one in _looked_at(book, [log[place] for place in some])]
    assert split == [by_itself[place] for place in places]
    assert _told(audit_of(split)) == _told(audit_of(by_itself))


def test_of_the_files_of_all_tools_is_said_the_same(book: Session) -> None:
    log = [record for name in NAMES for record in _records(FOLDER / name)]
    wrong = [replace(one, charged=one.charged + Decimal("0.0123456789012")) for one in log if one.charged is not None]
    for records in (log, wrong):
        assert _looked_at(book, records) == _looked_at(book, records, one_by_one=True)


def test_records_that_are_alike_are_not_looked_at_one_by_one(
    book: Session, log: list[UsageRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the sums that answer: for all but few records nothing is worked out anew."""
    asked, alone = [], []
    giving, by_itself = AlikeFigures.giving, AlikeFigures._by_itself
    monkeypatch.setattr(AlikeFigures, "giving", lambda *given: asked.append(1) or giving(*given))
    monkeypatch.setattr(
        AlikeFigures,
        "_by_itself",
        property(lambda one: alone.append(1) or by_itself.fget(one)),  # type: ignore[attr-defined]
    )
    _looked_at(book, log)
    assert len(asked) > ROWS / 5
    assert len(alone) < len(asked) / 5


def _records(path: Path) -> Iterator[UsageRecord]:
    return UsageFiles([usage_file(path, None)], ()).records()


def _looked_at(book: Session, records: Sequence[UsageRecord], *, one_by_one: bool = False) -> list[Audited]:
    """What is said of each record, without the kind that it was priced by."""
    pricer = LogPricer(book, datetime.now(UTC), None)
    auditor = Auditor(AuditedUses(book, pricer), one_by_one=one_by_one)
    return [one._replace(priced=PricedRecord(*one.priced[:-1])) for one in auditor.all(priced_records(pricer, records))]


def _told(report: AuditReport) -> list[object]:
    rows = [(row.name, row.title, row.records, row.money, row.also, row.example) for row in report.causes()]
    return [report.logged, report.recomputed, report.difference, report.right, report.effects, rows]
