"""What the command line reads from an ini file."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

import plaster

from llmpricing.local_stores.moved import at_our_servers
from llmpricing.settings import Settings, read_settings
from llmpricing.settings_error import SettingsError
from llmpricing.sources import registry


def stated_settings(ini: Path) -> Settings:
    """The application's settings as the ini and the environment state them; SettingsError names every problem."""
    return read_settings(_section(ini, "app:main"), lists=registry.BUNDLED)


def ini_settings(ini: Path) -> Settings:
    """The settings for work on the price book: those that the ini states, led to our own servers where they run."""
    return at_our_servers(stated_settings(ini), ini)


def listen_addresses(ini: Path) -> list[tuple[str, int]]:
    """Hosts and ports that the ini's web server will listen on, read as waitress reads them."""
    server = server_options(ini)
    given = server.get("listen") or f"{server.get('host', '0.0.0.0')}:{server.get('port', '8080')}"  # noqa: S104
    addresses = []
    for word in given.split():
        host, _, port = word.rpartition(":")
        if not port.isdigit():
            raise SettingsError([f"listen in [server:main] of {ini} must read HOST:PORT, as in localhost:6543"])
        addresses.append((host.strip("[]"), int(port)))
    return addresses


def server_options(ini: Path) -> dict[str, Any]:
    """The options of the ini's web server."""
    return _section(ini, "server:main")


def _section(ini: Path, name: str) -> dict[str, Any]:
    try:
        return dict(plaster.get_settings(str(ini), name))
    except (configparser.Error, UnicodeDecodeError):
        raise SettingsError([f"{ini} is not an ini file that can be read: look at its syntax"]) from None
