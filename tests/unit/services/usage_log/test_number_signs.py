"""Numbers of tables as spreadsheets of any language write them: read right, whatever the order of rows, or refused."""

from __future__ import annotations

import gzip
import random
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.number_signs import UnclearNumbers, written_number
from tests.usage_twins import FOLDER, table

Row = dict[str, Any]


class EndedByCallerError(LogError):
    """As those that bound a look at a file raise."""


DAY: Row = {"Date": "2026-11-20", "Team": "core", "Model": "gpt-4.1-mini", "Spend": "0.25", "Requests": "2"}
DAY |= {"Successful": "2", "Failed": "0", "Prompt Tokens": "900", "Completion Tokens": "40"}
DAY |= {"Cache Read Input Tokens": "0", "Cache Creation Input Tokens": "0"}
Figures = list[tuple[int, Decimal]]


def day(spend: str, taken: str, **more: str) -> Row:
    return {**DAY, "Spend": spend, "Prompt Tokens": taken, **more}


def figures(path: Path, rows: list[Row], divider: str) -> Figures:
    """What the records of a table took and were charged."""
    path.write_bytes(table(rows, divider))
    records = list(UsageFiles([usage_file(path)]).records())
    assert not [one.outcome.reason for one in records if one.usage is None]
    return [(int(one.usage.stated["input_tokens"]), one.charged or Decimal(0)) for one in records if one.usage]


RIGHT: list[tuple[str, str, list[tuple[str, str]], list[tuple[int, str]]]] = [
    ("a decimal comma elsewhere", ";", [("0,25", "100.000"), ("1,5", "7.500")], [(100000, "0.25"), (7500, "1.5")]),
    ("points before decimals elsewhere", ";", [("0.25", "100.000"), ("1.234", "7")], [(100, "0.25"), (7, "1.234")]),
    ("a number of two points", ";", [("2", "1.234.567"), ("3", "100.000")], [(1234567, "2"), (100000, "3")]),
    ("both signs in one number", ";", [("1.234,5", "900"), ("2.000", "1")], [(900, "1234.5"), (1, "2000")]),
    ("thousands of dollars", ";", [("1.234,50 $", "100.000"), ("$ 2.000", "1")], [(100000, "1234.5"), (1, "2000")]),
    ("commas between thousands", "\t", [("0.25", "1,234"), ("1,234.5", "7")], [(1234, "0.25"), (7, "1234.5")]),
    ("quoted commas", ",", [("1", "750,000"), ("1,234", "8")], [(750000, "1"), (8, "1234")]),
    ("quoted commas beside points", ",", [("0.25", "1,000"), ("1,234", "8")], [(1000, "0.25"), (8, "1234")]),
    (
        "points of a plain table, also of counts",
        ",",
        [("0.250", "12.000"), ("1.000", "8.000")],
        [(12, "0.25"), (8, "1")],
    ),
    ("points of a plain table", ",", [("1.234", "750,000"), ("1.234", "8")], [(750000, "1.234"), (8, "1.234")]),
    ("apostrophes", ";", [("1'234.50", "1'234"), ("1.234", "8")], [(1234, "1234.5"), (8, "1.234")]),
    ("typeset apostrophes", ",", [("0.5", "1’234’567"), ("1", "8")], [(1234567, "0.5"), (8, "1")]),
    ("blanks", ";", [("1 234,50", "12 345"), ("1,234", "8")], [(12345, "1234.5"), (8, "1.234")]),
    ("blanks that do not break", ",", [("0.5", "12\u00a0345"), ("1", "8\u202f000")], [(12345, "0.5"), (8000, "1")]),
    ("lakhs", ",", [("0.5", "12,34,567"), ("1", "8")], [(1234567, "0.5"), (8, "1")]),
    ("counts with decimals", ";", [("2", "12 345,0"), ("3", "1,000")], [(12345, "2"), (1, "3")]),
    ("exponents", ";", [("1,5E-05", "100.000"), ("0,1", "1")], [(100000, "0.000015"), (1, "0.1")]),
]


@pytest.mark.parametrize(("divider", "rows", "right"), [one[1:] for one in RIGHT], ids=[one[0] for one in RIGHT])
def test_numbers_are_read_as_the_table_writes_them_in_any_order_of_rows(
    tmp_path: Path, divider: str, rows: list[tuple[str, str]], right: list[tuple[int, str]]
) -> None:
    for order in permutations(range(len(rows))):
        found = figures(tmp_path / "t.csv", [day(*rows[place]) for place in order], divider)
        assert found == [(right[place][0], Decimal(right[place][1])) for place in order]


@pytest.mark.parametrize(
    ("divider", "rows", "said"),
    [
        (";", [("2", "100.000")], "row 2 has 100.000 under Prompt Tokens. No other number of the table tells"),
        (";", [("2", "100,000")], "row 2 has 100,000 under Prompt Tokens. No other number of the table tells"),
        ("\t", [("1.234", "100")], "row 2 has 1.234 under Spend. No other number"),
        (",", [("1,234", "100")], "row 2 has 1,234 under Spend. No other number"),
        (
            ";",
            [("0.25", "100.000"), ("0,5", "1")],
            "Others deny one another: row 2 has 0.25 under Spend; row 3 has 0,5",
        ),
        (",", [("2", "673.000")], "row 2 has 673.000 under Prompt Tokens. No other number of the table tells"),
        (",", [("6.390", "702.000")], "row 2 has 702.000 under Prompt Tokens. No other number of the table tells"),
        (",", [("0,25", "100"), ("1.234", "1")], "row 3 has 1.234 under Spend. Others deny"),
        (",", [("0,25", "750,000")], "Others deny one another"),
        (";", [("2", "1,000"), ("2", "12 345")], "row 2 has 1,000 under Prompt Tokens. Others deny one another: row 3"),
        (";", [("0,25", "12 345"), ("2", "1,000")], "row 3 has 1,000 under Prompt Tokens. Others deny one another"),
        (",", [("0.25", "750,000"), ("2", "1.000")], "row 3 has 1.000 under Prompt Tokens. Others deny one another"),
    ],
)
def test_a_number_that_may_be_two_is_refused_with_its_place_and_the_next_step(
    tmp_path: Path, divider: str, rows: list[tuple[str, str]], said: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(table([day(*row) for row in rows], divider))
    with pytest.raises(UnclearNumbers) as refused:
        usage_file(path)
    assert str(refused.value).startswith(f"{path}: row ")
    assert said in str(refused.value)
    assert "Write all numbers without signs between their thousands" in str(refused.value)


def test_labels_and_versions_that_look_like_numbers_are_neither_changed_nor_asked(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(table([day("0,25", "100.000", Team="1.000"), day("0,5", "1", Team="0.25")], ";"))
    records = list(UsageFiles([usage_file(path)]).records())
    assert [one.labels["team"] for one in records] == ["1.000", "0.25"]
    assert [one.usage.stated["input_tokens"] for one in records if one.usage] == [100000, 1]
    path.write_bytes(table([day("2", "7", Team="1.000")], ";"))
    assert usage_file(path).signs is None


def test_the_last_row_of_a_long_table_decides_for_the_first(tmp_path: Path) -> None:
    rows = [day("2", "100.000") for _ in range(30_000)]
    found = figures(tmp_path / "t.csv", [*rows, day("0,5", "1")], ";")
    assert sum(taken for taken, _ in found) == 30_000 * 100_000 + 1


LOGGED: Row = {"request_id": "r", "call_type": "acompletion", "spend": "0,25", "startTime": "2026-11-20T10:00:00Z"}
LOGGED |= {
    "model": "gpt-4.1-mini",
    "prompt_tokens": "1.000",
    "completion_tokens": "100",
    "custom_llm_provider": "openai",
}
LOGGED |= {"status": "success", "cache_hit": "False", "metadata": "{}"}


@pytest.mark.parametrize("divider", [";", "\t", ","])
def test_rows_that_are_read_together_have_the_numbers_of_those_that_are_read_alone(
    tmp_path: Path, divider: str
) -> None:
    made = random.Random(7)  # noqa: S311 - the same rows each time
    rows = [
        {
            **LOGGED,
            "request_id": f"r{number}",
            "spend": f"{made.choice(['0', '1.234', '12'])},{made.randrange(10, 99)}",
            "prompt_tokens": f"{made.randrange(1, 999)}.{made.randrange(1000):03}",
        }
        for number in range(500)
    ]
    if divider == ",":
        swap = str.maketrans(".,", ",.")
        rows = [{**row, **{name: row[name].translate(swap) for name in ("spend", "prompt_tokens")}} for row in rows]
    path = tmp_path / "t.csv"
    path.write_bytes(table(rows, divider))
    file = usage_file(path)
    alone = list(UsageFiles([file], one_by_one=True).records())
    assert list(UsageFiles([file]).records()) == alone
    taken = [int(row["prompt_tokens"].replace(".", "").replace(",", "")) for row in rows]
    assert [one.usage.stated["input_tokens"] for one in alone if one.usage] == taken


def test_plain_tables_are_read_once_and_tables_of_signs_twice(tmp_path: Path) -> None:
    seen: list[int] = []
    path = tmp_path / "t.csv"
    path.write_bytes(table([day("0.25", "1000"), day("1.234", "5000")]))
    assert usage_file(path, each_row=lambda: seen.append(1)).signs is None
    assert len(seen) == 2
    path.write_bytes(table([day("0.25", "1,000"), day("1.234", "5000")]))
    assert usage_file(path, each_row=lambda: seen.append(1)).signs is not None
    assert len(seen) == 6


@given(st.integers(0, 10**12), st.integers(0, 10**6), st.sampled_from([".", ",", "'", " ", "\u00a0"]))
def test_a_number_of_parts_tells_its_signs_or_that_either_may_be(whole: int, part: int, thousands: str) -> None:
    text = f"{whole:,}".replace(",", thousands)
    told = written_number(text)
    if whole < 1000:
        assert told is None
    elif whole < 10**6 and thousands in ".,":
        assert told is not None
        assert told.either == thousands
    else:
        assert told is not None
        assert told.thousands == thousands
    decimals = "," if thousands == "." else "."
    both = written_number(f"{text}{decimals}{part}")
    if whole >= 1000:
        assert both is not None
        assert (both.thousands, both.decimals) == (thousands, decimals)


def test_columns_by_the_names_of_a_warehouse_have_their_numbers_read_too(tmp_path: Path) -> None:
    rows = [{name.upper().replace(" ", "_"): cell for name, cell in day(*one).items()} for one in RIGHT[0][2]]
    assert figures(tmp_path / "t.csv", rows, ";") == [(100000, Decimal("0.25")), (7500, Decimal("1.5"))]


@pytest.mark.parametrize("start", [b"a,b\n", b'{"data": [\n'])
def test_a_search_through_a_packed_file_of_much_more_ends_where_the_caller_ends_it(
    tmp_path: Path, start: bytes
) -> None:
    """A few kilobytes may hold gigabytes: what is looked through before any row is read is bounded as rows are."""

    def ended() -> None:
        raise EndedByCallerError

    path = tmp_path / "t.gz"
    path.write_bytes(gzip.compress(start + b'{"x": 1},\n' * 300_000))
    shape = usage_file(FOLDER / "litellm-ui-usage.csv").shape
    with pytest.raises(EndedByCallerError):
        usage_file(path, shape, each_row=ended)
