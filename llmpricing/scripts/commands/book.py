"""`llmpricing book`: the price book as one file, which travels and answers without a database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from llmpricing.domain.times import day
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import failures_told, ini_option, instant, json_option
from llmpricing.scripts.options import open_book as open_database
from llmpricing.scripts.terminal import say, say_json

_COUNTED = ("offering", "price", "source")
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@click.group(short_help="Write the price book to one file.")
def book() -> None:
    """The price book as one file: at one version, checked by its SHA-256, for other machines and for keeping."""


@book.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--known-at", type=instant, help="Up to what was known then. Now, if left out.")
@click.option("--with-contract-rates", is_flag=True, help="With contract rates and names of your own: a secret file.")
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
@ini_option
def export(file: Path, known_at: datetime | None, with_contract_rates: bool, force: bool, ini: Path) -> None:
    """Write the price book to FILE, whole or not at all.

    Contract rates and aliases of your own stay here, unless --with-contract-rates says otherwise; then nobody but you
    may read FILE.
    """
    if file.exists() and not force:
        raise click.UsageError(f"{file} exists: name another file, or replace it with --force.")
    from llmpricing.services.price_book.export import export_book  # Arrow, which not every command needs

    with failures_told(), open_database(ini_settings(ini), commit=False) as session:
        session.connection(execution_options=_SNAPSHOT)
        try:
            digest = export_book(session, file, known_at=known_at, own_terms=with_contract_rates)
        except OSError as error:
            raise click.ClickException(f"{file}: {error.strerror}. Mend that, or name another file.") from None
    say(f"Written: {file}, {file.stat().st_size:,} bytes, SHA-256 {digest}")
    if with_contract_rates:
        say("It holds your contract rates and own names, so only you may read it: keep it so where you copy it.")
    else:
        say("Without contract rates and names of your own.")


@book.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def show(file: Path, as_json: bool) -> None:
    """Check FILE byte by byte, and say which price book it is, until when it knows, and what it holds.

    Exit code 1 where it is cut, damaged, or no book of this release.
    """
    from llmpricing.book.file import BookFileError, open_book

    try:
        opened = open_book(file)
    except BookFileError as error:
        raise click.ClickException(str(error)) from None
    header = opened.header
    held = {name: len(opened.tables[name]) for name in _COUNTED}
    if as_json:
        known = {"book": header.book, "version": header.version, "known_until": header.last_change}
        say_json({**known, "own_terms": header.own_terms, "sha256": opened.digest, "rows": held})
        return
    say(f"Price book {header.book}, version {header.version}, as known {day(header.last_change)}")
    say(", ".join(f"{count:,} {name}s" for name, count in held.items()))
    say(f"SHA-256 {opened.digest}, and all bytes fit it")
    if header.own_terms:
        say("It holds contract rates and names of your own: keep it to yourself.")
