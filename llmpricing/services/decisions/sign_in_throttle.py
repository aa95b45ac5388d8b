"""How often somebody may try to sign in, counted in Redis for all processes: without it nobody is let in.

Redis forgets what it has no room for, and whoever asks much can fill it; so each process counts by itself as well.
"""

from __future__ import annotations

from functools import cached_property
from ipaddress import ip_address, ip_network
from itertools import product
from math import ceil
from time import time
from typing import Any

import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from llmpricing.services.decisions.access_tokens import digest_of
from llmpricing.settings import Settings

_BY_ADDRESS = ("10 per minute", "60 per hour")
_BY_NAME = ("10 per minute", "30 per hour")
_PREFIX = "llmpricing:sign-in"
log = structlog.get_logger()


class ThrottleAway(Exception):
    """Attempts cannot be counted, for Redis does not answer."""


class SignInThrottle:
    """Counts attempts by name and by client. Each answer of Redis is waited for ``redis_timeout_s`` at most."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _storage(self) -> Any:
        from limits.storage.redis import RedisStorage  # by who first signs in: most processes let nobody in

        options: dict[str, Any] = {
            "socket_timeout": self._settings.redis_timeout_s,
            "socket_connect_timeout": self._settings.redis_timeout_s,
            "retry": Retry(NoBackoff(), 0),
            "protocol": 2,
            "driver_info": None,
        }
        return RedisStorage(self._settings.redis_url, key_prefix=_PREFIX, wrap_exceptions=True, **options)

    @cached_property
    def _own_storage(self) -> Any:
        from limits.storage.memory import MemoryStorage

        return MemoryStorage()

    def close(self) -> None:
        """Close the connections, where there are any."""
        if "_storage" in vars(self):
            self._storage.get_connection().close()

    def wait_s(self, name: str, address: str) -> int:
        """Count an attempt. 0 where it may be made, else after how many seconds the next one may.

        A name is counted whether anybody has it or not. Raises ThrottleAway.
        """
        from limits import parse
        from limits.errors import StorageError
        from limits.strategies import MovingWindowRateLimiter

        limiters = [MovingWindowRateLimiter(storage) for storage in (self._own_storage, self._storage)]
        asked = [(parse(most), "address", _network(address)) for most in _BY_ADDRESS]
        asked += [(parse(most), "name", digest_of(name.casefold())) for most in _BY_NAME]
        try:
            for limiter, one in product(limiters, asked):
                if not limiter.hit(*one):
                    return max(1, ceil(limiter.get_window_stats(*one).reset_time - time()))
            return 0
        except StorageError as error:
            log.warning("throttle_away", reason=type(error.storage_error).__name__)
            raise ThrottleAway from error


def _network(address: str) -> str:
    """Whom an address stands for: of IPv6 one client has a whole /64, but for an IPv4 address written so."""
    try:
        found = ip_address(address)
    except ValueError:
        return "none"
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)
