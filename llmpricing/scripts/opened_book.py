"""The file of a price book, as a command opens it."""

from __future__ import annotations

from pathlib import Path

import click

from llmpricing.book.price_book import PriceBook

_WITH_RATES = "Write it with them: llmpricing book export FILE --with-contract-rates; or name a price book with -c."


def opened_book(file: Path, *, net: bool) -> PriceBook:
    """The book of the file; raises ClickException where it is none, or was written without the contract rates that are
    asked for (``net``).
    """
    from llmpricing.book.file import BookFileError, open_book  # with what reads files

    try:
        opened = open_book(file)
    except BookFileError as error:
        raise click.ClickException(str(error)) from None
    if net and not opened.header.own_terms:
        raise click.ClickException(f"{file} holds no contract rates. {_WITH_RATES}")
    return opened.by_itself
