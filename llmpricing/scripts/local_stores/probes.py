"""Asking a server whether it is the one that a URL means: by logging in, and for Redis by our marker key."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.engine import URL

MARKER = "llmpricing:marker"
ANSWER_TIMEOUT_S = 2
START_PATIENCE_S = 10.0  # a container opens its port long before its server answers


@dataclass(frozen=True)
class Answer:
    """What a server said: usable, or why not in plain words; ``starting`` when it may be usable soon."""

    ready: bool
    reason: str = ""
    starting: bool = False


# What libpq and PostgreSQL say (a server may say it in another language: hence the general phrase below).
_DATABASE_PHRASES = (
    ("starting up|not yet accepting", "it is still starting"),
    ("password authentication failed", "it refuses the password of role {user}"),
    ("no password supplied", "it wants a password for role {user}"),
    ('role ".*" does not exist', "it has no role {user}"),
    ('database ".*" does not exist', "it has no database {database}"),
    ("invalid response to SSL negotiation", "it does not speak PostgreSQL"),
    ("closed the connection|reset by peer", "it closes the connection"),
    ("timeout expired", f"it does not answer within {ANSWER_TIMEOUT_S} s"),
    ("could not translate host name", "the host name is not known"),
    ("unreachable|No route", "the network does not reach it"),
    ("refused", "nothing listens there"),
)
_STARTING = ("it is still starting", "it closes the connection")


def ask_database(url: URL) -> Answer:
    """Log in as the URL's role to the URL's database."""
    _, arguments = url.get_dialect()().create_connect_args(url)
    try:
        with closing(psycopg2.connect(**{"connect_timeout": ANSWER_TIMEOUT_S, **arguments})):
            return Answer(True)
    except psycopg2.Error as error:
        text = str(error)
    found = (phrase for mark, phrase in _DATABASE_PHRASES if re.search(mark, text))
    reason = next(found, "it does not let role {user} into database {database}")
    return Answer(False, reason.format(user=url.username, database=url.database), reason in _STARTING)


def ask_cache(url: URL) -> Answer:
    """Whether the URL's database is empty or bears our marker; writes nothing."""
    with cache_client(url) as client:
        try:
            if client.exists(MARKER) or client.dbsize() == 0:
                return Answer(True)
        except redis.exceptions.BusyLoadingError:
            return Answer(False, "it is still starting", starting=True)
        except redis.exceptions.AuthenticationError:
            return Answer(False, "it wants another password")
        except redis.exceptions.TimeoutError:
            return Answer(False, f"it does not answer within {ANSWER_TIMEOUT_S} s")
        except redis.exceptions.ConnectionError as error:
            return _no_connection(str(error))
        except redis.exceptions.RedisError:
            return Answer(False, "it does not answer as Redis does")
    return Answer(False, f"its database {url.database or 0} holds keys of something else and not our marker {MARKER}")


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


def ask_patiently(ask: Callable[[URL], Answer], url: URL, say: Callable[[str], None]) -> Answer:
    """Ask again while the server is still starting."""
    deadline = time.monotonic() + START_PATIENCE_S
    answer = ask(url)
    if answer.starting:
        say(f"Waiting for {url.host}:{url.port}: {answer.reason} ...")
    while answer.starting and time.monotonic() < deadline:
        time.sleep(0.25)
        answer = ask(url)
    return answer


def _no_connection(text: str) -> Answer:
    if "refused" in text:
        return Answer(False, "nothing listens there")
    if "Name or service" in text or "nodename" in text or "name resolution" in text:
        return Answer(False, "the host name is not known")
    return Answer(False, "it closes the connection", starting="closed" in text or "reset" in text)
