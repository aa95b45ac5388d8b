"""The tests' servers and databases: one pair of servers a run, shared by all workers; a template is filled once."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from llmpricing.local_stores import running_stores
from llmpricing.models import migrations

OBJECT_IN_USE = "55006"
REDIS_DATABASES = 16


@dataclass(frozen=True)
class StoreUrls:
    """Where the tests' servers answer; the role may create databases, whose names begin with ``run``."""

    database: str
    redis: str
    run: str

    def as_text(self) -> dict[str, str]:
        """As it travels to a worker."""
        return asdict(self)

    def of_worker(self, number: int) -> StoreUrls:
        """The same servers with a cache database of the worker's own."""
        cache = make_url(self.redis).set(database=str(number % REDIS_DATABASES))
        return StoreUrls(self.database, cache.render_as_string(hide_password=False), self.run)


@contextmanager
def running_servers() -> Iterator[StoreUrls]:
    """PostgreSQL and a Redis-compatible server, the environment's where it names them; the run's databases go."""
    run = f"test_{uuid.uuid4().hex[:8]}"
    database, redis = os.environ.get("LLMPRICING_TEST_DATABASE_URL"), os.environ.get("LLMPRICING_TEST_REDIS_URL")
    if database and redis:
        with _cleaned(StoreUrls(database, redis, run)) as urls:
            yield urls
        return
    with (
        running_stores() as stores,
        _cleaned(StoreUrls(database or stores.database_url, redis or stores.redis_url, run)) as urls,
    ):
        yield urls


@contextmanager
def _cleaned(urls: StoreUrls) -> Iterator[StoreUrls]:
    try:
        yield urls
    finally:
        with _server(urls).connect() as connection:
            mine = text("select datname from pg_database where starts_with(datname, :run)")
            for name in connection.scalars(mine, {"run": urls.run}).all():
                drop(connection, name)


def _server(urls: StoreUrls) -> Engine:
    return create_engine(urls.database, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def _create(server: Engine, statement: str) -> None:
    """Make or rename a database; again if the server's own workers happen to look at its template at that moment."""
    for attempt in range(5):
        try:
            with server.connect() as connection:
                connection.execute(text(statement))
            return
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None) != OBJECT_IN_USE or attempt == 4:
                raise


def drop(connection: Connection, name: str) -> None:
    """Drop a database of a test, and end who still asks it: our role, and roles that it made."""
    # WITH (FORCE) would end an autovacuum worker too, which our role may not; a plain DROP waits for it.
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = :name and backend_type = :kind"
    connection.execute(text(ended), {"name": name, "kind": "client backend"})
    connection.execute(text(f"drop database {name}"))


@contextmanager
def new_database(urls: StoreUrls, template: str | None = None) -> Iterator[str]:
    """The URL of a database of one's own, empty or a copy of ``template``; dropped afterwards."""
    name = f"{urls.run}_{uuid.uuid4().hex[:12]}"
    server = _server(urls)
    _create(server, f"create database {name}" + (f" template {template}" if template else ""))
    url = make_url(urls.database).set(database=name)
    if template:  # a copy is another price book than its template
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text("update catalogue set book = gen_random_uuid()"))
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            drop(connection, name)


@contextmanager
def read_only_database(urls: StoreUrls, template: str) -> Iterator[str]:
    """The URL of a copy of ``template`` that takes no writes, for many tests that only read."""
    with new_database(urls, template) as url:
        with create_engine(url, poolclass=NullPool).begin() as connection:
            name = make_url(url).database
            connection.execute(text(f"alter database {name} set default_transaction_read_only = on"))
        yield url


def template(urls: StoreUrls, name: str, fill: Callable[[str], None], base: str | None = None) -> str:
    """Name of a database to copy: the template ``base`` or an empty one, and what is filled in by its URL. The first
    worker that asks fills it while the others wait.
    """
    found = f"{urls.run}_{name}"
    with _server(urls).connect() as connection:
        connection.execute(text("select pg_advisory_lock(hashtext(:name))"), {"name": found})
        if not connection.scalar(text("select 1 from pg_database where datname = :name"), {"name": found}):
            building = f"{found}_new"
            connection.execute(text(f"drop database if exists {building}"))  # of a worker that could not fill it
            _create(_server(urls), f"create database {building}" + (f" template {base}" if base else ""))
            fill(make_url(urls.database).set(database=building).render_as_string(hide_password=False))
            _create(_server(urls), f"alter database {building} rename to {found}")
    return found


def migrated(url: str) -> None:
    """Bring the schema of the database to head, as initialize_llmpricing_db does."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        migrations.upgrade(connection, lock_timeout_s=10)
