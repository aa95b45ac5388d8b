"""--help helps: every command shows an example that it would take, and nothing is cut short."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from llmpricing.scripts.cli import GROUPS, main
from llmpricing.scripts.commands.import_undo import BESIDE


def told(words: str) -> str:
    """What --help says."""
    return CliRunner().invoke(main, [*words.split()[1:], "--help"]).output


def commands(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
    """Each command with what is typed for it, those of groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        one = group.get_command(context, name)
        assert one is not None
        yield f"{words} {name}", one
        if isinstance(one, click.Group):
            yield from commands(one, f"{words} {name}")


ALL = dict(commands(main, "llmpricing")) | {f"llmpricing import {name}": one for name, one in BESIDE.items()}
GROUPED = [words for words, one in ALL.items() if isinstance(one, click.Group)]


@pytest.mark.parametrize("words", [words for words in ALL if words not in GROUPED])
def test_each_command_shows_an_example_that_it_takes(words: str) -> None:
    command = ALL[words]
    examples = re.findall(rf"^ *{words}((?: .*)?)$", command.help or "", re.MULTILINE)
    assert examples
    for example in examples:
        arguments = shlex.split(re.split(r" {2,}| > ", example)[0])
        if words == "llmpricing import" and arguments[0] in BESIDE:
            continue
        context = click.Context(command)
        stated, more, _ = command.make_parser(context).parse_args(arguments)
        assert not more, example
        for parameter in command.params:
            value = stated.get(parameter.name or "")
            assert value not in (None, "", ()) or not parameter.required or "--list" in arguments, example


@pytest.mark.parametrize("words", [words for words in ALL if words not in GROUPED])
def test_what_an_option_takes_is_called_by_a_word_of_the_reader_and_no_name_of_ours(words: str) -> None:
    shown = [line.split("  ")[0] for line in re.findall(r"^  (-.*)$", told(words), re.MULTILINE)]
    assert not [one for one in shown if re.search(r"[A-Z]_[A-Z]|INSTANT|USED|KNOWN|BACK", one)]


@pytest.mark.parametrize("words", ["llmpricing", *GROUPED])
def test_no_sentence_of_a_list_of_commands_is_cut_short(words: str) -> None:
    assert "..." not in told(words).replace("[ARGS]...", "")


def test_the_commands_stand_in_five_groups_and_exit_codes_above_them() -> None:
    page = told("llmpricing")
    assert list(GROUPS) == ["Ask", "Check a bill", "Keep prices right", "Own terms", "Run"]
    found = [page.index(f"\n{title}:\n") for title in GROUPS]
    assert sorted(found) == found
    assert page.index("Exit codes: 0 done, 1") < found[0]
