"""What the commands say to wrong input: which word is wrong, and what a right one looks like."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from llmpricing.scripts.cli import COMMANDS, GROUPS, main


def run(words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, words.split())
    return result.exit_code, result.output


def test_help_lists_every_command_in_its_group_with_one_whole_line() -> None:
    code, output = run("--help")
    lines = output.partition("\nAsk:\n")[2].splitlines()
    listed = [line for line in lines if line.startswith("  ")]
    assert code == 0
    assert [line[:-1] for line in lines if line.endswith(":")] == list(GROUPS)[1:]
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert not [line for line in listed if line.endswith("...")]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("rate end x", "'x' is no number such as `llmpricing rate list` shows."),
        ("rate end 0", "'0' is no number such as `llmpricing rate list` shows."),
        (f"review accept 1 {2**63}", "is no number such as `llmpricing review list` shows."),
        (f"review reject {'9' * 5000}", "is no number such as `llmpricing review list` shows."),
        ("pin a/b inpt 3", "'inpt' is no meter, such as input_tokens"),
        ("pin a/b input_tokens x", "'x' is no price, such as 2.50."),
        ("alias add a b --from x", "'x' is not a time such as 2026-01-31T12:00:00Z"),
        ("changes --since xx", "'xx' is no span (12h, 7d, 2w)"),
    ],
)
def test_a_wrong_word_is_told_with_what_a_right_one_looks_like(words: str, told: str) -> None:
    code, output = run(words)
    assert code == 2
    assert told in output
