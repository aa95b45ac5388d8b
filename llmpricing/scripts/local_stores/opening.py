"""Which servers to use: those that the settings name, or our own in their place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from llmpricing.scripts.local_stores import ports
from llmpricing.scripts.local_stores.errors import StoreError
from llmpricing.scripts.local_stores.home import Home
from llmpricing.scripts.local_stores.postgres import Postgres
from llmpricing.scripts.local_stores.probes import ask_patiently, claim_cache
from llmpricing.scripts.local_stores.valkey import Valkey
from llmpricing.settings import Settings, environment_name

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
Say = Callable[[str], None]
Server = Postgres | Valkey


@dataclass(frozen=True)
class Wanted:
    """A server that the settings name, and why none may be started in its place (empty: one may)."""

    key: str
    url: URL
    refusal: str

    @property
    def variable(self) -> str:
        """The environment variable that overrides the URL."""
        return environment_name(self.key)

    @property
    def place(self) -> str:
        """Host and port, as people write them."""
        return f"{self.url.host}:{self.url.port}"


@dataclass(frozen=True)
class OpenStore:
    """A server that answered, and the process if it is our own."""

    url: URL
    server: Server | None

    @property
    def text(self) -> str:
        """The URL with its password, for programs."""
        return self.url.render_as_string(hide_password=False)


@dataclass(frozen=True)
class OpenStores:
    """Both stores, ready to be used."""

    database: OpenStore
    cache: OpenStore

    def environment(self) -> dict[str, str]:
        """Variables by which a child process finds these stores."""
        return {
            environment_name("sqlalchemy.url"): self.database.text,
            environment_name("redis.url"): self.cache.text,
        }

    def check(self) -> None:
        """StoreError in plain words if a server of our own has ended."""
        for store in (self.database, self.cache):
            if store.server is not None and store.server.pid is None:
                raise StoreError(
                    f"{store.server.how_it_ended()}\n"
                    "Nothing committed is lost. Next: read these lines, then run the command again."
                )


def wanted_stores(settings: Settings, environ: Mapping[str, str] | None = None) -> tuple[Wanted, Wanted]:
    """What the settings ask for: the database and the cache."""
    environ = os.environ if environ is None else environ

    def wanted(key: str, text: str, default_port: int) -> Wanted:
        url = make_url(text)
        url = url if url.port else url.set(port=default_port)
        return Wanted(key, url, _refusal(key, url, settings, environ))

    return (
        wanted("sqlalchemy.url", settings.database_url, Postgres.default_port),
        wanted("redis.url", settings.redis_url, Valkey.default_port),
    )


@contextmanager
def used_stores(settings: Settings, home: Home, say: Say) -> Iterator[OpenStores]:
    """Stores for as long as they are needed; our own servers end with their last user, unless they are kept."""
    home.create()
    with home.joined() as am_last:
        try:
            yield open_stores(settings, home, say)
        finally:
            with home.locked(say):
                if not home.kept and am_last():
                    stopped = home.stop()
                    if stopped:
                        say(f"Stopped {' and '.join(stopped)}; the data stays in {shown(home.folder)}.")
                elif home.postgres.pid or home.valkey.pid:
                    say(
                        "The embedded servers go on until "
                        + ("`llmpricing stores down`." if home.kept else "their last user ends.")
                    )


def open_stores(settings: Settings, home: Home, say: Say) -> OpenStores:
    """Both stores, each found or started; StoreError says what is wrong and what to do next."""
    database, cache = wanted_stores(settings)
    home.create()
    with home.locked(say):
        opened = OpenStores(_open(database, home.postgres, say), _open(cache, home.valkey, say))
        claim_cache(opened.cache.url)
    return opened


def shown(path: Path) -> str:
    """A path as short as it can be said here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _open(wanted: Wanted, server: Server, say: Say) -> OpenStore:
    answer = ask_patiently(server.ask, wanted.url, say)
    own = server.pid is not None and server.port == wanted.url.port
    if answer.ready:
        say(f"{server.label}: using the server at {wanted.place}{_whose(server) if own else ''}.")
        return OpenStore(wanted.url, server if own else None)
    if wanted.refusal:
        raise StoreError(f"{server.label} at {wanted.place} cannot be used: {answer.reason}.\n{wanted.refusal}")
    moved = wanted.url.set(port=server.port or wanted.url.port)
    if server.pid is not None and server.admits(moved):
        say(f"{server.label}: using the server at {moved.host}:{moved.port}{_whose(server)}.")
        return OpenStore(moved, server)
    server.stop()  # it runs but does not answer
    return _start(wanted, server, answer.reason, say)


def _start(wanted: Wanted, server: Server, reason: str, say: Say) -> OpenStore:
    url, port = wanted.url, wanted.url.port or server.default_port
    if not ports.is_free(port):
        url = url.set(port=ports.free_port_after(port, server.port))
        say(f"{server.label}: the server at {wanted.place} is not ours ({reason}); ours takes port {url.port}.")
    server.start(url.port or port, url)
    answer = server.ask(url)
    if not answer.ready:
        raise StoreError(
            f"The embedded {server.label} runs at {url.host}:{url.port}, but {answer.reason}.\n"
            f"Next: compare {wanted.key} in the ini file; `llmpricing stores status` shows what runs."
        )
    say(f"{server.label}: started at {url.host}:{url.port}, data in {shown(server.folder)}.")
    return OpenStore(url, server)


def _whose(server: Server) -> str:
    return f", started earlier by llmpricing (process {server.pid}, data in {shown(server.folder)})"


def _refusal(key: str, url: URL, settings: Settings, environ: Mapping[str, str]) -> str:
    name = environment_name(key)
    if environ.get(name, "").strip():
        return (
            f"{name} names this server, so none is started in its place.\n"
            f"Next: start that server, correct {name}, or unset it to use the ini file's {key}."
        )
    if settings.environment == "production":
        return f"In production llmpricing starts no servers of its own.\nNext: start that server, or correct {key}."
    if url.host not in LOCAL_HOSTS:
        return f"It is not on this machine, so llmpricing cannot start it.\nNext: start it there, or correct {key}."
    if not url.password and key == "sqlalchemy.url":
        return f"Next: name a password in {key}; the embedded server lets nobody in without one."
    return ""
