"""What the cache says of itself, whether it takes writes, and what is said of a cache that does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from threading import Condition, Thread
from time import monotonic
from typing import Any

import redis
import structlog
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, OutOfMemoryError, ReadOnlyError
from redis.retry import Retry

from llmpricing.health import Probe, ProbeError, timed_out
from llmpricing.settings import Settings
from llmpricing.stores.words import NOT_LET_IN

TRIAL_KEY = "llmpricing:health"
TRIAL_TTL_S = 10
TRIAL_INTERVAL_S = 2.0
IDLE_AFTER_S = 60.0  # nobody asks any more: nothing is written either
log = structlog.get_logger(__name__)


def redis_probe(settings: Settings, takes_writes: Callable[[float], None] | None = None) -> Probe:
    """A probe of the cache: does it answer a read, how fast, what is it, and what did the last trial write meet?

    It never writes itself: ``takes_writes(timeout_s)`` raises what the trial met.
    """

    def probe() -> Mapping[str, Any]:
        start = monotonic()
        with _redis_words(settings.health_timeout_s), closing(_client(settings)) as client:
            version = _version(client)
            asked = monotonic()
            client.get(TRIAL_KEY)
            found = {"latency_ms": round((monotonic() - asked) * 1000, 1), "server": version}
        if takes_writes is not None:
            try:
                takes_writes(max(0.05, start + settings.health_timeout_s - monotonic()))
            except ProbeError as error:
                raise ProbeError(str(error), found) from None
        return found

    return probe


class WriteTrial:
    """Tries in a thread of its own, every TRIAL_INTERVAL_S while somebody asks, whether the cache takes writes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._changed = Condition()
        self._running = False
        self._asked_at = 0.0
        self._tried_at = 0.0
        self._error: str | None = None

    def __call__(self, timeout_s: float) -> None:
        """Raises ProbeError if the last trial failed; waits for one where the last is too old to say anything."""
        with self._changed:
            self._asked_at = monotonic()
            if not self._running:
                self._running = True
                Thread(target=self._run, name="cache write trial", daemon=True).start()
            if not self._changed.wait_for(self._is_fresh, timeout_s):
                raise ProbeError("timed out: no write was answered in time")
            if self._error:
                raise ProbeError(self._error)

    def _is_fresh(self) -> bool:
        return monotonic() - self._tried_at < 2 * TRIAL_INTERVAL_S + self._settings.health_timeout_s

    def _run(self) -> None:
        while True:
            error = self._try()
            with self._changed:
                if error and error != self._error:
                    log.warning("cache_takes_no_writes", reason=error)
                self._error, self._tried_at = error, monotonic()
                self._changed.notify_all()
                self._changed.wait_for(self._is_idle, TRIAL_INTERVAL_S)
                if self._is_idle():
                    self._running = False
                    return

    def _is_idle(self) -> bool:
        return monotonic() - self._asked_at > IDLE_AFTER_S

    def _try(self) -> str | None:
        try:
            with _redis_words(self._settings.health_timeout_s), closing(_client(self._settings)) as client:
                client.set(TRIAL_KEY, b"1", ex=TRIAL_TTL_S)
        except ProbeError as error:
            return str(error)
        return None


def _client(settings: Settings) -> redis.Redis:
    return redis.Redis.from_url(
        settings.redis_url,
        socket_timeout=settings.health_timeout_s,
        socket_connect_timeout=settings.health_timeout_s,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        driver_info=None,  # with protocol 2: no round trips before the first question
    )


def _version(client: redis.Redis) -> str | None:
    """The server's version; None where the user may not ask for it, which no request does."""
    with suppress(NoPermissionError):
        version: str = client.info("server")["redis_version"]
        return version
    return None


@contextmanager
def _redis_words(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except redis.TimeoutError:
        raise ProbeError(timed_out(timeout_s)) from None
    except NoPermissionError:
        raise ProbeError("no rights: the user needs GET and SET on keys llmpricing:*; see ACL SETUSER") from None
    except redis.AuthenticationError:
        raise ProbeError("authentication failed: check user and password in the Redis URL") from None
    except redis.BusyLoadingError:
        raise ProbeError("not ready: the server is loading its data") from None
    except ReadOnlyError:
        raise ProbeError("read-only: the server is a replica; point redis.url at its primary") from None
    except OutOfMemoryError:
        raise ProbeError("out of memory: raise maxmemory, or set maxmemory-policy allkeys-lru") from None
    except redis.ResponseError as error:
        raise ProbeError(_refusal(str(error))) from None
    except redis.RedisError as error:
        if isinstance(error.__context__, ConnectionRefusedError):
            raise ProbeError("refused: no server answers there; is Redis running?") from None
        raise ProbeError(NOT_LET_IN.line) from None


def _refusal(text: str) -> str:
    if text.startswith(("NOREPLICAS", "MISCONF")):
        return "read-only: the server has too few replicas or cannot save to its disk; see its log"
    if text.startswith("NOAUTH"):
        return "authentication failed: check user and password in the Redis URL"
    return NOT_LET_IN.line
