"""Days between slashes: read in the order that the whole table tells, whatever the order of its rows, or told."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, is_as_quotes_write, usage_file
from tests.usage_twins import FOLDER

NOW = datetime(2026, 11, 28, tzinfo=UTC)
HEAD = "model,at,input_tokens,output_tokens"


def days(path: Path, *cells: str) -> list[tuple[str, tuple[str, ...]]]:
    """The days of the records of a plain table with these cells, and what is said of each."""
    lines = [f"gpt-4.1-mini,{cell},1000,{place}" for place, cell in enumerate(cells)]
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    records = UsageFiles([usage_file(path, now=NOW)]).records()
    return [(str(one.at.date()) if one.at else one.outcome.reason, tuple(one.codes)) for one in records]


def test_one_day_after_the_twelfth_tells_of_all_that_the_day_is_first(tmp_path: Path) -> None:
    for cells in permutations(["05/11/2026", "20/11/2026 13:45", "06/11/2026"]):
        read = dict(zip(cells, days(tmp_path / "log.csv", *cells), strict=True))
        assert [read[cell] for cell in sorted(cells)] == [("2026-11-05", ()), ("2026-11-06", ()), ("2026-11-20", ())]


def test_one_month_after_the_twelfth_tells_of_all_that_the_month_is_first(tmp_path: Path) -> None:
    for cells in (["05/11/2026", "05/20/2026"], ["05/20/2026", "05/11/2026"]):
        assert sorted(days(tmp_path / "log.csv", *cells)) == [("2026-05-11", ()), ("2026-05-20", ())]


def test_a_day_that_is_yet_to_come_tells_that_it_is_read_the_wrong_way_round(tmp_path: Path) -> None:
    assert days(tmp_path / "log.csv", "05/11/2026", "10/12/2026") == [("2026-05-11", ()), ("2026-10-12", ())]
    assert days(tmp_path / "log.csv", "05/11/2026", "12/10/2026") == [("2026-11-05", ()), ("2026-10-12", ())]


def test_a_table_of_such_days_is_none_that_quotes_write(tmp_path: Path) -> None:
    """What prices those at once knows no other days than those of ISO 8601."""
    for cells in (["05/20/2026"], ["20/05/2026"], ["05/11/2026"]):
        days(tmp_path / "log.csv", *cells)
        assert not is_as_quotes_write(usage_file(tmp_path / "log.csv", now=NOW))
    days(tmp_path / "log.csv", "2026-11-20")
    assert is_as_quotes_write(usage_file(tmp_path / "log.csv", now=NOW))


def test_where_nothing_tells_the_month_is_first_and_all_records_say_so(tmp_path: Path) -> None:
    assert days(tmp_path / "log.csv", "05/11/2026") == [("2026-05-11", ("DAYS_UNCLEAR",))]


def test_days_that_deny_one_another_are_said(tmp_path: Path) -> None:
    read = days(tmp_path / "log.csv", "05/11/2026", "20/11/2026", "11/20/2026")
    assert read[0] == ("2026-05-11", ("DAYS_UNCLEAR",))
    assert "at" in read[1][0]
    assert read[2] == ("2026-11-20", ("DAYS_UNCLEAR",))


def test_a_day_that_is_the_same_both_ways_says_nothing(tmp_path: Path) -> None:
    assert days(tmp_path / "log.csv", "11/11/2026") == [("2026-11-11", ())]


def test_the_rows_read_together_are_those_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    days(path, *(f"{day:02}/11/2026 {day:02}:05" for day in range(1, 21)))
    file = usage_file(path, now=NOW)
    assert list(UsageFiles([file]).records()) == list(UsageFiles([file], one_by_one=True).records())


@pytest.mark.parametrize(
    ("day", "end", "at", "codes"),
    [
        ("05/11/2026", "30/11/2026", "2026-11-05", ()),
        ("11/05/2026", "11/30/2026", "2026-11-05", ()),
        ("05/11/2026", "", "2026-05-11", ("DAYS_UNCLEAR",)),
    ],
)
def test_the_last_day_of_azures_month_tells_the_order_of_its_days(
    tmp_path: Path, day: str, end: str, at: str, codes: tuple[str, ...]
) -> None:
    path = tmp_path / "azure.csv"
    text = (FOLDER / "azure-cost.csv").read_text(encoding="utf-8-sig")
    path.write_text(text.replace("11/01/2026", "").replace("11/30/2026", end).replace("11/20/2026", day))
    found = [one for one in UsageFiles([usage_file(path, now=NOW)]).records() if one.usage]
    assert found
    assert {(str(one.at and one.at.date()), tuple(one.codes)) for one in found} == {(at, codes)}
