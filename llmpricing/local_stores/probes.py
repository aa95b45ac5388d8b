"""Asking a server whether it is the one that a URL means: by logging in, and for Redis by our marker key."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.engine import URL

from llmpricing.stores.connect_failures import ConnectFailure, connect_failure
from llmpricing.stores.words import NOT_LET_IN, words_for

MARKER = "llmpricing:marker"
ANSWER_TIMEOUT_S = 2
START_PATIENCE_S = 10.0  # a container opens its port long before its server answers


@dataclass(frozen=True)
class ServerAnswer:
    """What a server said: usable, or why not in plain words; ``starting`` when it may be usable soon."""

    ready: bool
    reason: str = ""
    starting: bool = False


_NO_LOGIN = (ConnectFailure.UNKNOWN_HOST, ConnectFailure.NO_ROUTE, ConnectFailure.TIMED_OUT)
_STARTING = (ConnectFailure.STARTING, ConnectFailure.REPAIRING, ConnectFailure.CUT)


def ask_database(url: URL) -> ServerAnswer:
    """Log in as the URL's role to the URL's database."""
    _, arguments = url.get_dialect()().create_connect_args(url)
    try:
        with closing(psycopg2.connect(**{"connect_timeout": ANSWER_TIMEOUT_S, **arguments})):
            return ServerAnswer(True)
    except psycopg2.Error as error:
        failure, words = connect_failure(error), words_for(error) or NOT_LET_IN
    reason = words.what
    if failure is ConnectFailure.REFUSED:
        reason = "nothing listens there"
    elif failure not in _NO_LOGIN:
        reason = f"{words.what}, for role {url.username} and database {url.database}"
    return ServerAnswer(False, reason, failure in _STARTING)


def ask_cache(url: URL) -> ServerAnswer:
    """Whether the URL's database is empty or bears our marker; writes nothing."""
    with cache_client(url) as client:
        try:
            if client.exists(MARKER) or client.dbsize() == 0:
                return ServerAnswer(True)
        except redis.exceptions.BusyLoadingError:
            return ServerAnswer(False, "it is still starting", starting=True)
        except redis.exceptions.AuthenticationError:
            return ServerAnswer(False, "it wants another password")
        except redis.exceptions.TimeoutError:
            return ServerAnswer(False, f"it does not answer within {ANSWER_TIMEOUT_S} s")
        except redis.exceptions.ConnectionError as error:
            return _no_connection(str(error))
        except redis.exceptions.RedisError:
            return ServerAnswer(False, "it does not answer as Redis does")
    return ServerAnswer(
        False, f"its database {url.database or 0} holds keys of something else and not our marker {MARKER}"
    )


def claim_cache(url: URL) -> None:
    """Leave our marker in the URL's database, so that it counts as ours from now on."""
    with cache_client(url) as client:
        client.set(MARKER, "1")


def cache_client(url: URL) -> redis.Redis:
    """A client that waits briefly and never retries by itself."""
    return redis.Redis.from_url(
        url.render_as_string(hide_password=False),
        socket_timeout=ANSWER_TIMEOUT_S,
        socket_connect_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def ask_patiently(ask: Callable[[URL], ServerAnswer], url: URL, say: Callable[[str], None]) -> ServerAnswer:
    """Ask again while the server is still starting."""
    deadline = time.monotonic() + START_PATIENCE_S
    answer = ask(url)
    if answer.starting:
        say(f"Waiting for {url.host}:{url.port}: {answer.reason} ...")
    while answer.starting and time.monotonic() < deadline:
        time.sleep(0.25)
        answer = ask(url)
    return answer


def _no_connection(text: str) -> ServerAnswer:
    if "refused" in text:
        return ServerAnswer(False, "nothing listens there")
    if "Name or service" in text or "nodename" in text or "name resolution" in text:
        return ServerAnswer(False, "the host name is not known")
    return ServerAnswer(False, "it closes the connection", starting="closed" in text or "reset" in text)
