"""What every writer of priced logs promises: what is written reads back, and files appear whole or not at all."""

from __future__ import annotations

import csv
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from sqlalchemy.orm import Session

from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.known_facts import known_facts
from llmpricing.services.usage_log.layout import ColumnRoles
from llmpricing.services.usage_log.price_log import price_log
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.write.csv_cells import FORMULA_STARTS
from tests.commands import Commands, commands_on
from tests.priced_logs import NOW, priced
from tests.written_logs import SHAPES, write_log

AT, MODEL = "2025-03-01T12:00:00Z", "motley/m3"
ODD = (
    "plain",
    "a,b",
    'say "so"',
    "two\nlines",
    "größe 🚀",
    "",
    "'",
    "''=x",
    "=1+1",
    "+49 170",
    "-x",
    "@me",
    "\ttab",
    "-5",
)
NOTES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)
FILES = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_back(path: Path) -> list[dict[str, Any]]:
    """The rows of a written file; one apostrophe is taken from cells as README says."""
    if path.suffix == ".parquet":
        return list(parquet.read_table(path).to_pylist())
    if path.suffix == ".ndjson":
        return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    with path.open(newline="") as file:
        return [{name: unguarded(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'")[:1] in tuple(FORMULA_STARTS) else cell


def rows_of(notes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows with a price and, after each, one without."""
    good = [{"model": MODEL, "at": AT, "input_tokens": 10 + n, "note": note} for n, note in enumerate(notes)]
    return [row for one in good for row in (one, one | {"input_tokens": -1, "note": f"bad {one['note']}"})]


@pytest.mark.parametrize("to", SHAPES)
@pytest.mark.parametrize("shape", SHAPES)
@FILES
@given(notes=st.lists(NOTES, min_size=1, max_size=6))
@example(notes=ODD)
def test_what_is_written_reads_back(motley_book: Session, tmp_path: Path, shape: str, to: str, notes) -> None:
    rows = rows_of(tuple(notes))
    log = write_log(tmp_path / f"log{shape}", rows)
    if shape == ".ndjson" and to != ".ndjson":
        with pytest.raises(LogError, match=r"write them as \.ndjson again"):
            priced(motley_book, log, to)
        return
    summary, out = priced(motley_book, log, to)
    assert (summary.rows, summary.priced) == (len(rows), len(notes))
    found, refused = read_back(out), read_back(tmp_path / f"rejects{to}")
    assert [row["note"] for row in found] == list(notes)
    assert [str(row["input_tokens"]) for row in found] == [str(10 + number) for number in range(len(notes))]
    assert {row["offering"] for row in found} == {MODEL}
    assert sum(msgspec.convert(row["cost"], type=float, strict=False) for row in found) > 0
    assert len(refused) == len(notes)
    assert {row["reason"] for row in refused} == {"input_tokens must not be negative"}
    if "note" in refused[0]:
        assert [row["note"] for row in refused] == [f"bad {note}" for note in notes]


def test_refused_lines_of_json_are_whole_in_a_table(motley_book: Session, tmp_path: Path) -> None:
    log, out, rejects = (tmp_path / name for name in ("log.ndjson", "out.ndjson", "rejects.parquet"))
    write_log(log, rows_of(("mine",)))
    price_log(LogPricer(motley_book, NOW, None), ColumnRoles(known_facts(motley_book)), log, out, rejects)
    (refused,) = read_back(rejects)
    assert msgspec.json.decode(refused["text"])["note"] == "bad mine"


@given(cell=st.text(st.sampled_from("=+-@\t'0123456789.eE,\"\nab"), max_size=8))
@example("-5")
@example("'=1")
@example("-1+1")
@FILES
def test_no_cell_of_a_csv_file_begins_a_formula(motley_book: Session, tmp_path: Path, cell: str) -> None:
    log = write_log(tmp_path / "log.csv", [{"model": MODEL, "at": AT, "input_tokens": 5, "=name": cell}] * 2)
    _, out = priced(motley_book, log)
    with out.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header[3] == "'=name"
    assert len(rows) == 2
    for row in rows:
        assert row[3][:1] not in tuple(FORMULA_STARTS) or float(row[3]) is not None  # numbers stay numbers
        assert unguarded(row[3]) == cell


@pytest.mark.parametrize("to", SHAPES)
def test_a_log_that_nobody_else_may_read_gives_files_that_nobody_else_may_read(motley_book, tmp_path, to) -> None:
    log = write_log(tmp_path / "log.parquet", rows_of(("mine",)))
    for mode, mask, expected in ((0o600, 0o022, 0o600), (0o644, 0o022, 0o644), (0o664, 0o027, 0o640)):
        log.chmod(mode)
        before = os.umask(mask)
        try:
            _, out = priced(motley_book, log, to)
        finally:
            os.umask(before)
        assert {path.stat().st_mode & 0o777 for path in (out, tmp_path / f"rejects{to}")} == {expected}


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    """Commands on the small price book."""
    return commands_on(tmp_path, book_url, redis_url)


def big_log(path: Path, rows: int) -> Path:
    row = {"model": "acme/acme-large", "at": "2026-11-20T10:00:00Z", "input_tokens": 1000}
    return write_log(path, [row | {"note": f"{number * 7919 % 999_983:x}"} for number in range(rows)])


def test_a_link_that_somebody_planted_is_not_written_through(commands: Commands, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in (".log.priced.csv.part", ".log.priced.unpriced.csv.part"):
        (tmp_path / name).symlink_to(victim)
    done = commands.run("price", str(big_log(tmp_path / "log.csv", 3)))
    assert done.exit_code == 0, done.output
    assert victim.read_text() == "precious"


def test_a_name_that_is_a_link_is_replaced_not_followed(commands: Commands, tmp_path: Path) -> None:
    victim = tmp_path / "victim.csv"
    victim.write_text("precious")
    (tmp_path / "log.priced.csv").symlink_to(victim)
    done = commands.run("price", str(big_log(tmp_path / "log.csv", 3)), "--force")
    assert done.exit_code == 0, done.output
    assert victim.read_text() == "precious"
    assert not (tmp_path / "log.priced.csv").is_symlink()


@pytest.mark.parametrize("to", [".csv", ".parquet"])
def test_a_file_that_cannot_be_written_leaves_nothing_behind(commands: Commands, tmp_path: Path, to: str) -> None:
    log = big_log(tmp_path / "log.csv", 60_000)
    before = set(tmp_path.iterdir())
    words = ["price", str(log), "-o", str(tmp_path / f"out{to}"), "-c", str(commands.ini)]
    done = subprocess.run(
        [sys.executable, "-m", "llmpricing.scripts.cli", *words],
        env=os.environ | commands.environ,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    (error,) = done.stderr.splitlines()
    assert "File too large. Nothing was written: " in error
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("to", [".csv", ".parquet"])
def test_a_run_that_is_interrupted_leaves_nothing_behind(commands: Commands, tmp_path: Path, to: str) -> None:
    log = big_log(tmp_path / "log.csv", 1_000)
    log.write_text(log.read_text() + "".join(log.read_text().splitlines(True)[1:]) * 5_000)
    check_nothing_is_left_by_ctrl_c(commands, tmp_path, "price", str(log), "-o", str(tmp_path / f"out{to}"))


@pytest.mark.parametrize("to", [".csv", ".parquet"])
def test_an_audit_that_is_interrupted_leaves_nothing_behind(commands: Commands, tmp_path: Path, to: str) -> None:
    """Of 100,000 requests, each told once, of which some are written when Ctrl-C comes; nor a report."""
    log, row = tmp_path / "helicone.csv", "2026-11-20T10:00:00Z,gpt-4o-mini,OPENAI,200,90,9,0,0,0.5"
    names = "request_id,request_created_at,model,provider,status,prompt_tokens,completion_tokens,"
    header = f"{names}prompt_cache_read_tokens,prompt_cache_write_tokens,cost\n"
    log.write_text(header + "".join(f"r-{number},{row}\n" for number in range(100_000)))
    words = ["-o", str(tmp_path / f"out{to}"), "--html", str(tmp_path / "report.html")]
    check_nothing_is_left_by_ctrl_c(commands, tmp_path, "audit", str(log), *words)


def check_nothing_is_left_by_ctrl_c(commands: Commands, folder: Path, *words: str) -> None:
    """Interrupt the command once it has written the first bytes into the folder: it says so and leaves no file."""
    before = set(folder.iterdir())
    running = commands.start(*words)
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in set(folder.iterdir()) - before):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert said.strip() == "Aborted!"
    assert set(folder.iterdir()) == before
