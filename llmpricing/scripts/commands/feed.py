"""`llmpricing feed`: the price book in the files that other programs read."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import click

from llmpricing.exports.overlay import FieldChange, Laid
from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.commands.feed_push import push
from llmpricing.scripts.options import instant
from llmpricing.scripts.terminal import say
from llmpricing.scripts.written_files import put_file
from llmpricing.services.catalogue.sources import read_sources
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.changes import MEDIA, change_feed
from llmpricing.services.feeds.kept_lists import NewestList, NoListError, newest_kept
from llmpricing.services.feeds.rate_table import RATE_FILES, rate_table
from llmpricing.services.feeds.registry import EXPORTED, OVERLAYS, OverlayFeed
from llmpricing.services.price_book import Reads, book_state
from llmpricing.sources.registry import SOURCES

_OF_THE_BOOK = {"ratio_config.json": "ratio-config", "ccusage.json": "ccusage"}  # by file the feeds of no list


@click.group(short_help="Write the price book for other programs.")
def feed() -> None:
    """The price book in the shapes that other programs read, such as LiteLLM's map of costs."""


@feed.command()
@click.argument("name", type=click.Choice([*EXPORTED, *RATE_FILES]))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.")
@click.option("--at", type=instant, help="The prices of that moment. Those of now, if left out.")
@asks_book
def export(name: str, out: Path, at: datetime | None, book: AskedBook) -> None:
    """Write the feed NAME to a file, whole or not at all: the same bytes as the server's address gives.

    prices.csv and prices.parquet hold the rates of all times, or those of --at alone.
    """
    laid = None
    with book.open() as reads:
        known = book_state(reads)
        clocks = known.clocks(at or datetime.now(UTC), None)
        try:
            if name in RATE_FILES:
                data = _rates(name, reads, clocks, only_then=at is not None)
            else:
                laid = EXPORTED[name](reads, known, clocks)
                data = laid.as_json()
        except NoListError as error:
            raise click.ClickException(f"There is nothing to export yet: {error}") from None
    put_file(out, data)
    say(f"Written: {out}, {len(data):,} bytes")
    if laid is not None and name in OVERLAYS:
        _tell_changes(laid)


def _rates(name: str, reads: Reads, clocks: Clocks, *, only_then: bool = False) -> bytes:
    from llmpricing.book.rate_files import WRITERS  # Arrow, which takes a while

    return WRITERS[name](rate_table(reads, book_state(reads), clocks, only_then=only_then))


def _tell_changes(laid: Laid) -> None:
    counts = {change: sum(note.change is change for note in laid.notes) for change in FieldChange}
    say(
        f"Prices changed {counts[FieldChange.CHANGED]:,}, added {counts[FieldChange.ADDED]:,}, "
        f"left as listed {counts[FieldChange.AS_LISTED]:,}, without a price {counts[FieldChange.WITHOUT_PRICE]:,}"
    )


@feed.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--at", type=instant, help="The prices of that moment. Those of now, if left out.")
@asks_book
def publish(folder: Path, at: datetime | None, book: AskedBook) -> None:
    """Write all feeds to FOLDER, for any web server: the files, their digests, and the licences of the lists in them.

    A feed whose list was never imported is left out, and said; exit code 1 where there is none at all. Run it after
    each import and at announced steps: what lies there does not change by itself.
    """
    notices = []
    with book.open() as reads:
        known = book_state(reads)
        clocks = known.clocks(at or datetime.now(UTC), None)
        for one in OVERLAYS.values():
            try:
                listed = newest_kept(reads, one.name, clocks.known_at)
                _publish(folder, one.file, one.lay(reads, known, clocks).as_json())
            except NoListError as error:
                say(f"Left out {one.file}: {error}")
                for name in (one.file, f"{one.file}.sha256"):  # of a list that was taken back since
                    (folder / name).unlink(missing_ok=True)
                continue
            notices.append(_notice(one, listed, clocks.as_of))
        if not notices:
            raise click.ClickException("There is nothing to publish yet. Next: llmpricing import --all")
        for file, name in _OF_THE_BOOK.items():
            _publish(folder, file, EXPORTED[name](reads, known, clocks).as_json())
        for name in RATE_FILES:
            _publish(folder, name, _rates(name, reads, clocks))
        for name in MEDIA:
            _publish(folder, name, change_feed(name, reads, clocks.as_of))
        notices.append(_notice_of_all(reads, clocks.as_of))
    _put(folder, "NOTICE.txt", "\n".join(notices).encode())


def _publish(folder: Path, name: str, data: bytes) -> None:
    """Write a file and its digest."""
    _put(folder, name, data)
    _put(folder, f"{name}.sha256", f"{sha256(data).hexdigest()}  {name}\n".encode())
    say(f"Written: {folder / name}, {len(data):,} bytes")


def _put(folder: Path, name: str, data: bytes) -> None:
    try:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror}. Mend that, or name another folder.") from None
    put_file(folder / name, data)


def _notice(one: OverlayFeed, listed: NewestList, at: datetime) -> str:
    """Where a file comes from, and under which licence."""
    source = SOURCES[one.name]
    return (
        f"{one.file}: {source.title}, {source.url}, licence {listed.licence or 'not stated'}, as published "
        f"{listed.published_at:%Y-%m-%d %H:%M:%S} UTC, with the prices of {at:%Y-%m-%d %H:%M:%S} UTC laid over it by "
        "llmpricing.\n"
    )


def _notice_of_all(reads: Reads, at: datetime) -> str:
    """Where the files come from that are made of all lists."""
    lists = "; ".join(f"{one.name}, licence {one.licence or 'not stated'}" for one in read_sources(reads, at))
    return (
        f"{', '.join((*_OF_THE_BOOK, *RATE_FILES, *MEDIA))}: made by llmpricing at {at:%Y-%m-%d %H:%M:%S} UTC of "
        f"what it published of {lists}.\n"
    )


feed.add_command(push)
