"""`llmpricing feed publish`: all feeds as files for any web server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import click

from llmpricing.scripts.asked_book import AskedBook, asks_book
from llmpricing.scripts.feed_files import FOR_YOU_ALONE, put_feed, rate_file, rates_option
from llmpricing.scripts.options import instant
from llmpricing.scripts.terminal import say
from llmpricing.services.catalogue.sources import read_sources
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.changes import MEDIA, change_feed
from llmpricing.services.feeds.kept_lists import NewestList, NoListError, newest_kept
from llmpricing.services.feeds.rate_table import RATE_FILES
from llmpricing.services.feeds.registry import EXPORTED, OVERLAYS, OverlayFeed
from llmpricing.services.price_book import Reads, book_state
from llmpricing.sources.registry import SOURCES

_OF_THE_BOOK = {"ratio_config.json": "ratio-config", "ccusage.json": "ccusage"}  # by file the feeds of no list


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--at", type=instant, metavar="TIME", help="The prices of that moment. Those of now, if left out.")
@rates_option
@asks_book
def publish(folder: Path, at: datetime | None, net: bool, book: AskedBook) -> None:
    """Write all feeds to FOLDER, for any web server: the files, their digests, and the licences of the lists in them.

    A feed whose list was never imported is left out, and said; exit code 1 where there is none at all. Run it after
    each import and at announced steps: what lies there does not change by itself. With --rates net only you may read
    the files, and each is made with your contract rates but those of changes.

    \b
    llmpricing feed publish /var/www/prices
    """
    written = _Folder(folder, net)
    with book.open(net=net) as reads:
        clocks = book_state(reads).clocks(at or datetime.now(UTC), None)
        notices = [_published(written, one, reads, clocks) for one in OVERLAYS.values()]
        if not any(notices):
            raise click.ClickException("There is nothing to publish yet. Next: llmpricing import --all")
        for file, name in _OF_THE_BOOK.items():
            written.publish(file, EXPORTED[name](reads, book_state(reads), clocks, net=net).as_json())
        for name in RATE_FILES:
            written.publish(name, rate_file(name, reads, clocks, net=net))
        for name in MEDIA:
            written.publish(name, change_feed(name, reads, clocks.as_of))
        notices.append(_notice_of_all(reads, clocks.as_of))
    written.put("NOTICE.txt", "\n".join(filter(None, notices)).encode())
    if net:
        say(FOR_YOU_ALONE)


@dataclass(frozen=True)
class _Folder:
    """Where the files go; ``net``: for the eyes of their owner alone."""

    path: Path
    net: bool

    def publish(self, name: str, data: bytes) -> None:
        """Write a file and its digest."""
        self.put(name, data)
        self.put(f"{name}.sha256", f"{sha256(data).hexdigest()}  {name}\n".encode())
        say(f"Written: {self.path / name}, {len(data):,} bytes")

    def put(self, name: str, data: bytes) -> None:
        """Write a file."""
        put_feed(self.path / name, data, net=self.net)

    def leave_out(self, name: str) -> None:
        """Let there be no such file and no digest of it: its list was taken back since."""
        for one in (name, f"{name}.sha256"):
            (self.path / one).unlink(missing_ok=True)


def _published(written: _Folder, one: OverlayFeed, reads: Reads, clocks: Clocks) -> str | None:
    """Write the feed of a list; returns where it comes from, None where no such list was imported."""
    try:
        listed = newest_kept(reads, one.name, clocks.known_at)
        written.publish(one.file, one.lay(reads, book_state(reads), clocks, net=written.net).as_json())
    except NoListError as error:
        say(f"Left out {one.file}: {error}")
        written.leave_out(one.file)
        return None
    return _notice(one, listed, clocks.as_of)


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
