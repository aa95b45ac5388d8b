"""Settings that lead to our own servers where these run on other ports than an ini file names."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from llmpricing.local_stores.home import moved_ports
from llmpricing.local_stores.wanted import LOCAL_HOSTS
from llmpricing.settings import Settings, environment_name


def at_our_servers(settings: Settings, ini: Path) -> Settings:
    """The settings; where a server of our own runs on another port than the ini names, since that one was taken, it is
    the one meant. The environment's word and production's ini are left alone.
    """
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
