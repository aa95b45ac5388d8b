"""The embedded cache: Valkey, which speaks Redis."""

from __future__ import annotations

import signal
from typing import ClassVar

import redis
from sqlalchemy.engine import URL

from llmpricing.local_stores.binaries import binaries_for
from llmpricing.local_stores.probes import ask_cache, cache_client, claim_cache
from llmpricing.local_stores.processes import ServerProcess

START_TIMEOUT_S = 30.0


class Valkey(ServerProcess):
    """A Valkey server of our own on 127.0.0.1 and ::1, bounded in memory, its writes kept over a crash."""

    label: ClassVar[str] = "Redis"
    program: ClassVar[str] = "valkey-server"
    pid_file_name: ClassVar[str] = "valkey.pid"
    default_port: ClassVar[int] = 6379
    stop_signals: ClassVar[tuple[tuple[signal.Signals, float], ...]] = ((signal.SIGTERM, 10), (signal.SIGKILL, 5))
    ask = staticmethod(ask_cache)

    def start(self, port: int, url: URL) -> None:
        """Start with the URL's password and wait for its PONG: its port opens while it still loads."""
        self.stop()
        binaries = binaries_for(self.account, self.folder.parent)
        self.account.make_private(self.folder)
        self._end_orphans()  # a server whose pid file was lost: two must never write one folder
        # Through the standard input: arguments, and with them the password, would show in the process list.
        self._launch([binaries.valkey, "-"], port, self._configuration(port, url))
        self._wait_until(lambda: _pongs(url.set(port=port)), START_TIMEOUT_S)
        self._admit(url.set(port=port))

    def _admit(self, url: URL) -> bool:
        """Our own server is ours, even where its marker was lost."""
        try:
            claim_cache(url)
        except redis.exceptions.RedisError:
            return False
        return True

    def _configuration(self, port: int, url: URL) -> str:
        settings = {
            "bind": "127.0.0.1 -::1",
            "port": str(port),
            "dir": _quoted(str(self.folder)),
            "pidfile": _quoted(str(self.folder / self.pid_file_name)),
            "databases": str(max(16, int(url.database or 0) + 1)),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": "256mb",
            "maxmemory-policy": "allkeys-lru",
        }
        if url.password and url.username:
            settings["user"] = f"{_quoted(url.username)} on {_quoted('>' + str(url.password))} ~* &* +@all"
        elif url.password:
            settings["requirepass"] = _quoted(str(url.password))
        return "".join(f"{name} {value}\n" for name, value in settings.items())


def _pongs(url: URL) -> bool:
    try:
        with cache_client(url) as client:
            return bool(client.ping())
    except redis.exceptions.RedisError:
        return False


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
