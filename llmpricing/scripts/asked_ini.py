"""The price book of a command that names no file of one: that of its ini file, or one that is made of lists."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import URL, make_url
from sqlalchemy.exc import OperationalError

from llmpricing.local_stores.home import holds_data, started_elsewhere
from llmpricing.local_stores.ports import is_listened_to
from llmpricing.local_stores.wanted import LOCAL_HOSTS
from llmpricing.models.session import sqlstate
from llmpricing.scripts.asked_database import failures_told, open_book
from llmpricing.scripts.default_book import default_book
from llmpricing.scripts.failures import broke_off, next_step
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.opened_book import opened_book
from llmpricing.scripts.terminal import say
from llmpricing.services.price_book import Reads
from llmpricing.settings import environment_name

_INI = "development.ini"
_PORT = 5432  # PostgreSQL's own, where a URL names none
WITHOUT_DATABASE = (
    "Or without a database: `llmpricing book build prices.book`, then this command again with `--book prices.book`."
)
_IMPORT = "Today's lists into it: llmpricing import --all"


@contextmanager
def asked_by_ini(ini: Path, *, fresh: bool, net: bool) -> Iterator[Reads]:
    """What answers by the ini file. Where there is none, and none was named, or nobody ever made the book that the
    checkout's own names, a book that is made of lists, and made anew if ``fresh``. Raises ClickException where it
    cannot, also where that book has no contract rates and they are asked for (``net``).
    """
    with failures_told():
        if not ini.is_file():
            if ini != Path(_INI):
                raise click.UsageError(
                    f"There is no {ini}: name the ini file of your price book with -c.\n{WITHOUT_DATABASE}"
                )
            yield opened_book(default_book(fresh=fresh), net=net)
            return
        if _nobody_made_one(ini):
            say(f"No server runs where {ini} says, and none of ours kept a price book for it.", err=True)
            yield opened_book(default_book(fresh=fresh), net=net)
            return
        if fresh:
            raise click.UsageError(f"--fresh is for who has no price book, and {ini} names one. {_IMPORT}")
        _say_of_another_folder(ini)
        with _or_a_file(), open_book(ini_settings(ini), commit=False) as session:
            yield session


def _nobody_made_one(ini: Path) -> bool:
    """Whether this is the ini of a checkout, here or elsewhere, in which no server ever ran: a file needs none. A book
    that was made, and whose server is down, is not replaced by another one: it may hold contract rates and verdicts of
    people.
    """
    if holds_data(ini):
        return False
    url = _local_server(ini)
    return url is not None and not is_listened_to(url.port or _PORT)


def _local_server(ini: Path) -> URL | None:
    """Where a checkout's own ini names a server of this machine; None where anything else names one."""
    if ini.name != _INI or os.environ.get(environment_name("sqlalchemy.url"), "").strip():
        return None
    settings = ini_settings(ini)
    url = make_url(settings.database_url)
    return url if settings.environment == "development" and url.host in LOCAL_HOSTS else None


def _say_of_another_folder(ini: Path) -> None:
    """Whose book is asked, where a server of another checkout holds the port that this one's ini names."""
    url = _local_server(ini)
    if url is None or (found := started_elsewhere(ini, url.port or _PORT)) is None:
        return
    say(
        f"The price book is that of another folder: the server at {url.host}:{url.port or _PORT}, which {ini} names, "
        f"keeps its data in {found}. For one of this folder's own: llmpricing run --own-stores",
        err=True,
    )


@contextmanager
def _or_a_file() -> Iterator[None]:
    """Where no database lets us in, tell the way that needs none as well."""
    try:
        yield
    except OperationalError as error:
        if sqlstate(error) is not None or broke_off(error):
            raise
        raise click.ClickException(f"{next_step(error)}\n{WITHOUT_DATABASE}") from None
