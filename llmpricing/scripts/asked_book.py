"""Which price book a command asks: that of an ini file, or a file of `llmpricing book build` or `book export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from llmpricing.domain.times import LaterThanKnown, day
from llmpricing.scripts.opened_book import opened_book
from llmpricing.scripts.terminal import say
from llmpricing.services.price_book import Reads


@dataclass(frozen=True)
class AskedBook:
    """The price book that a command asks, and never changes: ``file`` where one is named, else that of ``ini``; where
    there is no ini file either, and none was named, one that is made of lists, and made anew if ``fresh``.
    """

    ini: Path
    file: Path | None = None
    fresh: bool = False

    @contextmanager
    def open(self, *, net: bool = False, known_at: datetime | None = None) -> Iterator[Reads]:
        """What answers; says where it knew nothing at ``known_at`` yet, and which book would. Raises ClickException
        where it cannot, also where contract rates are asked for (``net``) and the file was written without them; and a
        usage error of a time after which the file knows of nothing.
        """
        if self.file is not None:
            if self.fresh:
                raise click.UsageError("--fresh makes a book, and --book names one: leave one of them out.")
            try:
                opened = opened_book(self.file, net=net)
                _say_if_too_early(opened, known_at)
                yield opened
            except LaterThanKnown as error:
                raise click.UsageError(f"--known-at {error}.") from None
            return
        from llmpricing.scripts.asked_ini import asked_by_ini  # with the database and the importers

        with asked_by_ini(self.ini, fresh=self.fresh, net=net) as reads:
            _say_if_too_early(reads, known_at)
            yield reads


def _say_if_too_early(reads: Reads, known_at: datetime | None) -> None:
    """Point to a book of the lists that were published by then, where this one was not there yet."""
    from llmpricing.services.price_book.began import began

    if known_at is None or (first := began(reads)) is None or known_at >= first:
        return
    file = f"prices-{known_at:%Y-%m-%d}.book"
    say(
        f"This price book knew nothing yet by --known-at {day(known_at)}: it began {day(first)}. For a book of the "
        f"lists that were published by then: llmpricing book build {file} --known-at {day(known_at)}; then this "
        f"command again with --book {file}.",
        err=True,
    )


def asks_book(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options -c and --book, handed on as one AskedBook called ``book``."""

    @click.option(
        "--book", "book_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help=_FILE_HELP
    )
    @click.option("--fresh", is_flag=True, help=_FRESH_HELP)
    @click.option(
        "-c",
        "--ini",
        default="development.ini",
        show_default=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=_INI_HELP,
    )
    @wraps(command)
    def asking(*given: Any, ini: Path, book_file: Path | None, fresh: bool, **more: Any) -> Any:
        return command(*given, book=AskedBook(ini, book_file, fresh), **more)

    return asking


_FILE_HELP = "Ask this file of `llmpricing book build` or `book export`: no database is needed."
_FRESH_HELP = "Without a price book of your own: make the one that is used anew, of today's public lists."
_INI_HELP = (
    "The ini file that names the price book; where there is none, or a checkout's servers never ran, a book is made "
    "once of the installed lists, without a database, and kept in the user's cache folder."
)
