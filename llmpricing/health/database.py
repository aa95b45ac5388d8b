"""What the database says of itself to a connection of its own, and what is said of a database that does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

import psycopg2
from psycopg2.errors import QueryCanceled
from sqlalchemy import make_url

from llmpricing.health import NOT_LET_IN, Probe, ProbeError, timed_out
from llmpricing.settings import Settings
from llmpricing.stores.connect_failures import ConnectFailure, connect_failure
from llmpricing.stores.waiting import DatabaseTimeout, wait


class Ask(Protocol):
    """A question to the database, with values for its %s; its rows."""

    def __call__(self, sql: str, *values: Any) -> list[tuple[Any, ...]]: ...


FACTS = """select current_setting('server_version'), to_regclass('alembic_version') is not null,
    (select extversion from pg_extension where extname = 'timescaledb'),
    (select array_agg(name order by name) from unnest(%s) as name
      where not has_table_privilege(to_regclass(name), 'select'))"""
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
        raise ProbeError(DATABASE_WORDS.get(failure, NOT_LET_IN) if failure else NOT_LET_IN) from None


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
