"""`llmpricing book`: the price book as one file, which travels and answers without a database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.options import failures_told, ini_option, instant, open_book
from llmpricing.scripts.terminal import say

_MISSING = "A book's file needs Arrow. Install it: pip install 'llmpricing[bulk]'."
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
    try:
        from llmpricing.services.price_book.export import export_book
    except ModuleNotFoundError:
        raise click.ClickException(_MISSING) from None
    with failures_told(), open_book(ini_settings(ini), commit=False) as session:
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
