"""What a message calls a parameter is said by the surface that tells it."""

from __future__ import annotations

import click
from click.testing import CliRunner

from llmpricing.domain.usage.formats import UsageError, read_usage
from llmpricing.domain.usage.wording import Message, Parameter, Way, in_words
from llmpricing.scripts.option_words import option_words
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.layout import ColumnRoles


def refusal(*names: str) -> LogError:
    try:
        ColumnRoles().layout(names)
    except LogError as error:
        return error
    raise AssertionError


def told_by(error: Exception, *options: click.Option) -> str:
    """What a command with these options says of it."""

    def tell() -> None:
        click.echo(in_words(error, option_words()))

    return CliRunner().invoke(click.Command("ask", callback=lambda **_: tell(), params=list(options))).output.strip()


AT, IGNORED = click.Option(["--at-column"]), click.Option(["-i", "--ignore-column", "ignored"], multiple=True)


def test_a_way_is_said_as_the_surface_calls_it_and_left_out_where_it_has_no_such_parameter():
    error = refusal("model", "used on", "ts", "input_tokens")
    base = "ts looks like the time of each row: rename it at"
    end = "; if it is not when the row was used, remove it"
    assert str(error) == (f'{base}, or name it with columns={{"at": "ts"}}{end}, or say columns={{"ignored": ["ts"]}}.')
    assert told_by(error, AT, IGNORED) == f"{base}, or name it with --at-column ts{end}, or say --ignore-column ts."
    assert told_by(error) == f"{base}{end}."


def test_several_values_are_several_options_which_a_shell_takes_for_one_word_each():
    message = Message("Leave them out", Way(": ", Parameter("columns.ignored", ("max tokens", "b"))))
    assert str(message) == 'Leave them out: columns={"ignored": ["max tokens", "b"]}'
    assert told_by(LogError(message), IGNORED) == "Leave them out: --ignore-column 'max tokens' --ignore-column b"


def test_usage_of_no_known_format_names_the_argument_or_the_option():
    try:
        read_usage({"a": {"b": 1}}, "auto")
    except UsageError as error:
        refused = error
    assert refused.message.startswith("is of no format that is known by its keys: name one as usage_format, of openai")
    told = told_by(refused, click.Option(["--usage-format"]))
    assert told.startswith("usage is of no format that is known by its keys: name one as --usage-format, of openai")
    assert told_by(refused).startswith("usage is of no format that is known by its keys, of openai")
