"""What an import reads of the history: that of the offerings it changes, however much there is of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import ImportSummary, import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import price_list

OTHERS = "bcdefghijk"
EACH = 1_500  # earlier observations of each price of the others: 30,000 in all
FEW = 100
# A second apart, so that they lie in few chunks where there is TimescaleDB.
_GROW = text("""
insert into model_pricing_history (time, source_id, offering_id, component, segment, fetch_id, state, value, currency,
                                   per_quantity, basis)
select time - n * interval '1 second', source_id, offering_id, component, segment, fetch_id, state, value, currency,
       per_quantity, basis
from newest_observation join offering on offering.id = offering_id, generate_series(1, :each) n
where offering.slug <> 'acme/a'
""")
_ROWS_READ = text("""
select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_all_tables
where relname = 'model_pricing_history' or schemaname = '_timescaledb_internal'
""")


def load(session: Session, day: int, amount: float, more: bytes = b"") -> ImportSummary:
    """A list that says of ``a`` that it costs so much, and of the others always the same."""
    data = price_list(a=amount, **dict.fromkeys(OTHERS, 1)) + more
    reading = ReadList(data, datetime(2026, 11, day, tzinfo=UTC), NOW, "a test's list")
    (summary,) = import_lists(session, [(SOURCES["genai-prices"], reading)])
    return summary


def rows_read(session: Session, work: Callable[[], ImportSummary]) -> tuple[int, ImportSummary]:
    """How many rows of the history the server read for the work."""
    session.flush()
    before = session.scalar(_ROWS_READ)
    found = work()
    session.flush()
    return session.scalar(_ROWS_READ) - before, found


@pytest.fixture
def session(empty_session: Session) -> Session:
    load(empty_session, 1, 1)
    load(empty_session, 2, 1.1)
    empty_session.execute(_GROW, {"each": EACH})
    empty_session.execute(text("analyze model_pricing_history"))
    return empty_session


def test_an_import_reads_of_the_history_what_it_changes_alone(session: Session) -> None:
    assert session.scalar(text("select count(*) from model_pricing_history")) > 2 * len(OTHERS) * EACH
    read, summary = rows_read(session, lambda: load(session, 3, 1.2))
    assert (summary.changed, read < FEW) == (2, True), read


def test_a_list_with_no_news_reads_nothing_of_the_history(session: Session) -> None:
    assert rows_read(session, lambda: load(session, 3, 1.1, b"\n"))[0] == 0
