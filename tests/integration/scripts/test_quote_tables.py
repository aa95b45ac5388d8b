"""A plain table with the columns of a quote is the same to all commands, however a spreadsheet wrote it."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.commands import Commands, commands_on

PLAIN = """model,at,input_tokens,output_tokens,cache_read_tokens,web_searches,charged
claude-haiku-4-5,2026-11-20T10:00:00Z,1900000,9000,100000,2,1.875
claude-haiku-4-5,2026-11-20T11:00:00Z,900000,9000,0,0,0.945
"""
# 1,800,000 x 1 + 100,000 x 0.1 + 9,000 x 5 in millionths and 2 x 0.01; 900,000 x 1 + 9,000 x 5
TOTAL = Decimal("1.875") + Decimal("0.945")
AS_A_SPREADSHEET = """Model;At;Input Tokens;OUTPUT_TOKENS;Cache_Read_Tokens;Web Searches;Charged
claude-haiku-4-5;2026-11-20T10:00:00Z;1.900.000;9.000;100.000;2;1,875
claude-haiku-4-5;2026-11-20T11:00:00Z;900.000;9.000;0;0;0,945
Total;;2.800.000;18.000;100.000;2;2,82
"""
WITHOUT_TIMES = "model,input_tokens,output_tokens\nclaude-haiku-4-5,1000000,0\n"


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, full_book_of_module: str, redis_url: str) -> Commands:
    """Commands on the bundled price lists."""
    return commands_on(tmp_path_factory.mktemp("commands"), full_book_of_module, redis_url)


def written(folder: Path, text: str) -> str:
    path = folder / "log.csv"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize("text", [PLAIN, AS_A_SPREADSHEET], ids=["as quotes write it", "as a spreadsheet does"])
def test_audit_outlook_and_elsewhere_read_the_table_that_price_reads(
    commands: Commands, tmp_path: Path, text: str
) -> None:
    log = written(tmp_path, text)
    audit = commands.json("audit", log)
    assert (Decimal(audit["recomputed"]), Decimal(audit["logged"])) == (TOTAL, TOTAL)
    assert Decimal(commands.json("price", log)["totals"]["USD"]) == TOTAL
    there = commands.json("elsewhere", log)
    assert {one["offering"]: Decimal(one["total"]) for one in there["own"]} == {"anthropic/claude-haiku-4-5": TOTAL}
    assert Decimal(commands.json("outlook", log)["today"]) == TOTAL


def test_rows_of_a_plain_table_go_to_out_as_they_are_and_those_of_a_spreadsheet_as_records(
    commands: Commands, tmp_path: Path
) -> None:
    done = commands.run("price", written(tmp_path, PLAIN))
    assert done.exit_code == 0, done.output
    with (tmp_path / "log.priced.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["input_tokens"] for row in rows] == ["1900000", "900000"]
    assert sum(Decimal(row["cost"]) for row in rows) == TOTAL
    done = commands.run("price", written(tmp_path, AS_A_SPREADSHEET))
    assert "  1: a row of totals: the sum of other rows of the table" in done.output.splitlines()
    assert "Total: USD 2.82" in done.output


def test_a_table_without_times_is_of_now_and_says_so(commands: Commands, tmp_path: Path) -> None:
    done = commands.run("audit", written(tmp_path, WITHOUT_TIMES))
    assert "  1: no time is stated: priced as of now" in done.output.splitlines()


@pytest.mark.parametrize("more", ["timestamp", "cached_tokens", "usage"])
def test_a_table_that_may_say_more_by_another_name_is_of_no_known_shape(
    commands: Commands, tmp_path: Path, more: str
) -> None:
    done = commands.run("audit", written(tmp_path, f"model,input_tokens,{more}\nclaude-haiku-4-5,1000000,7\n"))
    assert (done.exit_code, "columns of a quote (model, at, input_tokens" in done.output) == (2, True)


POINTED = "deployment,when,input_tokens,output_tokens\nclaude-haiku-4-5,2026-11-20T10:00:00Z,100.000,{}\n"
NAMED = ("--model-column", "deployment", "--at-column", "when")


@pytest.mark.parametrize(
    "more",
    [NAMED, (*NAMED, "--rejects", "left.csv"), (*NAMED, "--usage-format", "anthropic")],
    ids=["names", "rejects", "format"],
)
def test_a_point_that_may_part_thousands_is_asked_about_in_a_table_of_other_names_too(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    """Read as it stands, 100.000 would be a hundred: 0.0001 USD for 0.1."""
    monkeypatch.chdir(tmp_path)
    for output, why in (
        ("5", "tells whether its point parts"),
        ("1.234.567", "row 2 has 1.234.567 under output_tokens"),
    ):
        done = commands.run("price", written(tmp_path, POINTED.format(output)), *more)
        assert (done.exit_code, list(tmp_path.iterdir())) == (1, [tmp_path / "log.csv"]), done.output
        assert "row 2 has 100.000 under input_tokens" in done.stderr
        assert why in done.stderr
        assert "Write all numbers without signs between their thousands" in done.stderr


def test_points_before_decimals_are_read_in_a_table_of_other_names(commands: Commands, tmp_path: Path) -> None:
    done = commands.run("price", written(tmp_path, POINTED.format("5000.0")), *NAMED)
    assert (done.exit_code, "Total: USD 0.0251" in done.output) == (0, True), done.output


@pytest.mark.parametrize("command", ["audit", "price"])
def test_a_column_that_says_by_true_that_a_row_is_a_batch_is_asked_about(
    commands: Commands, tmp_path: Path, command: str
) -> None:
    table = "model,at,input_tokens,output_tokens,is_batch\nclaude-haiku-4-5,2026-11-20T10:00:00Z,1000,0,{}\n"
    log = written(tmp_path, table.format("True"))
    done = commands.run(command, log)
    assert done.exit_code == 2, done.output
    assert "is_batch (such as True)" in done.stderr
    assert commands.run(command, log, "--ignore-column", "is_batch").exit_code == 0
    assert commands.run(command, written(tmp_path, table.format("False"))).exit_code == 0


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".ndjson"])
def test_so_it_is_of_a_table_whose_columns_have_other_names(commands: Commands, tmp_path: Path, ending: str) -> None:
    def log(is_batch: bool) -> str:
        row = {"model": "claude-haiku-4-5", "when": "2026-11-20T10:00:00Z", "input_tokens": 1000, "output_tokens": 1}
        path = tmp_path / f"{is_batch}{ending}"
        rows = [row | {"is_batch": False}, row | {"is_batch": is_batch}]
        if ending == ".parquet":
            parquet.write_table(pa.Table.from_pylist(rows), path)
        elif ending == ".ndjson":
            path.write_text("".join(f"{json.dumps(one)}\n" for one in rows), "utf-8")
        else:
            lines = [rows[0].keys(), *(one.values() for one in rows)]
            path.write_text("".join(",".join(map(str, line)) + "\n" for line in lines), "utf-8")
        return str(path)

    done = commands.run("price", log(is_batch=True), "--at-column", "when")
    assert done.exit_code == 1, done.output
    assert "True under is_batch, which may mean a tier of another price" in " ".join(done.stderr.split())
    assert "--ignore-column is_batch" in done.stderr
    assert (
        commands.run("price", log(is_batch=True), "--at-column", "when", "--ignore-column", "is_batch").exit_code == 0
    )
    assert commands.run("price", log(is_batch=False), "--at-column", "when").exit_code == 0
