"""A scratch price book: servers of its own, the bundled prices in it, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.local_stores import running_stores
from llmpricing.models import migrations
from llmpricing.services.imports.seeding import seed

SEEDED = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True)
class ScratchBook:
    """An engine on the book, and the URLs of its stores."""

    engine: Engine
    database_url: str
    redis_url: str


@contextmanager
def scratch_book(*sources: str) -> Iterator[ScratchBook]:
    """A price book with the bundled lists of these sources, none of them for an empty one."""
    with running_stores() as stores:
        engine = create_engine(stores.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            migrations.upgrade(connection, 10)
        if sources:
            with Session(engine) as session, session.begin():
                seed(session, list(sources), SEEDED, lambda done, total: None)
        yield ScratchBook(engine, stores.database_url, stores.redis_url)
        engine.dispose()
