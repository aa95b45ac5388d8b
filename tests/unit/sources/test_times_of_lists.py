"""Lists date their prices in the one grammar of times: what the web refuses, no list brings in as another day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading.fields import as_date, as_time


@pytest.mark.parametrize("text", ["2026-W01-1", "20260131", "2026-031", "2026-1-31", "2026-02-30", "0001-01-01"])
def test_another_way_of_writing_a_day_is_a_problem_of_its_entry(text: str) -> None:
    for read in (as_date, as_time):
        with pytest.raises(EntryError, match=r"start_date (is not a time|lies outside the years)"):
            read(text, "start_date")


@pytest.mark.parametrize("text", ["2026-W01-1T12:00:00Z", "20260131T120000Z", "2026-01-31T12:00:00,5Z"])
def test_another_way_of_writing_a_time_is_one_too(text: str) -> None:
    with pytest.raises(EntryError, match="valid_from is not a time such as 2026-01-31T12:00:00Z"):
        as_time(text, "valid_from")


def test_a_day_has_no_hour_and_a_time_without_an_offset_is_utc() -> None:
    assert as_date("2026-01-31", "start_date") == date(2026, 1, 31)
    with pytest.raises(EntryError, match="start_date is a time, not a date such as 2026-01-31"):
        as_date("2026-01-31T00:00:00Z", "start_date")
    assert as_time("2026-01-31T12:00:00", "valid_from") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert as_time("2026-01-31T12:00+02:00", "valid_from") == datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert as_time("2026-01-31", "valid_from") == datetime(2026, 1, 31, tzinfo=UTC)
