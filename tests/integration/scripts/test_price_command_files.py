"""What `llmpricing price` reads and replaces, as people run it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.commands import Commands, commands_on

ROWS = "model,at,input_tokens,output_tokens\nacme/acme-large,2026-11-20T10:00:00Z,1000,500\nnobody,,1,1\n"
PROVIDERS = (
    "model,at,prompt_tokens,prompt_tokens_details.cached_tokens,completion_tokens,max_tokens\n"
    "acme/acme-large,2026-11-20T10:00:00Z,1000,400,500,4096\n"
)


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    """Commands on the small price book."""
    return commands_on(tmp_path, book_url, redis_url)


@pytest.mark.parametrize(("there", "option"), [("log.priced.csv", "-o"), ("log.priced.unpriced.csv", "--rejects")])
def test_files_that_exist_are_replaced_only_by_force(commands: Commands, tmp_path: Path, there, option) -> None:
    (tmp_path / "log.csv").write_text(ROWS)
    (tmp_path / there).write_text("mine")
    done = commands.run("price", str(tmp_path / "log.csv"))
    assert done.exit_code == 2
    assert f"{there} exists: name another file with {option}, or replace it with --force." in done.output
    assert (tmp_path / there).read_text() == "mine"
    assert {path.name for path in tmp_path.glob("log*")} == {"log.csv", there}
    done = commands.run("price", str(tmp_path / "log.csv"), "--force")
    assert "Rows: 2; priced: 1" in done.output
    assert (tmp_path / there).read_text() != "mine"


def test_counts_that_nobody_bills_are_refused_until_told_whose_they_are(commands: Commands, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(PROVIDERS)
    done = commands.run("price", str(log))
    assert done.exit_code == 2
    assert "prompt_tokens_details.cached_tokens, max_tokens: this looks like usage" in done.output
    assert [path.name for path in tmp_path.glob("log*")] == ["log.csv"]
    done = commands.run("price", str(log), "--usage-format", "openai", "--ignore-column", "max_tokens")
    assert done.exit_code == 0, done.output
    assert "Kept as they are: max_tokens" in done.output
    log.write_text(
        "model,at,input_tokens,cache_read_tokens,output_tokens\nacme/acme-large,2026-11-20T10:00:00Z,1000,400,500\n"
    )
    ours = commands.run("price", str(log), "--force")
    assert ours.output.splitlines()[-1] == done.output.splitlines()[-1]


def test_a_byte_order_mark_is_no_part_of_a_log(commands: Commands, tmp_path: Path) -> None:
    line = b'{"model":"acme/acme-large","at":"2026-11-20T10:00:00Z","input_tokens":1000,"output_tokens":500}\n'
    (tmp_path / "log.ndjson").write_bytes(b"\xef\xbb\xbf" + line * 2)
    done = commands.run("price", str(tmp_path / "log.ndjson"))
    assert "Rows: 2; priced: 2" in done.output
    assert (tmp_path / "log.priced.ndjson").read_bytes().startswith(b'{"model"')


def test_a_price_run_that_is_told_to_end_leaves_no_part_of_a_file(commands: Commands, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    header, row, _ = ROWS.splitlines(keepends=True)
    log.write_text(header + row * 1_500_000)
    process = commands.start("price", str(log))
    while not list(tmp_path.glob(".log*.part")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 128 + signal.SIGTERM, process.communicate()
    process.communicate()
    assert [path.name for path in tmp_path.iterdir() if "log" in path.name] == ["log.csv"]


def test_some_of_many_columns_that_are_kept_are_named(commands: Commands, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    header, row, _ = ROWS.splitlines()
    more = [f"c{place}" for place in range(1025)]
    log.write_text(f"{header},{','.join(more)}\n{row}{',' * len(more)}\n")
    done = commands.run("price", str(log))
    assert "Kept as they are: c0, c1, " in done.output
    assert ", c19 and 1,005 more\n" in done.output
