"""What README and docs/usage-files.md show is what a new installation answers, but for times, ids and versions."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Commands, commands_on
from tests.conftest import running_app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
USAGE_FILES = (ROOT / "docs/usage-files.md").read_text("utf-8")
VARYING = {"next", "as_of", "valid_until", "known_at", "catalogue_version", "..."}


def block_after(start: str, kind: str = "", page: str = README) -> str:
    """The first block of that kind below this text."""
    blocks = re.finditer(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return next(block[2] for block in blocks if block.start() >= page.index(start) and block[1] == kind)


def told(shown: dict[str, Any], real: dict[str, Any]) -> dict[str, Any]:
    """The part of the real answer that README shows."""
    return {name: real[name] for name in shown if name not in VARYING}


@pytest.fixture
def commands(tmp_path: Path, full_book_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.chdir(tmp_path)
    return commands_on(tmp_path, full_book_url, redis_url)


def run(commands: Commands, shown: str) -> list[str]:
    """What the command that README shows prints."""
    result = commands.run("", *shlex.split(shown.removeprefix(".venv/bin/llmpricing ")))
    assert result.exit_code in (0, 3), result.output
    return result.stdout.splitlines()


def test_the_list_of_models_answers_as_shown(full_book_url: str, redis_url: str) -> None:
    address = re.search(r"curl 'http://localhost:6543(/api/v1/models.*?)'", README)
    assert address
    shown = json.loads(block_after(address[0], "json"))
    with running_app(full_book_url, redis_url) as app:
        real = app.get(address[1]).json
    ((line, item),) = zip(shown["data"], real["data"], strict=True)
    assert told(line, item) == {name: value for name, value in line.items() if name not in VARYING}
    assert told(shown["meta"], real["meta"]) == {k: v for k, v in shown["meta"].items() if k not in VARYING}
    assert shown["meta"].keys() <= real["meta"].keys()


def cells(line: str) -> list[str]:
    """The cells of a line of the bill but the price's id and the date, which README may cut."""
    meter, quantity, rate, per, amount, _, source, _, *_ = re.split(r"\s{2,}", line.strip())
    return [meter, quantity, rate, per, amount, source, line.split()[-1]]


def test_the_bill_is_as_shown(commands: Commands) -> None:
    shown = block_after("A quote is a bill").splitlines()
    real = run(commands, block_after("A quote is a bill", "sh").strip())
    assert len(real) == len(shown)
    assert (real[0], real[-1]) == (shown[0], shown[-1])
    bill = slice(3, -2)  # between the two empty lines
    assert [cells(line) for line in real[bill]] == [cells(line) for line in shown[bill]]


def test_the_summary_of_a_priced_log_is_as_shown(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text(block_after("Any other usage log", "csv", USAGE_FILES))
    shown = block_after("\nsays\n", page=USAGE_FILES).splitlines()
    real = run(commands, block_after("the command\n", "sh", USAGE_FILES).strip())
    assert [line.split("did you mean")[0] for line in real] == [line.split("did you mean")[0] for line in shown]
