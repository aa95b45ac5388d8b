"""What commands print: a line is a line, whatever names, reasons and file names of others hold."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import msgspec

# Printable ASCII comes first, so that most texts cost one search.
_NOT_ASCII = re.compile(r"[^ -~]+")


def plain(text: str) -> str:
    """The text with escapes for what a terminal obeys or hides: control characters and line ends, signs that turn the
    direction of writing, and signs without width.
    """
    return _NOT_ASCII.sub(lambda found: "".join(map(_sign, found[0])), text)


def _sign(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode()


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line."""
    click.echo(plain(line), err=err)


def say_json(document: Any) -> None:
    """Print a document for programs, every sign that a terminal obeys escaped as JSON escapes it; money has become
    text before it gets here.
    """
    text = msgspec.json.format(msgspec.json.encode(document)).decode()
    click.echo(
        "\n".join(_NOT_ASCII.sub(lambda found: "".join(map(_json_sign, found[0])), line) for line in _lines(text))
    )


def _json_sign(sign: str) -> str:
    if sign.isprintable():
        return sign
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def told(error: click.ClickException) -> click.ClickException:
    """The same error, its lines made ``plain``."""
    error.message = "\n".join(map(plain, _lines(error.message)))  # type: ignore[misc] # final, yet all that is shown
    return error


def _lines(text: str) -> list[str]:
    return text.split("\n")  # splitlines would also end lines at signs that are none of ours


@contextmanager
def rows_done(label: str) -> Iterator[Callable[[int], None]]:
    """Count rows on a terminal, where how many will come is not known beforehand; call it with how many more."""
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        click.echo(f"\r{plain(label)}: {done:,} rows", nl=False, err=True)

    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    yield advance
    click.echo(err=True)
