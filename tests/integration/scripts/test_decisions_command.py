"""llmpricing decisions log: who decided what, and when."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from tests.commands import Commands, commands_on


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    """A price book on which two people decided."""
    found = commands_on(tmp_path, book_url, redis_url)
    for line in (
        "pin acme/acme-large input_tokens 3 --as ada --note =1+1",
        "alias add my-gpt acme/acme-large --as bob",
        "rate add acme --discount 10% --from 2026-01-01 --as =ada",
    ):
        done = found.run(line)
        assert done.exit_code == 0, done.output
    return found


def actions(commands: Commands, *words: str) -> list[tuple[str, str]]:
    return [(one["actor"], one["action"]) for one in commands.json("decisions log", *words)["decisions"]]


def test_the_newest_comes_first(commands: Commands) -> None:
    assert actions(commands) == [("=ada", "rate_added"), ("bob", "alias_added"), ("ada", "pin_added")]
    assert actions(commands, "--limit", "1") == [("=ada", "rate_added")]
    lines = commands.run("decisions log").output.splitlines()
    assert [line.split("  ")[1:3] for line in lines] == [
        ["=ada", "rate_added"],
        ["bob", "alias_added"],
        ["ada", "pin_added"],
    ]


def test_filters_narrow_it(commands: Commands) -> None:
    assert actions(commands, "--by", "bob") == [("bob", "alias_added")]
    assert actions(commands, "--action", "pin_added") == [("ada", "pin_added")]
    assert actions(commands, "--about", "my-") == [("bob", "alias_added")]
    assert actions(commands, "--about", "my_") == []  # a sign of its own, not any
    assert len(actions(commands, "--since", "1h")) == 3
    assert commands.run("decisions log", "--by", "nobody").output == "There are none. Next: leave out a filter.\n"


def test_as_csv_no_cell_is_a_formula(commands: Commands) -> None:
    rows = list(csv.reader(StringIO(commands.run("decisions log", "--csv").stdout)))
    assert rows[0] == ["at", "actor", "action", "subject", "details"]
    assert [row[1:3] for row in rows[1:]] == [["'=ada", "rate_added"], ["bob", "alias_added"], ["ada", "pin_added"]]
    assert "=1+1" in rows[3][4]
    assert not any(cell.startswith("=") for row in rows for cell in row)
