"""`llmpricing feed`: the price book in the files that other programs read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from llmpricing.exports.overlay import FieldChange, Laid
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.command_group import CommandGroup
from llmpricing.scripts.commands.feed_publish import publish
from llmpricing.scripts.commands.feed_push import push
from llmpricing.scripts.feed_files import FOR_YOU_ALONE, put_feed, rate_file, rates_option
from llmpricing.scripts.options import instant
from llmpricing.scripts.terminal import say
from llmpricing.services.feeds.kept_lists import NoListError
from llmpricing.services.feeds.rate_table import RATE_FILES
from llmpricing.services.feeds.registry import EXPORTED, OVERLAYS
from llmpricing.services.price_book import book_state


@click.group(cls=CommandGroup, short_help="Write the price book for other programs.")
def feed() -> None:
    """The price book in the shapes that other programs read, such as LiteLLM's map of costs."""


@feed.command()
@click.argument("name", type=click.Choice([*EXPORTED, *RATE_FILES]))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.")
@click.option("--at", type=instant, metavar="TIME", help="The prices of that moment. Those of now, if left out.")
@rates_option
@asks_book
def export(name: str, out: Path, at: datetime | None, net: bool, book: AskedBook) -> None:
    """Write the feed NAME to a file, whole or not at all: the same bytes as the server's address gives.

    prices.csv and prices.parquet hold the rates of all times, or those of --at alone. With --rates net only you may
    read the file.

    \b
    llmpricing feed export litellm --out model_prices.json
    """
    laid = None
    with book.open(net=net) as reads:
        known = book_state(reads)
        clocks = known.clocks(at or datetime.now(UTC), None)
        try:
            if name in RATE_FILES:
                data = rate_file(name, reads, clocks, only_then=at is not None, net=net)
            else:
                laid = EXPORTED[name](reads, known, clocks, net=net)
                data = laid.as_json()
        except NoListError as error:
            raise click.ClickException(f"There is nothing to export yet: {error}") from None
    put_feed(out, data, net=net)
    say(f"Written: {out}, {len(data):,} bytes")
    if net:
        say(FOR_YOU_ALONE)
    if laid is not None and name in OVERLAYS:
        _tell_changes(laid)


def _tell_changes(laid: Laid) -> None:
    counts = {change: sum(note.change is change for note in laid.notes) for change in FieldChange}
    say(
        f"Prices changed {counts[FieldChange.CHANGED]:,}, added {counts[FieldChange.ADDED]:,}, "
        f"left as listed {counts[FieldChange.AS_LISTED]:,}, without a price {counts[FieldChange.WITHOUT_PRICE]:,}"
    )


feed.add_command(publish)
feed.add_command(push)
