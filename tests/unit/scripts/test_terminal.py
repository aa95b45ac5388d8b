"""What others wrote reaches the terminal as signs to read, never as signs that a terminal obeys."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import llmpricing.scripts.commands
from llmpricing.scripts.cli import Commands
from llmpricing.scripts.commands import import_lists
from llmpricing.scripts.terminal import plain, say, say_json

HOSTILE = "\x1b]0;owned\x07\x1b[2Jgpt\u202e4o\u200b\r\n\t\x9b31mred\x7f\u2028"
MODULES = sorted(Path(llmpricing.scripts.commands.__file__).parent.glob("*.py"))
ESCAPED = r"\x1b]0;owned\x07\x1b[2Jgpt\u202e4o\u200b\r\n\t\x9b31mred\x7f\u2028"


def test_signs_that_a_terminal_obeys_or_hides_are_escaped() -> None:
    assert plain(HOSTILE) == ESCAPED
    assert plain("Größe: 4 µs, 深度求索, naïve-model 🚀") == "Größe: 4 µs, 深度求索, naïve-model 🚀"


@given(st.text())
def test_a_line_is_one_line_of_printable_signs(text: str) -> None:
    assert plain(text).isprintable()
    assert text.isprintable() == (plain(text) == text)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3))
def test_json_for_programs_means_the_same_in_plain_signs(document: dict[str, str]) -> None:
    @click.command()
    def command() -> None:
        say_json(document)

    said = CliRunner().invoke(command).stdout
    assert json.loads(said) == document
    assert all(line.isprintable() for line in said.split("\n"))


@pytest.mark.parametrize("error", [click.ClickException, click.UsageError, click.BadParameter])
def test_errors_are_told_in_plain_signs(error: type[click.ClickException]) -> None:
    class Failing(Commands):
        def get_command(self, _context: click.Context, name: str) -> click.Command:
            @click.command()
            def command() -> None:
                say(f"about {HOSTILE}")
                raise error(f"bad name: {HOSTILE}")

            return command

    done = CliRunner().invoke(Failing("main"), ["any"])
    assert done.exit_code == error("").exit_code
    assert done.stdout == f"about {ESCAPED}\n"
    assert r"bad name: \x1b]0;owned\x07\x1b[2Jgpt\u202e4o\u200b\r" in done.stderr
    assert all(line.isprintable() for line in done.stderr.split("\n"))


@pytest.mark.parametrize(
    "module", sorted(Path(llmpricing.scripts.commands.__file__).parent.glob("*.py")), ids=lambda path: path.stem
)
def test_commands_print_through_the_terminal_only(module: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Name | ast.Attribute)]
    assert not {ast.unparse(node) for node in calls} & {"print", "click.echo", "click.secho", "sys.stdout.write"}


def test_an_import_that_failed_tells_its_next_step_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    import_lists._print({"source": "acme", "error": "No server answers there.\nNext: start \x1b it"})
    assert capsys.readouterr().err == "acme: failed. No server answers there.\nNext: start \\x1b it\n"
