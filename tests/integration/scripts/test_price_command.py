"""`llmpricing price`, as people run it, over a real price book."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.commands import Commands, commands_on

LOG = """\
when,model,input_tokens,output_tokens,user
2026-11-20T10:00:00Z,acme/acme-large,1000,500,ann
2026-11-20T11:00:00Z,acme/acme-mystery,1000,500,bob
2026-11-20T12:00:00Z,acme/acme-large,many,500,cy
2026-11-20T13:00:00Z,acme/acme-dated,3000000,0,dee
"""


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    """Commands on the small price book."""
    (tmp_path / "log.csv").write_text(LOG)
    return commands_on(tmp_path, book_url, redis_url)


def test_a_log_is_priced_beside_itself_and_summed_up(commands: Commands, tmp_path: Path) -> None:
    done = commands.run("price", str(tmp_path / "log.csv"), "--at-column", "when")
    assert done.exit_code == 0, done.output
    said = done.output.splitlines()
    assert said[0] == "Columns that count: when, model, input_tokens, output_tokens"
    assert said[1] == "Kept as they are: user"
    assert said[2].startswith("Rows: 4; priced: 2 in ")
    assert said[2].endswith("; without a price: 2")
    assert said[-1] == "Total of the priced rows: USD 12.0075"
    out = (tmp_path / "log.priced.csv").read_text().splitlines()
    assert out[0] == "when,model,input_tokens,output_tokens,user,cost,currency,state,price_ids,offering,warnings"
    assert out[1].startswith("2026-11-20T10:00:00Z,acme/acme-large,1000,500,ann,0.0075,USD,priced,")
    assert out[2].endswith(",acme/acme-dated,")
    assert (tmp_path / "log.priced.unpriced.csv").read_text().splitlines() == [
        "when,model,input_tokens,output_tokens,user,line,reason",
        '2026-11-20T11:00:00Z,acme/acme-mystery,1000,500,bob,3,"no price of input_tokens is known; '
        "no price of output_tokens is known; a list that was not read may know it, or you do: "
        'llmpricing pin OFFERING METER AMOUNT"',
        "2026-11-20T12:00:00Z,acme/acme-large,many,500,cy,4,\"input_tokens is 'many', not a number\"",
    ]


def test_files_are_named_by_options_and_appear_whole(commands: Commands, tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("log.csv", "out.parquet", "left.csv")]
    done = commands.run("price", files[0], "--at-column", "when", "-o", files[1], "--rejects", files[2])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out.parquet").read_bytes().startswith(b"PAR1")
    assert len((tmp_path / "left.csv").read_text().splitlines()) == 3
    assert not list(tmp_path.glob(".*.part"))


def test_what_is_said_of_all_rows_of_a_table_counts_whatever_names_its_columns(
    commands: Commands, tmp_path: Path
) -> None:
    rows = "ours,acme,1000,500\nacme-large,,1000,500\nacme-large,nobody,1000,500\n,,x,500\n"
    (tmp_path / "log.csv").write_text(f"deployment,provider,input_tokens,output_tokens\n{rows}")
    words = ("--model-column", "deployment", "--map", "ours=acme/acme-large", "--provider", "acme")
    found = commands.json("price", str(tmp_path / "log.csv"), *words)
    assert (found["rows"], found["priced"], found["totals"]) == (4, 2, {"USD": "0.015"})
    said = "no seller is called nobody: state another in the file, or by --provider NAME"
    assert next(one["reason"] for one in found["unpriced_reasons"]) == said
    assert Path(found["priced_rows"]).read_text().count("acme/acme-large") == 2
    assert len(Path(found["unpriced_rows"]).read_text().splitlines()) == 3


def test_what_is_said_of_a_plain_table_is_not_dropped_beside_a_stated_shape(commands: Commands, tmp_path: Path) -> None:
    words = ("--format", "litellm-spendlogs", "--at-column", "when", "--rejects", "left.csv")
    done = commands.run("price", str(tmp_path / "log.csv"), *words)
    assert done.exit_code == 2, done.output
    assert "--rejects, --at-column: of plain tables only, and --format names another shape" in done.output


def test_what_was_known_before_the_first_import_prices_nothing(commands: Commands, tmp_path: Path) -> None:
    log = str(tmp_path / "log.csv")
    done = commands.run("price", log, "--at-column", "when", "--known-at", "2020-01-01")
    assert "Rows: 4; priced: 0" in done.output
    assert (done.exit_code, "None of the 4 rows has a price. Mend what the reasons above say" in done.stderr) == (
        1,
        True,
    )
    assert len((tmp_path / "log.priced.unpriced.csv").read_text().splitlines()) == 5
    assert "nothing called acme/acme-large was known yet" in done.output


def test_a_table_without_a_column_of_output_says_so_once(commands: Commands, tmp_path: Path) -> None:
    rows = "".join(f"acme/acme-large,{count}\n" for count in (1000, 3000))
    (tmp_path / "log.csv").write_text(f"model,input_tokens\n{rows}")
    done = commands.run("price", str(tmp_path / "log.csv"))
    assert done.exit_code == 0, done.output
    assert done.output.count("COLUMN_MISSING warns of 2 of these rows") == 1
    assert "the log has no column of their input or of their output, which is taken as 0" in done.output


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        (("--at-column", "at"), 1, "The log has no column at"),
        (("-o", "log.csv"), 2, "three different files"),
        (("-o", "out.xlsx"), 2, "must end in .csv, .ndjson, .parquet"),
        (("-o", "nowhere/out.csv"), 2, "Nothing can be written"),
        (("-o", "out.ndjson", "--rejects", "out.ndjson"), 2, "three different files"),
        (("--known-at", "some day"), 2, "is not a time such as"),
    ],
)
def test_misuse_is_told_and_leaves_nothing_behind(
    commands: Commands, tmp_path: Path, monkeypatch, words, exit_code, message
) -> None:
    monkeypatch.chdir(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    done = commands.run("price", "log.csv", *words)
    assert (done.exit_code, message in done.output) == (exit_code, True), done.output
    assert {path.name for path in tmp_path.iterdir()} == before


def test_without_arrow_the_command_says_what_to_install(tmp_path: Path, commands: Commands) -> None:
    program = "import sys; sys.modules['pyarrow'] = None; from llmpricing.scripts.cli import main; main()"
    ini = next(tmp_path.glob("*.ini"))
    words = [sys.executable, "-c", program, "price", str(tmp_path / "log.csv"), "-c", str(ini)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "pip install 'llmpricing[bulk]'" in done.stderr


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
@pytest.mark.parametrize(
    ("name", "meter"),
    [
        ("tokens_cached", "cache_read_tokens"),
        ("audio_minutes", "input_audio_seconds (times 60)"),
        ("hologram_toks", ""),
    ],
)
def test_a_number_that_nothing_reads_stops_a_plain_table_by_its_name(
    commands: Commands, tmp_path: Path, ending: str, name: str, meter: str
) -> None:
    """A flag to go on is named only where no meter is known that would then go unbilled."""
    rows = [
        {"model": "acme/acme-large", "at": "2026-11-20T10:00:00Z", "input_tokens": 1000, "output_tokens": 5, name: n}
        for n in (0, 900)
    ]
    log = tmp_path / f"own.{ending}"
    if ending == "parquet":
        parquet.write_table(pa.Table.from_pylist(rows), log)
    elif ending == "ndjson":
        log.write_text("\n".join(map(json.dumps, rows)))
    else:
        log.write_text("\n".join(",".join(map(str, row)) for row in (rows[0], *(one.values() for one in rows))))
    done = commands.run("price", str(log))
    assert done.exit_code == 2, done.output
    assert f"{name}: this looks like usage" in done.output
    if meter:
        assert f"{name} is probably {meter}" in done.output
    assert ("--ignore-column" in done.output) is (not meter)
    assert not list(tmp_path.glob("own.priced*"))
    going_on = commands.run("price", str(log), "--ignore-column", name)
    assert going_on.exit_code == 0, going_on.output


def test_a_table_of_other_names_is_told_how_to_map_them(commands: Commands, tmp_path: Path) -> None:
    for head, said in (("deployment,input_tokens", "has no column model"), ("model,words", "counts nothing")):
        log = tmp_path / "other.csv"
        log.write_text(f"{head}\nacme/acme-large,10\n")
        done = commands.run("price", str(log))
        assert done.exit_code == 1, done.output
        assert said in done.output
        assert "with --columns (llmpricing formats --suggest FILE writes a first map)." in done.output
