"""Which price book a command asks: that of an ini file, or a file of `llmpricing book build` or `book export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from llmpricing.models.session import sqlstate
from llmpricing.scripts.default_book import default_book
from llmpricing.scripts.failures import broke_off, next_step
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import failures_told, open_book
from llmpricing.services.price_book import Reads

_INI = "development.ini"
WITHOUT_DATABASE = (
    "Or without a database: `llmpricing book build prices.book`, then this command again with `--book prices.book`."
)


@dataclass(frozen=True)
class AskedBook:
    """The price book that a command asks, and never changes: ``file`` where one is named, else that of ``ini``; where
    there is no ini file either, and none was named, one that is made of lists, and made anew if ``fresh``.
    """

    ini: Path
    file: Path | None = None
    fresh: bool = False

    @contextmanager
    def open(self, *, net: bool = False) -> Iterator[Reads]:
        """What answers; raises ClickException where it cannot, also where contract rates are asked for (``net``) and
        the file was written without them.
        """
        with failures_told():
            if self.file is not None:
                if self.fresh:
                    raise click.UsageError("--fresh makes a book, and --book names one: leave one of them out.")
                yield self._mapped(self.file, net)
                return
            if not self.ini.is_file():
                if self.ini != Path(_INI):
                    raise click.UsageError(
                        f"There is no {self.ini}: name the ini file of your price book with -c.\n{WITHOUT_DATABASE}"
                    )
                yield self._mapped(default_book(fresh=self.fresh), net)
                return
            if self.fresh:
                raise click.UsageError(f"--fresh is for who has no price book, and {self.ini} names one. {_IMPORT}")
            with _or_a_file(), open_book(ini_settings(self.ini), commit=False) as session:
                yield session

    def _mapped(self, file: Path, net: bool) -> Reads:
        from llmpricing.book.file import BookFileError  # with Arrow
        from llmpricing.book.file import open_book as open_file

        try:
            opened = open_file(file)
        except BookFileError as error:
            raise click.ClickException(str(error)) from None
        if net and not opened.header.own_terms:
            raise click.ClickException(f"{file} holds no contract rates. {_WITH_RATES}")
        return opened.by_itself


@contextmanager
def _or_a_file() -> Iterator[None]:
    """Where no database lets us in, tell the way that needs none as well."""
    try:
        yield
    except OperationalError as error:
        if sqlstate(error) is not None or broke_off(error):
            raise
        raise click.ClickException(f"{next_step(error)}\n{WITHOUT_DATABASE}") from None


def asks_book(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options -c and --book, handed on as one AskedBook called ``book``."""

    @click.option(
        "--book", "book_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help=_FILE_HELP
    )
    @click.option("--fresh", is_flag=True, help=_FRESH_HELP)
    @click.option("-c", "--ini", default=_INI, show_default=True, type=click.Path(path_type=Path), help=_INI_HELP)
    @wraps(command)
    def asking(*given: Any, ini: Path, book_file: Path | None, fresh: bool, **more: Any) -> Any:
        return command(*given, book=AskedBook(ini, book_file, fresh), **more)

    return asking


_FILE_HELP = "Ask this file of `llmpricing book build` or `book export`: no database is needed."
_FRESH_HELP = "Without a price book of your own: make the one that is used anew, of today's public lists."
_IMPORT = "Today's lists into it: llmpricing import --all"
_WITH_RATES = "Write it with them: llmpricing book export FILE --with-contract-rates; or name a price book with -c."
_INI_HELP = (
    "The ini file that names the price book; where there is none, a book is made once of the installed lists, without "
    "a database, and kept in the user's cache folder."
)
