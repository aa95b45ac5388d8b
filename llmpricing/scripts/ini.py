"""What the command line reads from an ini file."""

from __future__ import annotations

import configparser
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import plaster
from sqlalchemy import make_url

from llmpricing.local_stores.home import moved_ports
from llmpricing.local_stores.wanted import LOCAL_HOSTS
from llmpricing.settings import Settings, SettingsError, environment_name, read_settings
from llmpricing.sources import registry


def stated_settings(ini: Path) -> Settings:
    """The application's settings as the ini and the environment state them; SettingsError names every problem."""
    return read_settings(_section(ini, "app:main"), lists=registry.BUNDLED)


def ini_settings(ini: Path) -> Settings:
    """The settings for work on the price book: where a server of our own runs on another port than the ini names,
    since that one was taken, it is the one meant. The environment's word and production's ini are left alone.
    """
    settings = stated_settings(ini)
    moved = moved_ports(ini) if settings.environment == "development" else {}
    found: dict[str, Any] = {
        name: _moved(getattr(settings, name), *moved[key])
        for name, key in (("database_url", "sqlalchemy.url"), ("redis_url", "redis.url"))
        if key in moved and not os.environ.get(environment_name(key), "").strip()
    }
    return replace(settings, **found)


def _moved(text: str, named: int, taken: int) -> str:
    url = make_url(text)
    if url.host not in LOCAL_HOSTS or url.port not in (named, None):
        return text
    return url.set(port=taken).render_as_string(hide_password=False)


def listen_addresses(ini: Path) -> list[tuple[str, int]]:
    """Hosts and ports that the ini's web server will listen on, read as waitress reads them."""
    server = _section(ini, "server:main")
    given = server.get("listen") or f"{server.get('host', '0.0.0.0')}:{server.get('port', '8080')}"  # noqa: S104
    addresses = []
    for word in given.split():
        host, _, port = word.rpartition(":")
        if not port.isdigit():
            raise SettingsError([f"listen in [server:main] of {ini} must read HOST:PORT, as in localhost:6543"])
        addresses.append((host.strip("[]"), int(port)))
    return addresses


def _section(ini: Path, name: str) -> dict[str, Any]:
    try:
        return dict(plaster.get_settings(str(ini), name))
    except (configparser.Error, UnicodeDecodeError):
        raise SettingsError([f"{ini} is not an ini file that can be read: look at its syntax"]) from None
