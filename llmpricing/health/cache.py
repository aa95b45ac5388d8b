"""What the cache says of itself, and what is said of a cache that does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.retry import Retry

from llmpricing.health import Probe, ProbeError, timed_out
from llmpricing.settings import Settings
from llmpricing.stores.words import NOT_LET_IN


def redis_probe(settings: Settings) -> Probe:
    """A probe of the cache: does it answer, how fast, and what is it? It reads and never writes."""

    def probe() -> Mapping[str, Any]:
        timeout_s = settings.health_timeout_s
        client = redis.Redis.from_url(
            settings.redis_url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,  # with protocol 2: no round trips before the first question
        )
        with _redis_words(timeout_s), closing(client):
            version = client.info("server")["redis_version"]
            start = monotonic()
            client.ping()
            return {"latency_ms": round((monotonic() - start) * 1000, 1), "server": version}

    return probe


@contextmanager
def _redis_words(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except redis.TimeoutError:
        raise ProbeError(timed_out(timeout_s)) from None
    except (redis.AuthenticationError, NoPermissionError):
        raise ProbeError("authentication failed: check user and password in the Redis URL") from None
    except redis.BusyLoadingError:
        raise ProbeError("not ready: the server is loading its data") from None
    except redis.RedisError as error:
        if isinstance(error.__context__, ConnectionRefusedError):
            raise ProbeError("refused: no server answers there; is Redis running?") from None
        raise ProbeError(NOT_LET_IN.line) from None
