"""Stores on free ports in a folder of their own, for as long as a block runs: both, or PostgreSQL alone."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from llmpricing.local_stores import ports
from llmpricing.local_stores.account import account_for
from llmpricing.local_stores.errors import StoreError
from llmpricing.local_stores.home import Home
from llmpricing.local_stores.postgres import Postgres
from llmpricing.local_stores.valkey import Valkey

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class RunningStores:
    """URLs with their passwords, and the servers: each has ``pid``, ``port`` and ``stop()``."""

    database_url: str
    redis_url: str
    postgres: Postgres
    valkey: Valkey

    def start_postgres(self) -> None:
        """Start it again where it was, after it was stopped or killed."""
        url = make_url(self.database_url)
        self.postgres.start(url.port or 0, url)

    def start_valkey(self) -> None:
        """Start it again where it was, after it was stopped or killed."""
        url = make_url(self.redis_url)
        self.valkey.start(url.port or 0, url)


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
    with _scratch_home(folder, durable=durable) as home:
        database_url = _loopback_url(role, password, database)
        redis_url = URL.create("redis", host=_HOST, port=ports.any_free_port(), database="0")
        stores = RunningStores(_text(database_url), _text(redis_url), home.postgres, home.valkey)
        stores.start_postgres()
        stores.start_valkey()
        yield stores


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of an empty database that only this process knows how to enter; server and data are gone afterwards."""
    with _scratch_home(None, durable=False) as home:
        url = _loopback_url("llmpricing", secrets.token_urlsafe(18), "llmpricing_scratch")
        home.postgres.start(url.port or 0, url)
        yield _text(url)


@contextmanager
def _scratch_home(folder: Path | None, *, durable: bool) -> Iterator[Home]:
    """A home whose servers end with the block, or with this process; without a folder its data goes too."""
    with _temporary_folder() if folder is None else nullcontext(folder.resolve()) as place:
        home = Home(place, account_for(place / "pgdata"), durable=durable)
        home.create()
        if not home.account.can_enter(place):
            raise StoreError(f"User nobody, who runs PostgreSQL for root, cannot enter {place}.\nNext: choose another.")
        with _ended_with_us(home, remove=folder is None):
            try:
                yield home
            finally:
                home.stop()


def _loopback_url(role: str, password: str, database: str) -> URL:
    return URL.create("postgresql+psycopg2", role, password, _HOST, ports.any_free_port(), database)


@contextmanager
def _ended_with_us(home: Home, *, remove: bool) -> Iterator[None]:
    """Leave no servers behind when this process is killed: a shell notices that its standard input has ended."""
    files = [server.folder / server.pid_file_name for server in (home.postgres, home.valkey)]
    script = 'read _; for file; do kill -KILL "$(head -n 1 "$file")"; done'
    script += '; sleep 1; rm -rf "$0"' if remove else ""
    with subprocess.Popen(  # noqa: S603 - a fixed script
        ["/bin/sh", "-c", script, home.folder, *files],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as watcher:
        try:
            yield
        finally:
            watcher.kill()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="llmpricing-"))
    folder.chmod(0o711)  # nobody passes through to the data folders, which are its own
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
