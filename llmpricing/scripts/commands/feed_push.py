"""`llmpricing feed push`: the price book into programs that take prices by an API of their own."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime

import click

from llmpricing.exports.langfuse import Changes, changes
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.feed_files import rates_option
from llmpricing.scripts.langfuse import Langfuse, LangfuseError
from llmpricing.scripts.terminal import say
from llmpricing.services.feeds.langfuse import langfuse_rows
from llmpricing.services.price_book import book_state

_SERVER, _KEYS = "LANGFUSE_BASE_URL", ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")


@click.group(cls=CommandGroup, short_help="Write prices into other programs.")
def push() -> None:
    """The price book into programs that take prices by an API of their own."""


@push.command()
@click.option("--model", "models", multiple=True, help="Only this name, as often as wanted. All names, if left out.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@rates_option
@asks_book
def langfuse(models: tuple[str, ...], dry_run: bool, net: bool, book: AskedBook) -> None:
    """Make Langfuse's model definitions those of the price book, with their dates: only rows of its own are changed.

    The server stands in LANGFUSE_BASE_URL, the keys of the project in LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY. Run
    it after each import; run again, it changes nothing. With --model the rows of other names stay as they are.

    \b
    llmpricing feed push langfuse --dry-run
    """
    try:
        server, keys = _server()
        with book.open(net=net) as reads:
            known = book_state(reads)
            wanted = langfuse_rows(reads, known, known.clocks(datetime.now(UTC), None), models, net=net)
        with closing(Langfuse(server, *keys)) as project:
            there = [row for row in project.rows() if not models or row["modelName"] in models]
            found = changes(wanted, there)
            if not dry_run:
                _apply(project, found)
    except LangfuseError as error:
        raise click.ClickException(str(error)) from None
    replaced = sum(number is not None for number, _ in found.created)
    say(
        f"{'To do' if dry_run else 'Done'}: {len(found.created) - replaced:,} rows new, {replaced:,} replaced, "
        f"{len(found.deleted):,} deleted; {found.kept:,} stay as they are."
    )


def _server() -> tuple[str, tuple[str, str]]:
    """The server's address and the two keys."""
    missing = [name for name in (_SERVER, *_KEYS) if not os.environ.get(name)]
    if missing:
        raise LangfuseError(f"Not set: {', '.join(missing)}. Set them in the environment, as for Langfuse's SDKs.")
    public, secret = (os.environ[name] for name in _KEYS)
    return os.environ[_SERVER], (public, secret)


def _apply(project: Langfuse, found: Changes) -> None:
    for number in found.deleted:
        project.delete(number)
    for replaced, row in found.created:
        if replaced is not None:  # Langfuse changes no row, and would take the older of two
            project.delete(replaced)
        project.create(row)
