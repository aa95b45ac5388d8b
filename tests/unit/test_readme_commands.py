"""The commands that README and docs/commands.md show are commands: each is listed, and each line of them parses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from llmpricing.scripts.cli import main

ROOT = Path(__file__).parents[2]
SHOWN = "\n".join((ROOT / page).read_text("utf-8") for page in ("README.md", "docs/commands.md", "docs/usage-files.md"))
EXAMPLES = {
    "ID": "1",
    "NUMBER": "1",
    "RANK": "1",
    "AMOUNT": "2.5",
    "PROVIDER": "openai",
    "SOURCE": "litellm",
    "OFFERING": "openai/gpt-4o",
    "METER": "input_tokens",
    "NAME": "my-deployment",
    "DATE": "2026-01-01",
    "FILE": "README.md",
    "URL": "https://example.com/rates",
    "INI": "development.ini",
    "MODEL": "openai/gpt-4o",
}


def lines() -> Iterator[str]:
    """What the pages show of the program: lines to type, and code in sentences, there also `review accept ID` alone."""
    blocks = re.findall(r"```\w*\n(.*?)```", SHOWN, re.DOTALL)
    for line in "\n".join(blocks).splitlines():
        yield from re.findall(r"(?:^|\s|ExecStart=\S*)\.?\S*bin/llmpricing ([^#\n]+)", line)
    for row in re.sub(r"```\w*\n.*?```", "", SHOWN, flags=re.DOTALL).splitlines():
        codes = re.findall(r"`([^`]+)`", row)
        if any(code.startswith("llmpricing ") for code in codes):
            known = [code.removeprefix("llmpricing ") for code in codes]
            yield from (code for code in known if code.split()[0] in main.commands and " " in code)


def words(line: str) -> list[str]:
    """The line as one could type it: optional parts are given, and examples stand for the names in capitals."""
    given = re.sub(r" or [A-Z]+\]", "]", line).replace("[", "").replace("]", "")
    return [EXAMPLES.get(word, word) for word in shlex.split(given)]


def parse(command: click.Command, args: list[str], parent: click.Context | None = None) -> None:
    """Parse without running; click.UsageError tells what is wrong."""
    with command.make_context(command.name, list(args), parent=parent) as context:
        if isinstance(command, click.Group):
            name, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            assert inner is not None, name
            parse(inner, rest, context)


@pytest.mark.parametrize("line", sorted(set(lines())))
def test_a_command_that_is_shown_parses(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("README.md", "usage.csv", "development.ini", "production.ini"):
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    parse(main, words(line))


def test_every_command_is_listed() -> None:
    table = "\n".join(row for row in SHOWN.splitlines() if row.startswith("|"))
    assert [name for name in main.commands if f"`llmpricing {name}" not in table] == []


def test_an_unknown_option_would_be_seen() -> None:
    with pytest.raises(click.UsageError):
        parse(main, words("alias add NAME OFFERING --forever"))
