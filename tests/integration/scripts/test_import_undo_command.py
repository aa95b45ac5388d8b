"""`llmpricing import list` and `import undo`: the effect is shown before, and a person is asked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.imports.running import running_imports
from llmpricing.services.price_book.changes import begin_change
from tests.commands import Commands, commands_on
from tests.conftest import NOW
from tests.lists import price_list

PATIENCE_S = 60.0  # of a busy machine


@pytest.fixture
def commands(tmp_path: Path, empty_book_url: str, redis_url: str) -> Commands:
    found = commands_on(tmp_path, empty_book_url, redis_url)
    for day, amount in (("2026-10-01", 2), ("2026-11-01", 3)):
        file = tmp_path / f"{day}.json"
        file.write_bytes(price_list(a=amount))
        result = found.run("import genai-prices", str(file), "--published", day)
        assert result.exit_code == 0, result.output
    return found


def test_what_was_read_is_listed_with_numbers(commands: Commands) -> None:
    newest, first = commands.run("import list").output.splitlines()
    assert "genai-prices of 2026-11-01 00:00 UTC, imported on" in newest
    assert newest.endswith("from 2026-11-01.json: 2 changes")
    assert int(newest.split()[0]) > int(first.split()[0])
    assert [one["changes"] for one in json.loads(commands.run("import list --json").output)] == [2, 2]


def test_the_effect_is_shown_and_no_is_no(commands: Commands) -> None:
    number = commands.run("import list").output.split()[0]
    asked = commands.run(f"import undo {number}", data=b"n\n")
    assert asked.exit_code == 1
    assert "acme/a input_tokens: 3 USD per 1,000,000 -> 2 USD per 1,000,000" in asked.output
    assert "That moves 2 of today's prices." in asked.output
    assert "taken back" not in commands.run("import list").output
    done = commands.run(f"import undo {number} --yes --as Ada --note slip")
    assert (done.exit_code, f"Reading {number} was taken back by Ada." in done.output) == (0, True)
    assert "taken back on" in commands.run("import list").output.splitlines()[0]
    again = commands.run(f"import undo {number} --yes")
    assert again.exit_code == 1
    assert "already. To have it again: llmpricing import genai-prices FILE" in again.output


def test_all_processes_know_while_a_reading_is_taken_back(commands: Commands, empty_book_url: str) -> None:
    number = commands.run("import list").output.split()[0]
    engine = create_engine(empty_book_url, poolclass=NullPool)

    def runs() -> bool:
        with Session(engine) as session:
            return running_imports(session).is_any

    with Session(engine) as other:
        begin_change(other, NOW)  # for which the program waits
        child = commands.start(f"import undo {number} --yes")
        _until(runs, child)
        other.rollback()
    said, complaints = child.communicate(timeout=PATIENCE_S)
    assert (child.returncode, "was taken back by" in said) == (0, True), complaints
    assert not runs()


def _until(happens: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    until = monotonic() + PATIENCE_S
    while not happens():
        assert child.poll() is None, child.communicate()
        assert monotonic() < until
        sleep(0.05)


def test_nonsense_is_refused_with_the_next_step(commands: Commands) -> None:
    unknown = commands.run("import undo 999999 --yes")
    assert (unknown.exit_code, "See: llmpricing import list" in unknown.output) == (1, True)
    assert commands.run("import undo x").exit_code == 2
    assert "llmpricing import undo NUMBER" in commands.run("import --help").output
    assert "Usage: " in (told := commands.run("import undo --help").output)
    assert "import undo [OPTIONS] NUMBER" in told
