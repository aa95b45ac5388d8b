"""The price book of a command that names no file of one: that of its ini file, or one that is made of lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from llmpricing.models.session import sqlstate
from llmpricing.scripts.asked_database import failures_told, open_book
from llmpricing.scripts.default_book import default_book
from llmpricing.scripts.failures import broke_off, next_step
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.opened_book import opened_book
from llmpricing.services.price_book import Reads

_INI = "development.ini"
WITHOUT_DATABASE = (
    "Or without a database: `llmpricing book build prices.book`, then this command again with `--book prices.book`."
)
_IMPORT = "Today's lists into it: llmpricing import --all"


@contextmanager
def asked_by_ini(ini: Path, *, fresh: bool, net: bool) -> Iterator[Reads]:
    """What answers by the ini file; where there is none, and none was named, a book that is made of lists, and made
    anew if ``fresh``. Raises ClickException where it cannot, also where that book has no contract rates and they are
    asked for (``net``).
    """
    with failures_told():
        if not ini.is_file():
            if ini != Path(_INI):
                raise click.UsageError(
                    f"There is no {ini}: name the ini file of your price book with -c.\n{WITHOUT_DATABASE}"
                )
            yield opened_book(default_book(fresh=fresh), net=net)
            return
        if fresh:
            raise click.UsageError(f"--fresh is for who has no price book, and {ini} names one. {_IMPORT}")
        with _or_a_file(), open_book(ini_settings(ini), commit=False) as session:
            yield session


@contextmanager
def _or_a_file() -> Iterator[None]:
    """Where no database lets us in, tell the way that needs none as well."""
    try:
        yield
    except OperationalError as error:
        if sqlstate(error) is not None or broke_off(error):
            raise
        raise click.ClickException(f"{next_step(error)}\n{WITHOUT_DATABASE}") from None
