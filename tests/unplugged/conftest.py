"""Stores of these tests' own, because they are frozen, killed and filled up here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from llmpricing.local_stores import RunningStores, running_stores
from llmpricing.models import migrations
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.scores.importing_scores import import_scores
from llmpricing.settings import Settings, read_settings
from llmpricing.sources.registry import SOURCES
from tests.lists import small_list
from tests.unplugged.disks import SmallDisk, small_disk
from tests.unplugged.faults import wait_until
from tests.unplugged.priced import PATIENCE_S, READY, SCORES, VERSION
from tests.unplugged.serving import Site, serving

MakeSettings = Callable[..., Settings]


@pytest.fixture(scope="session")
def stores() -> Iterator[RunningStores]:
    """PostgreSQL with our schema, and Valkey."""
    with running_stores(password="not-for-your-eyes") as running:
        engine = create_engine(running.database_url)
        with engine.connect() as connection:
            migrations.upgrade(connection, lock_timeout_s=10)
        engine.dispose()
        yield running


@pytest.fixture(scope="session")
def make_settings(stores: RunningStores) -> MakeSettings:
    """Settings for the stores, or with parts of them replaced: ``make_settings(database_port=1)``."""

    def make(database_port: int | None = None, redis_port: int | None = None, **ini: Any) -> Settings:
        urls = {"sqlalchemy.url": stores.database_url, "redis.url": stores.redis_url}
        for key, port in (("sqlalchemy.url", database_port), ("redis.url", redis_port)):
            if port is not None:
                urls[key] = urls[key].replace(f":{urlsplit(urls[key]).port}", f":{port}")
        given = {name if "." in name else f"llmpricing.{name}": str(value) for name, value in ini.items()}
        return read_settings(urls | given, environ={})

    return make


@pytest.fixture(scope="session")
def disk() -> Iterator[SmallDisk | None]:
    """Where the database with the small price book lies, if this machine lets us have a disk for it."""
    with small_disk() as found:
        yield found


@pytest.fixture(scope="session")
def priced_stores(disk: SmallDisk | None) -> Iterator[RunningStores]:
    """Stores with a small price book, for what answers from a book in memory."""
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with running_stores(disk.folder if disk else None, password="not-for-your-eyes") as running:
        engine = create_engine(running.database_url)
        with engine.connect() as connection:
            migrations.upgrade(connection, lock_timeout_s=10)
        with Session(engine) as session, session.begin():
            reading = ReadList(small_list(), datetime(2026, 11, 10, tzinfo=UTC), now, "bundled 0.2.3")
            import_lists(session, [(SOURCES["genai-prices"], reading)])
            import_scores(session, Decider("Ada", now), SCORES, "scores.csv")
        engine.dispose()
        yield running


@pytest.fixture(scope="session")
def serve_book(priced_stores: RunningStores, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """serve_book(folder, part=value...) as a block: the application with the book's files there, and the database at
    its URL or at one of which parts are others; ``redis_url`` is that of another cache.
    """

    def start(folder: Any, redis_url: str = priced_stores.redis_url, **parts: Any) -> Any:
        url = make_url(priced_stores.database_url).set(**parts)
        urls = {
            "sqlalchemy.url": url.render_as_string(hide_password=False),
            "redis.url": redis_url,
            "llmpricing.book_dir": str(folder),
            "llmpricing.environment": "development",  # whoever is on this machine is an operator
        }
        return serving(tmp_path_factory.mktemp("served"), urls)

    return start


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Where the files are."""
    return tmp_path_factory.mktemp("books")


@pytest.fixture(scope="session")
def with_book(serve_book: Any, folder: Any) -> Iterator[Site]:
    """One application that lives through everything its stores suffer."""
    with serve_book(folder) as found:
        yield found


@pytest.fixture
def book_site(with_book: Site) -> Site:
    """That application, which holds the book and knows that it is the newest."""
    wait_until(lambda: with_book.get(READY).json == {"status": "ready", "book": VERSION, "stale": False}, PATIENCE_S)
    return with_book


@contextmanager
def as_superuser(stores: RunningStores, database: str = "postgres") -> Iterator[Callable[[str], None]]:
    """A way to run statements as the server's superuser, who comes in over the socket only."""
    with closing(stores.postgres._connect(database)) as connection, connection.cursor() as cursor:
        yield cursor.execute
