"""`llmpricing names`: which names of a log or a list the price book knows, and a file of aliases for the others."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import click

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.names.answers import Ambiguous, Resolution
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.terminal import say
from llmpricing.scripts.written_files import put_file
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.coverage import Covered, NamedAt, cover, shares
from llmpricing.services.names.name_files import NoNamesError, alias_file, names_of_rows, read_names
from llmpricing.services.price_book import Reads

_SHOWN = 20  # names of a kind that are printed


@click.command(short_help="Which names of a log or list are known.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--aliases", "out", type=click.Path(dir_okay=False, path_type=Path), help="Write unknown names here.")
@click.option("--model-column", metavar="NAME", help="The column that names the model; `model` and the like by itself.")
@click.option("--provider-column", metavar="NAME", help="The column that names the seller.")
@asks_book
def names(file: Path, out: Path | None, model_column: str | None, provider_column: str | None, book: AskedBook) -> None:
    """Look up the names in FILE: JSON, lines of JSON, CSV or Parquet with a column of names, or one name a line; packed
    as llmpricing price takes it, or not.

    Fill in the offerings of the file that --aliases writes, and give them to a server's price book with: llmpricing
    alias import OUT. Without a server say each name to price, audit, outlook and elsewhere: --map NAME=OFFERING.

    \b
    llmpricing names usage.csv --aliases ours.csv
    """
    try:
        asked = _asked(file, model_column, provider_column)
    except NoNamesError as error:
        raise click.ClickException(
            f"{file} has no column {model_column or 'model'}. Name it with --model-column; it has: "
            f"{', '.join(error.columns)}."
        ) from None
    except (json.JSONDecodeError, RecursionError, csv.Error) as error:
        raise click.ClickException(f"{file} cannot be read ({error}): give JSON, CSV, Parquet or names.") from None
    now = datetime.now(UTC)
    with book.open() as reads:
        found = cover(reads, Clocks(now, now), asked)
    _report(found)
    if out:
        unknown = [(one.name.name, _like(one)) for one in found if not isinstance(one.meaning, Resolution)]
        put_file(out, alias_file(unknown).encode())
        names_left = f"{len(unknown)} name{'' if len(unknown) == 1 else 's'}"
        say(f"{out} holds {names_left}.{_then(out, reads) if unknown else ''}")


def _then(out: Path, reads: Reads) -> str:
    """What to do with the file of aliases: a file of prices keeps none, and the server of an ini file does."""
    if not isinstance(reads, PriceBook):
        return f" Fill in the offerings, then run: llmpricing alias import {out}"
    return (
        " A book in a file keeps no aliases: say them to price, audit, outlook and elsewhere, each as --map "
        f"NAME=OFFERING. With a server (llmpricing run) fill in the offerings, then run: llmpricing alias import {out}"
    )


def _asked(file: Path, model: str | None, provider: str | None) -> list[NamedAt]:
    """The names in the file, opened as other commands open usage files; raises click.ClickException for one that cannot
    be opened, and what reading its text raises.
    """
    from llmpricing.services.usage_log.columns import LogError
    from llmpricing.services.usage_log.formats.opened_file import failures_told, is_parquet, unpacked

    try:
        with failures_told(file):
            if is_parquet(file):
                return _of_parquet(file, model, provider)
            with unpacked(file) as opened:
                text = opened.read().decode()
    except LogError as error:
        raise click.ClickException(str(error)) from None
    return read_names(text, model, provider)


def _of_parquet(file: Path, model: str | None, provider: str | None) -> list[NamedAt]:
    try:
        from llmpricing.services.usage_log.formats.parquet_rows import parquet_rows
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"Reading Parquet needs {error.name}. Install it: pip install 'llmpricing[bulk]'."
        ) from None
    return names_of_rows((row.fields for row in parquet_rows(file)), model, provider)


def _report(found: list[Covered]) -> None:
    known = [one.meaning for one in found if isinstance(one.meaning, Resolution)]
    priced = sum(one.priced for one in found)
    unpriced, unknown = len(known) - priced, len(found) - len(known)
    say(f"{len(found)} names: {priced} priced, {unpriced} known without a price, {unknown} not known.")
    for title, counts in (("rule", shares(m.rule for m in known)), ("seller", shares(m.provider for m in known))):
        for value, count in counts.items():
            say(f"  {title} {value}: {count['names']}")
    for one in [one for one in found if not isinstance(one.meaning, Resolution)][:_SHOWN]:
        word = "ambiguous" if isinstance(one.meaning, Ambiguous) else "unknown"
        say(f"{word}: {one.name.name}  like: {', '.join(_like(one)[:3]) or 'nothing'}")


def _like(one: Covered) -> tuple[str, ...]:
    meaning = one.meaning
    if isinstance(meaning, Resolution):
        return ()
    return meaning.candidates if isinstance(meaning, Ambiguous) else meaning.suggestions
