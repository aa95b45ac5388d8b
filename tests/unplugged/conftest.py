"""Stores of these tests' own, because they are frozen and killed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine

from llmpricing.local_stores import RunningStores, running_stores
from llmpricing.models import migrations
from llmpricing.settings import Settings, read_settings

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


@contextmanager
def as_superuser(stores: RunningStores, database: str = "postgres") -> Iterator[Callable[[str], None]]:
    """A way to run statements as the server's superuser, who comes in over the socket only."""
    with closing(stores.postgres._connect(database)) as connection, connection.cursor() as cursor:
        yield cursor.execute
