"""What the commands that write feeds share: which rates stand in them, and who may read the files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

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


def mode_of(*, net: bool) -> int | None:
    """The mode of a file with such rates; None is that of any new file."""
    return _OWN_EYES if net else None


def rate_file(name: str, reads: Reads, clocks: Clocks, *, only_then: bool = False, net: bool = False) -> bytes:
    """prices.csv or prices.parquet."""
    from llmpricing.book.rate_files import WRITERS  # Arrow, which takes a while

    return WRITERS[name](rate_table(reads, book_state(reads), clocks, only_then=only_then, net=net))
