"""The state of the stores, asked afresh each time: side by side, within a budget, in plain words, without secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Protocol

import psycopg2
import redis
import structlog
from psycopg2.errors import QueryCanceled
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.retry import Retry
from sqlalchemy import make_url

from llmpricing.connect_failures import ConnectFailure, connect_failure
from llmpricing.settings import Settings
from llmpricing.waiting import DatabaseTimeout, wait

Probe = Callable[[], Mapping[str, Any]]
ESSENTIAL = "database"  # without it nothing is served; without another store less is
log = structlog.get_logger(__name__)


class ProbeError(Exception):
    """A store is not well: plain words for everybody to read, and what was found out all the same."""

    def __init__(self, words: str, found: Mapping[str, Any] | None = None) -> None:
        self.found = {**(found or {}), "error": words}
        super().__init__(words)


@dataclass(frozen=True)
class Report:
    """What a health check found; ``body`` is its public shape."""

    status: str  # healthy, degraded or unhealthy
    services: Mapping[str, str]
    checks: Mapping[str, Mapping[str, Any]]
    data: Mapping[str, Any] | None
    timestamp: datetime

    def body(self) -> dict[str, Any]:
        """The report as JSON's types; ``data`` is left out where there is none."""
        data = {} if self.data is None else {"data": self.data}
        timestamp = self.timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"status": self.status, "services": self.services, "checks": self.checks, **data, "timestamp": timestamp}


def run(probes: Mapping[str, Probe], timeout_s: float, *, now: datetime, data: Probe | None = None) -> Report:
    """Ask all probes at once and report after at most ``timeout_s``; the late ones count as timed out.

    ``data`` is asked beside them; it never changes the status and is left out when late, failing or without database.
    """
    answers = _ask_all({**probes, **({"data": data} if data else {})}, timeout_s)
    figures = answers.pop("data", None)
    checks = {name: answers.get(name, {"error": timed_out(timeout_s)}) for name in probes}
    services = {name: "error" if "error" in check else "ok" for name, check in checks.items()}
    if services.get(ESSENTIAL) == "error" or (figures and "error" in figures):
        figures = None
    return Report(_status(services), services, checks, figures, now)


def timed_out(timeout_s: float) -> str:
    """The words for a store that is silent."""
    return f"timed out: no answer within {timeout_s:g} s"


def _status(services: Mapping[str, str]) -> str:
    if services.get(ESSENTIAL) == "error":
        return "unhealthy"
    return "degraded" if "error" in services.values() else "healthy"


def _ask_all(probes: Mapping[str, Probe], timeout_s: float) -> dict[str, Mapping[str, Any]]:
    """The answers that came in time. A late probe ends at its own deadline; nobody waits for it."""
    inbox: SimpleQueue[tuple[str, Mapping[str, Any]]] = SimpleQueue()
    expiry = monotonic() + timeout_s
    for name, probe in probes.items():
        Thread(target=lambda n, p: inbox.put((n, _answer(n, p))), args=(name, probe), daemon=True).start()
    answers: dict[str, Mapping[str, Any]] = {}
    while len(answers) < len(probes):
        try:
            name, answer = inbox.get(timeout=max(0.0, expiry - monotonic()))
        except Empty:
            break
        answers[name] = answer
    return answers


def _answer(name: str, probe: Probe) -> Mapping[str, Any]:
    try:
        return probe()
    except ProbeError as error:
        return error.found
    except Exception:  # a report must not fail: what nobody foresaw is an error of that store
        log.exception("health_probe_failed", probe=name)
        return {"error": "failed in an unforeseen way: see the log"}


class Ask(Protocol):
    """A question to the database, with values for its %s; its rows."""

    def __call__(self, sql: str, *values: Any) -> list[tuple[Any, ...]]: ...


FACTS = """select current_setting('server_version'), to_regclass('alembic_version') is not null,
    (select extversion from pg_extension where extname = 'timescaledb'),
    (select array_agg(name order by name) from unnest(%s) as name
      where not has_table_privilege(to_regclass(name), 'select'))"""
_NOT_LET_IN = "failed: the connection broke or was turned down; see the server's log"
_AUTHENTICATION = "authentication failed: "
DATABASE_WORDS = {
    ConnectFailure.WRONG_PASSWORD: f"{_AUTHENTICATION}check user and password in the database URL",
    ConnectFailure.NO_PASSWORD: f"{_AUTHENTICATION}the database URL holds no password",
    ConnectFailure.NO_ROLE: f"{_AUTHENTICATION}check the user in the database URL",
    ConnectFailure.NO_LOGIN: f"{_AUTHENTICATION}the user may not log in; it needs LOGIN",
    ConnectFailure.NOT_ADMITTED: f"{_AUTHENTICATION}the server's pg_hba.conf does not admit this user from here",
    ConnectFailure.NO_DATABASE: "no such database: run initialize_llmpricing_db",
    ConnectFailure.NO_CONNECT_RIGHT: "no rights: the user may not connect to the database; it needs CONNECT",
    ConnectFailure.DATABASE_CLOSED: "closed: the database takes no connections; see ALLOW_CONNECTIONS",
    ConnectFailure.SERVER_FULL: "full: the server has no connection left",
    ConnectFailure.ROLE_FULL: "full: the user has no connection left; see its CONNECTION LIMIT",
    ConnectFailure.DATABASE_FULL: "full: the database has no connection left; see its CONNECTION LIMIT",
    ConnectFailure.STARTING: "not ready: the server is starting up",
    ConnectFailure.STOPPING: "not ready: the server is shutting down",
    ConnectFailure.REPAIRING: "not ready: the server is repairing itself after a crash",
    ConnectFailure.NO_TLS: "no TLS: the server does not offer what sslmode in the database URL asks for",
    ConnectFailure.UNKNOWN_HOST: "unknown host: check the host in the database URL",
    ConnectFailure.NO_ROUTE: "unreachable: the network does not lead there",
    ConnectFailure.REFUSED: "refused: no server answers there; is PostgreSQL running?",
}


@dataclass(frozen=True)
class ExpectedSchema:
    """What the code was written for: its revisions, the newest first, and its tables."""

    revisions: Sequence[str]
    tables: Sequence[str]

    def state(self, found: Sequence[str]) -> str:
        """``head``, ``behind``, ``missing``, or ``newer`` where the revision is not one of ours."""
        if not found:
            return "missing"
        if list(found) == [self.revisions[0]]:
            return "head"
        return "behind" if set(found) <= set(self.revisions) else "newer"


_SCHEMA_WORDS = {
    "behind": "schema behind: run initialize_llmpricing_db",
    "missing": "schema missing: run initialize_llmpricing_db",
    "newer": "schema newer than this llmpricing: install the version that migrated it",
}


@contextmanager
def fresh_database(settings: Settings) -> Iterator[Ask]:
    """A connection of its own, neither session nor pool: yields ask(sql) -> rows. All of it within health_timeout_s.

    Raises ProbeError.
    """
    expiry = monotonic() + settings.health_timeout_s
    url = make_url(settings.database_url)
    _, options = url.get_dialect()().create_connect_args(url)
    limit = f"-c statement_timeout={int(settings.health_timeout_s * 1000)}"  # for the server, once we have gone
    with (
        _database_words(settings.health_timeout_s),
        closing(
            psycopg2.connect(**{"options": limit, "application_name": "llmpricing health", **options}, async_=True)
        ) as connection,
    ):
        wait(connection, expiry)

        def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
            cursor = connection.cursor()
            cursor.execute(sql, values or None)
            wait(connection, expiry)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

        yield ask


@contextmanager
def _database_words(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except (DatabaseTimeout, QueryCanceled):
        raise ProbeError(timed_out(timeout_s)) from None
    except psycopg2.Error as error:
        failure = connect_failure(error) if error.pgcode is None else None
        raise ProbeError(DATABASE_WORDS.get(failure, _NOT_LET_IN) if failure else _NOT_LET_IN) from None


def database_probe(settings: Settings, expected: ExpectedSchema) -> Probe:
    """A probe of the database: does it let us in and read, how fast is it, and is its schema the expected one?"""

    def probe() -> Mapping[str, Any]:
        with fresh_database(settings) as ask:
            start = monotonic()
            ((version, migrated, timescaledb, unreadable),) = ask(FACTS, ["alembic_version", *expected.tables])
            latency_ms = round((monotonic() - start) * 1000, 1)
            found = {
                "latency_ms": latency_ms,
                "server": f"PostgreSQL {version.split()[0]}",
                "timescaledb": timescaledb,
            }
            if unreadable:
                raise ProbeError(f"no rights on our tables: the user needs SELECT on {', '.join(unreadable)}", found)
            heads = [head for (head,) in ask("select version_num from alembic_version")] if migrated else []
        found["migration"] = expected.state(heads)
        if found["migration"] != "head":
            raise ProbeError(_SCHEMA_WORDS[found["migration"]], found)
        return found

    return probe


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
        raise ProbeError(_NOT_LET_IN) from None
