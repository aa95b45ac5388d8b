"""Rows of a table that sum up others are counted as none, by their arithmetic, and no other row is taken for one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.formats.total_rows import TOTAL
from tests.usage_twins import table

Row = dict[str, Any]
DAY: Row = {"Date": "2026-11-20", "Team": "core", "Model": "gpt-4.1-mini", "Spend": "0.25", "Requests": "2"}
DAY |= {"Successful": "2", "Failed": "0", "Total Tokens": "140", "Prompt Tokens": "100", "Completion Tokens": "40"}
DAY |= {"Cache Read Input Tokens": "0", "Cache Creation Input Tokens": "0"}
NAMES = ("Requests", "Successful", "Failed", "Total Tokens", "Prompt Tokens", "Completion Tokens")


def day(spend: str, times: int = 1, **more: str) -> Row:
    """A row that counts so many times what others do."""
    return {**DAY, **{name: str(int(DAY[name]) * times) for name in NAMES}, "Spend": spend, **more}


def total(spend: str, times: int, **more: str) -> Row:
    return {**day(spend, times), "Date": "", "Team": "", "Model": "", **more}


ONE, TWO = day("0.25"), day("0.5", 2)
THREE = day("1", 3, Model="gpt-4.1")
BARE = dict.fromkeys(DAY, "")
TOTALS: list[tuple[str, list[Row], list[int]]] = [
    ("a word in the first column", [ONE, TWO, total("0.75", 3, Date="Total")], [2]),
    ("in another language", [ONE, TWO, total("0.75", 3, Date="Gesamtergebnis")], [2]),
    ("no word", [ONE, TWO, total("0.75", 3)], [2]),
    ("no word, and a date", [ONE, TWO, total("0.75", 3, Date="2026-11-21")], [2]),
    ("no word, and a date, above the others", [total("0.75", 3, Date="2026-11-21"), ONE, TWO], [0]),
    ("no word, above the others", [total("0.75", 3), ONE, TWO], [0]),
    ("no word, and nothing but the sum of the money", [ONE, TWO, {**BARE, "Spend": "0.75"}], [2]),
    ("a word in the place of the model", [ONE, TWO, {**total("0.75", 3), "Date": "2026-11-20", "Model": "Total"}], [2]),
    ("of one row", [ONE, total("0.25", 1, Team="Grand Total")], [1]),
    (
        "within, and of all",
        [
            ONE,
            TWO,
            total("0.75", 3, Model="gpt-4.1-mini Total"),
            THREE,
            total("1", 3, Model="gpt-4.1 Total"),
            total("1.75", 6, Model="Grand Total"),
        ],
        [2, 4, 5],
    ),
    ("above the others", [total("0.75", 3, Date="Sum"), ONE, TWO], [0]),
    ("with rounded money", [day("0.333333"), day("0.333333"), total("0.67", 2, Date="Total")], [2]),
    (
        "at both ends",
        [total("0.75", 3, Date="Total"), ONE, TWO, total("0.75", 3, Date="Total")],
        [0, 3],
    ),
    (
        "in Cyrillic, and in Korean",
        [ONE, TWO, total("0.75", 3, Date="Итого"), THREE, total("1", 3, Date="합계")],
        [2, 4],
    ),
    ("beside a joined table", [ONE, TWO, total("0.75", 3, Date="Total"), dict(zip(DAY, DAY, strict=True)), THREE], [2]),
]
NONE: list[tuple[str, list[Row]]] = [
    ("a row like the sum of those before it", [ONE, TWO, day("0.75", 3)]),
    ("a word, and another sum", [ONE, TWO, total("0.75", 4, Date="Total")]),
    ("a row without a model that counts as the one before it", [ONE, total("0.25", 1, Date="2026-11-21")]),
    ("money that is off by two cents", [day("0.33"), day("0.33"), total("0.68", 2, Date="Total")]),
    ("a team called Total", [ONE, TWO, day("0.75", 3, Team="Total")]),
    ("a first row without a model that the others do not come to", [total("0.75", 4, Date="2026-11-21"), ONE, TWO]),
    ("zeros", [day("0", 0), day("0", 0), total("0", 0, Date="Total")]),
]


def records(folder: Path, rows: list[Row], divider: str = ",") -> list[UsageRecord]:
    path = folder / "t.csv"
    path.write_bytes(table(rows, divider))
    return list(UsageFiles([usage_file(path)]).records())


@pytest.mark.parametrize(("rows", "places"), [one[1:] for one in TOTALS], ids=[one[0] for one in TOTALS])
def test_a_row_that_sums_up_others_is_counted_as_none(tmp_path: Path, rows: list[Row], places: list[int]) -> None:
    found = records(tmp_path, rows)
    assert [place for place, one in enumerate(found) if one.outcome == TOTAL.outcome] == places
    others = [one for one in found if one.outcome != TOTAL.outcome]
    assert {one.outcome.kind for one in others} == {OutcomeKind.BILLED}
    spent = [Decimal(row["Spend"]) for place, row in enumerate(rows) if place not in places and row["Spend"] != "Spend"]
    assert sum(one.charged or 0 for one in found) == sum(spent)


@pytest.mark.parametrize("rows", [one[1] for one in NONE], ids=[one[0] for one in NONE])
def test_no_other_row_is_taken_for_a_total(tmp_path: Path, rows: list[Row]) -> None:
    found = records(tmp_path, rows)
    assert TOTAL.outcome not in [one.outcome for one in found]
    assert sum(one.charged or 0 for one in found) == sum(Decimal(row["Spend"]) for row in rows)


def test_a_grand_total_is_one_after_more_totals_than_are_remembered(tmp_path: Path) -> None:
    some = [ONE, total("0.25", 1, Team="core Total")] * 1_100
    found = records(tmp_path, [*some, total("275.00", 1_100, Date="Grand Total")])
    assert sum(one.charged or 0 for one in found) == Decimal("0.25") * 1_100


COST = {"start_time": "1795132800", "end_time": "1795219200", "quantity": "", "project_id": "p"}
COST |= {"start_time_iso": "2026-11-20T00:00:00", "end_time_iso": "2026-11-21T00:00:00", "amount_value": "1"}
COST |= {"amount_currency": "usd", "line_item": "", "project_name": "shop"}


@pytest.mark.parametrize("project", ["shop", "Sum of Us"])
def test_of_rows_that_all_lack_what_a_total_lacks_none_is_one(tmp_path: Path, project: str) -> None:
    costs: list[Row] = [{**COST, "amount_value": amount, "project_name": project} for amount in ("1", "1", "2", "3")]
    costs += [{**dict.fromkeys(COST, ""), "amount_value": "7", "amount_currency": "Total"}]
    found = records(tmp_path, costs)
    assert [one.outcome == TOTAL.outcome for one in found] == [False, False, False, False, True]
    assert sum(one.charged or 0 for one in found) == 7


def test_a_total_of_a_spreadsheet_of_decimal_commas_is_one_too(tmp_path: Path) -> None:
    rows = [
        {**row, "Spend": str(row["Spend"]).replace(".", ","), "Prompt Tokens": f"{row['Prompt Tokens']}.000"}
        for row in (ONE, TWO, total("0.75", 3, Date="Summe"))
    ]
    assert [one.outcome.kind for one in records(tmp_path, rows, ";")][2] is OutcomeKind.NOT_BILLED


def test_a_long_table_without_such_a_row_is_read_once(tmp_path: Path) -> None:
    seen: list[int] = []
    path = tmp_path / "t.csv"
    path.write_bytes(table([ONE, TWO]))
    assert usage_file(path, each_row=lambda: seen.append(1)).totals == frozenset()
    assert len(seen) == 2
