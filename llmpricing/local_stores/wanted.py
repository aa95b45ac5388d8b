"""The servers that the settings name, and whether one of our own may stand in for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import URL, make_url

from llmpricing.local_stores.postgres import Postgres
from llmpricing.local_stores.valkey import Valkey
from llmpricing.settings import Settings, environment_name

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class WantedStore:
    """A server that the settings name; ``refusal`` says why none may be started in its place, empty: one may."""

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


def wanted_stores(settings: Settings, environ: Mapping[str, str] | None = None) -> tuple[WantedStore, WantedStore]:
    """What the settings ask for: the database and the cache."""
    environ = os.environ if environ is None else environ

    def wanted(key: str, text: str, default_port: int) -> WantedStore:
        url = make_url(text)
        url = url if url.port else url.set(port=default_port)
        return WantedStore(key, url, _refusal(key, url, settings, environ))

    return (
        wanted("sqlalchemy.url", settings.database_url, Postgres.default_port),
        wanted("redis.url", settings.redis_url, Valkey.default_port),
    )


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
