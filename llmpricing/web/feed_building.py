"""Builds the feeds of one version of the price book for one moment, in a process of its own: they take seconds of the
interpreter, which requests need.

python -m llmpricing.web.feed_building BOOK FILE MICROSECONDS
"""

from __future__ import annotations

import gzip
import os
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from llmpricing.book.file import open_book
from llmpricing.book.price_book import PriceBook
from llmpricing.book.rate_files import WRITERS
from llmpricing.domain.times import EPOCH
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.kept_lists import NoListError
from llmpricing.services.feeds.rate_table import rate_table
from llmpricing.services.feeds.registry import ALL_FEEDS
from llmpricing.services.memory import rare_collections
from llmpricing.services.price_book import BookState, book_state
from llmpricing.services.price_book.folder import alone
from llmpricing.services.quotes.terms import terms_at
from llmpricing.web.api.feed_bytes import NET
from llmpricing.whole_files import write_whole

KEPT = 4  # files of a folder: of now, of before, and of the next step
_LESS_THAN_REQUESTS = 10  # how nice it is to them


def built(book: PriceBook, at: datetime) -> dict[str, bytes]:
    """The feeds by name, packed by gzip, and where something was agreed with sellers those less that; those whose list
    was never imported are left out.
    """
    state = book_state(book)
    clocks = state.clocks(at, None)
    found = _built(book, state, clocks)
    if terms_at(book, state.book, clocks.known_at).contracts:
        found |= {f"{name}:{NET}": data for name, data in _built(book, state, clocks, net=True).items()}
    return found


def _built(book: PriceBook, state: BookState, clocks: Clocks, *, net: bool = False) -> dict[str, bytes]:
    found = {}
    for name, lay in ALL_FEEDS.items():
        with suppress(NoListError), rare_collections():
            found[name] = _packed(lay(book, state, clocks, net=net).as_json())
    with rare_collections():
        rates = rate_table(book, state, clocks, net=net)
    return found | {name: _packed(write(rates)) for name, write in WRITERS.items()}


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 6, mtime=0)


def main() -> None:
    """Write the file, where nobody else does; raises what keeps it from that."""
    book, out, at = Path(sys.argv[1]), Path(sys.argv[2]), EPOCH + timedelta(microseconds=int(sys.argv[3]))
    if hasattr(os, "nice"):
        os.nice(_LESS_THAN_REQUESTS)
    out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(TimeoutError), alone(out.parent, patience_s=0):
        if not out.exists():
            write_whole(out, msgspec.msgpack.encode(built(open_book(book, mapped=True).price_book, at)), 0o600)
            _leave_the_last(out.parent)


def _leave_the_last(folder: Path) -> None:
    files = sorted(folder.glob("*.feeds"), key=lambda path: path.stat().st_mtime)
    for path in files[:-KEPT]:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
