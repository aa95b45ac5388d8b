"""Every file of tests/fixtures/usage gives its right total as it is, by the bundled lists and by a few more entries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.usage_log.bill import Bill, billed, priced_records
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.pricer import LogPricer
from tests.servers import StoreUrls
from tests.usage_bills import bill_of, book_with_entries
from tests.usage_twins import DAY, EXPECTED, FOLDER, NAMES


@pytest.fixture(scope="module")
def bundled(full_book_of_module: str) -> Iterator[Session]:
    """A session on the bundled lists, which only reads."""
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        yield session


SAME_TRACE = ("jaeger.json", "zipkin.json")  # what otel-spans.json tells, as other tools export it
SAME_EVENTS = "agent-events.ndjson"  # those of otlp-logs.jsonl, in another shape


@pytest.fixture(scope="module")
def with_entries(store_urls: StoreUrls, full_book: str) -> Iterator[Session]:
    """The same with the few entries that LiteLLM's map of 12 Nov 2026 alone holds of what the files use."""
    with book_with_entries(store_urls, full_book) as session:
        yield session


def figures(bill: Bill) -> dict[str, Any]:
    """The bill in the words of expected.json."""
    assert set(bill.totals) | set(bill.charged) <= {"USD"}
    return {
        "rows": bill.rows,
        "priced": bill.priced,
        "not_billed": sum(bill.not_billed.values()),
        "repeated": bill.repeated,
        "unpriced": sum(bill.unpriced.values()),
        "total": bill.totals["USD"] if bill.priced else None,
        "charged": bill.charged.get("USD"),
    }


def wanted(expected: dict[str, Any]) -> dict[str, Any]:
    amounts = {name: None if expected[name] is None else Decimal(expected[name]) for name in ("total", "charged")}
    counts = {name: expected[name] for name in ("rows", "priced", "not_billed", "repeated", "unpriced")}
    return counts | amounts


@pytest.mark.parametrize("name", NAMES)
def test_the_file_gives_its_right_total(with_entries: Session, name: str) -> None:
    assert figures(bill_of(with_entries, FOLDER / name)) == wanted(dict(EXPECTED[name]))


@pytest.mark.parametrize("name", [name for name in NAMES if "or" in EXPECTED[name]])
def test_what_only_litellms_map_prices_is_said_to_have_no_price_without_it(bundled: Session, name: str) -> None:
    expected = {**EXPECTED[name], **EXPECTED[name]["or"]}
    expected["unpriced"] = expected["rows"] - sum(expected[one] for one in ("priced", "not_billed", "repeated"))
    bill = bill_of(bundled, FOLDER / name)
    assert figures(bill) == wanted(expected)
    assert all(bill.unpriced)


def test_a_trace_that_is_told_in_three_shapes_is_billed_once(with_entries: Session) -> None:
    names = ["otel-spans.json", *SAME_TRACE]
    apart = [bill_of(with_entries, FOLDER / name) for name in names]
    files = UsageFiles([usage_file(FOLDER / name, now=DAY) for name in names])
    together = billed(priced_records(LogPricer(with_entries, datetime.now(UTC), None), files.records()))
    assert {bill.totals["USD"] for bill in apart} == {together.totals["USD"]}
    assert together.repeated > sum(bill.repeated for bill in apart)


def test_files_together_cost_what_each_does(with_entries: Session) -> None:
    names = [name for name in NAMES if name not in (*SAME_TRACE, SAME_EVENTS)]
    files = [usage_file(FOLDER / name, now=DAY) for name in names]
    together = billed(priced_records(LogPricer(with_entries, datetime.now(UTC), None), UsageFiles(files).records()))
    assert together.rows == sum(EXPECTED[name]["rows"] for name in names)
    apart = [bill_of(with_entries, FOLDER / name) for name in names]
    assert together.totals["USD"] == sum(bill.totals.get("USD", Decimal(0)) for bill in apart)
    assert together.repeated == sum(bill.repeated for bill in apart)
    assert sum((one.cost["USD"] for one in together.models.values()), Decimal(0)) == together.totals["USD"]
