"""What the commands that write feeds share: which rates stand in them, and who may read the files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from llmpricing.scripts.written_files import put_file
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.rate_table import rate_table
from llmpricing.services.price_book import Reads, book_state

FOR_YOU_ALONE = (
    "Your contract rates are in it: only you may read it (mode 0600). Serve it to nobody who may not know them."
)
_OWN_EYES = 0o600


def rates_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Option --rates, handed on as ``net``: whether prices are less what was agreed with sellers."""
    return click.option(
        "--rates",
        "net",
        type=click.Choice(["list", "net"]),
        default="list",
        show_default=True,
        callback=lambda _context, _option, value: value == "net",
        help="net: less what you have agreed with sellers (llmpricing rate).",
    )(command)


def put_feed(path: Path, data: bytes, *, net: bool) -> None:
    """Write the file whole or not at all, and the folders to it; with contract rates for its owner alone. Raises
    ClickException.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{path.parent}: {error.strerror}. Mend that, or name another folder.") from None
    put_file(path, data, _OWN_EYES if net else None)


def rate_file(name: str, reads: Reads, clocks: Clocks, *, only_then: bool = False, net: bool = False) -> bytes:
    """prices.csv or prices.parquet."""
    from llmpricing.book.rate_files import WRITERS  # Arrow, which takes a while

    return WRITERS[name](rate_table(reads, book_state(reads), clocks, only_then=only_then, net=net))
