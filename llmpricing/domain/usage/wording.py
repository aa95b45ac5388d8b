"""Messages that name parameters: the core says which one, and each surface what it calls it there.

Message("ts looks like the time of each row: rename it at", Way(", or name it with ", Parameter("columns.at", ("ts",))))

is ``columns={"at": "ts"}`` in Python, ``--at-column ts`` on the command line, and ends before the comma where there is
no such parameter.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import NamedTuple


class Parameter(NamedTuple):
    """A parameter as the core calls it, with the values to give it; a field of another one behind a dot."""

    name: str
    values: tuple[str, ...] = ()


ParameterWords = Callable[[Parameter], str | None]  # what a surface calls the parameter; None where it has none


class Way:
    """A part of a message that is left out where the surface has not all parameters that it names."""

    def __init__(self, *parts: str | Parameter) -> None:
        self.parts = parts

    def said(self, words: ParameterWords) -> str:
        """The part in these words, or nothing."""
        said = [part if isinstance(part, str) else words(part) for part in self.parts]
        return "".join(part or "" for part in said) if None not in said else ""


class Message:
    """What is said of something that was asked for wrongly; as a text it is in Python's words."""

    def __init__(self, *parts: str | Way) -> None:
        self.parts = parts

    def said(self, words: ParameterWords) -> str:
        """The message in these words."""
        return "".join(part if isinstance(part, str) else part.said(words) for part in self.parts)

    def behind(self, text: str) -> Message:
        """The message with a text before it."""
        return Message(text, *self.parts)

    def __str__(self) -> str:
        return self.said(in_python)


# What whoever runs the price book types: what a name means, which lists are read, what a price is.
_COMMANDS = {
    "own_name": "llmpricing alias add",
    "lists": "llmpricing import --all",
    "pin": "llmpricing pin OFFERING METER AMOUNT",
}
_IN_PYTHON = frozenset({"usage_format", "columns.model", "columns.at", "columns.usage_format", "columns.ignored"})


def in_python(parameter: Parameter) -> str | None:
    """The argument that ``llmpricing.Pricer`` takes: ``usage_format``, or ``columns={"at": "ts"}``; else a command."""
    name, values = parameter
    if name in _COMMANDS:
        return " ".join([_COMMANDS[name], *map(shlex.quote, values)])
    if name not in _IN_PYTHON:
        return None
    argument, _, field = name.partition(".")
    if not field:
        return argument
    told = ", ".join(f'"{value}"' for value in values) or "..."
    return f'{argument}={{"{field}": {f"[{told}]" if field == "ignored" and values else told}}}'


def in_words(error: Exception, words: ParameterWords) -> str:
    """What the error says, in the words of a surface."""
    return told_behind("", error).said(words)


def told_behind(text: str, error: Exception) -> Message:
    """What the error says behind a text; its message is the last of its arguments."""
    message = error.args[-1] if error.args else ""
    return message.behind(text) if isinstance(message, Message) else Message(text, str(error))
