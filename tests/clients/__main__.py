"""Real clients on our feeds, each in an environment of its own: ``make clients``. Exits 1 where one is wrong."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.domain.components import ComponentKey
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.imports.seeding import seed
from llmpricing.sources.registry import BUNDLED, SOURCES
from tests.clients import on_ccusage, on_litellm
from tests.servers import migrated, running_servers
from tests.unplugged.serving import Site, serving

ANNOUNCED = datetime(2027, 1, 1, tzinfo=UTC)
MOMENTS = ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z")
MOVES = {"openai/gpt-4o": "1.75", "anthropic/claude-sonnet-4-5": "2.25"}  # input, per million tokens
NAMES = ("gpt-4o", "claude-sonnet-4-5")  # LiteLLM's for these
_NOW = datetime(2026, 11, 27, tzinfo=UTC)


@contextmanager
def book_with(map_: bytes) -> Iterator[tuple[Site, str]]:
    """A server on a price book of all bundled lists and this map, with prices that are announced, and the database."""
    with running_servers() as urls, tempfile.TemporaryDirectory() as folder:
        migrated(urls.database)
        engine = create_engine(urls.database, poolclass=NullPool)
        with Session(engine) as session, session.begin():
            seed(session, BUNDLED, _NOW, lambda _done, _total: None)
            reading = ReadList(map_, datetime(2026, 11, 20, tzinfo=UTC), _NOW, "LiteLLM's package")
            import_lists(session, [(SOURCES["litellm"], reading)])
            for offering, amount in MOVES.items():
                price = HeldPrice(
                    offering, ComponentKey("input_tokens", ""), Decimal(amount), 1_000_000, since=ANNOUNCED
                )
                hold_price(session, price, Decider("a test", _NOW, None))
        settings = {
            "sqlalchemy.url": urls.database,
            "redis.url": urls.redis,
            "llmpricing.environment": "development",
            "llmpricing.seed": "none",
        }
        with serving(Path(folder), settings) as site:
            yield site, urls.database


def main(home: Path, ccusage: Path | None = None) -> int:
    (found,) = home.glob(on_litellm.MAP)
    data = found.read_bytes()
    asked = on_litellm.calls(json.loads(data), NAMES)
    with book_with(data) as (site, url):
        complaints = [one for at in MOMENTS for one in on_litellm.complaints(home, site, asked, at)]
        moved = [on_litellm.quotes(site, asked[: len(NAMES)], at) for at in MOMENTS]
        if any(before == after for before, after in zip(*moved, strict=True)):
            complaints.append(f"the announced step moves nothing: {moved}")
        if ccusage is not None:
            told = [on_ccusage.complaints(ccusage, site, url, at) for at in MOMENTS]
            complaints += [one for found, _ in told for one in found]
            if told[0][1] == told[1][1]:
                complaints.append(f"the announced step moves nothing in ccusage: {told[0][1]}")
    print("\n".join(complaints[:40]) or "The clients know all that they knew, and calls cost what our quotes say")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
