"""Redis with time budgets: it may save work, it may never stop it. What it cannot answer is built."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import Any

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from llmpricing.settings import Settings

PREFIX = "llmpricing:"
PAUSE_S = 1.0
WAIT_FOR_OTHERS_S = 2.0
log = structlog.get_logger(__name__)


class Cache:
    """Bytes under keys that begin with ``llmpricing:``, each with a time to live. No method raises for Redis' sake.

    Each answer of Redis is waited for ``timeout_s`` at most; after a failure nobody asks again for PAUSE_S.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),  # the default retries: 10 s instead of 0.5 s on a frozen server
            protocol=2,
            driver_info=None,  # with protocol 2: no round trips, each with its own timeout, before the first question
        )
        self._paused_until = 0.0
        self._building: dict[str, Future[bytes]] = {}
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        """The value, or None where there is none or Redis is away."""
        value: bytes | None = self._ask(lambda: self._redis.get(PREFIX + key))
        return value

    def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep the value for ``ttl_s`` seconds, if Redis lets us."""
        if ttl_s <= 0:
            raise ValueError("a cached value lives for more than 0 seconds")
        self._ask(lambda: self._redis.set(PREFIX + key, value, px=max(1, round(ttl_s * 1000))))

    def remember(
        self,
        key: str,
        ttl_s: float,
        build: Callable[[], bytes],
        is_sound: Callable[[bytes], bool] = lambda _value: True,
    ) -> bytes:
        """The value under the key, built and kept for ``ttl_s`` where there is none that ``is_sound``.

        Of many that ask at once in this process one builds; the others wait for its value, for WAIT_FOR_OTHERS_S at
        most, and build their own when it is late or has failed.
        """
        with self._lock:
            others = self._building.get(key)
            if others is None:
                mine = self._building[key] = Future()
        if others is None:
            return self._lead(key, ttl_s, build, is_sound, mine)
        with suppress(TimeoutError, CancelledError):
            return others.result(WAIT_FOR_OTHERS_S)
        return build()

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _lead(
        self,
        key: str,
        ttl_s: float,
        build: Callable[[], bytes],
        is_sound: Callable[[bytes], bool],
        promise: Future[bytes],
    ) -> bytes:
        try:
            value = self.get(key)
            if value is not None and not is_sound(value):
                log.warning("cache_garbage", key=key)
                value = None
            if value is None:
                value = build()
                self.set(key, value, ttl_s)
            promise.set_result(value)
            return value
        finally:
            promise.cancel()  # to no effect where it was kept
            with self._lock:
                del self._building[key]

    def _ask(self, question: Callable[[], Any]) -> Any:
        if monotonic() < self._paused_until:
            return None
        try:
            return question()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            self._paused_until = monotonic() + PAUSE_S
            log.warning("cache_away", reason=type(error).__name__)
        except redis.RedisError as error:  # out of memory, not our type, no permission: the next key may do
            log.warning("cache_refused", reason=type(error).__name__)
        return None


def includeme(config: Any) -> None:
    """Give every request ``request.cache``, one Cache for the process."""
    settings: Settings = config.registry.settings["llmpricing"]
    cache = Cache(settings.redis_url, settings.redis_timeout_s)
    config.registry.setdefault("llmpricing.closing", []).append(cache.close)
    config.add_request_method(lambda _request: cache, "cache", property=True)
