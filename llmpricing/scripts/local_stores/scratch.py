"""Both stores on free ports in a folder of their own, for as long as a block runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from llmpricing.scripts.local_stores import ports
from llmpricing.scripts.local_stores.account import account_for
from llmpricing.scripts.local_stores.errors import StoreError
from llmpricing.scripts.local_stores.home import Home
from llmpricing.scripts.local_stores.postgres import Postgres
from llmpricing.scripts.local_stores.valkey import Valkey


@dataclass(frozen=True)
class RunningStores:
    """URLs with passwords, and the servers: ``pid``, ``port``, ``stop()``, ``start(port, url)``."""

    database_url: str
    redis_url: str
    postgres: Postgres
    valkey: Valkey


@contextmanager
def running_stores(
    folder: Path | None = None,
    *,
    role: str = "llmpricing",
    password: str = "dev_password",  # noqa: S107 - public by design
    database: str = "llmpricing_test",
    durable: bool = False,
) -> Iterator[RunningStores]:
    """Start both, stop both; without a folder the data is gone afterwards. As root, nobody must reach the folder."""
    if folder is None:
        with (
            _temporary_folder() as temporary,
            running_stores(temporary, role=role, password=password, database=database, durable=durable) as stores,
        ):
            yield stores
        return
    folder = folder.resolve()
    home = Home(folder, account_for(folder / "pgdata"), durable=durable)
    home.create()
    if not home.account.can_enter(folder):
        raise StoreError(f"User nobody, who runs PostgreSQL for root, cannot reach {folder}.\nNext: choose another.")
    database_url = URL.create("postgresql+psycopg2", role, password, "127.0.0.1", ports.any_free_port(), database)
    redis_url = URL.create("redis", host="127.0.0.1", port=ports.any_free_port(), database="0")
    try:
        home.postgres.start(database_url.port or 0, database_url)
        home.valkey.start(redis_url.port or 0, redis_url)
        yield RunningStores(
            database_url.render_as_string(hide_password=False), str(redis_url), home.postgres, home.valkey
        )
    finally:
        home.stop()


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="llmpricing-"))
    folder.chmod(0o711)  # nobody passes through to the data folders, which are its own
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
