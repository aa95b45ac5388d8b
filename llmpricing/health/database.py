"""What the database says of itself to a connection of its own, asked what requests ask.

A fresh login tells whether a new connection can be had; that is not what requests live on. So the last line that
answered is kept, and asked where the server is full: the requests' own pool is neither borrowed from (a check must not
wait where workers wait) nor trusted blindly (its tables may be locked).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

import psycopg2
from psycopg2.errors import LockNotAvailable, QueryCanceled

from llmpricing.health import ProbeError, timed_out
from llmpricing.settings import Settings
from llmpricing.stores.asking import Ask, DatabaseLine, asking
from llmpricing.stores.connect_failures import ConnectFailure, connect_failure
from llmpricing.stores.waiting import DatabaseTimeout
from llmpricing.stores.words import NOT_LET_IN, words_for

FACTS = """select current_setting('server_version'), to_regclass('alembic_version') is not null,
    (select extversion from pg_extension where extname = 'timescaledb'),
    (select array_agg(name order by name) from unnest(%s) as name
      where not has_table_privilege(to_regclass(name), 'select'))"""
LOCK_TIMEOUT_MS = 300
FULL = (ConnectFailure.SERVER_FULL, ConnectFailure.ROLE_FULL, ConnectFailure.DATABASE_FULL)
FULL_WARNING = "full: no new connection can be had; the requests' open ones go on, so fewer are served at once"


@dataclass(frozen=True)
class ExpectedSchema:
    """What the code was written for: its revisions, the newest first, its tables, and those that every quote reads."""

    revisions: Sequence[str]
    tables: Sequence[str]
    read_by_quotes: Sequence[str] = ()

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


def _options(timeout_s: float) -> dict[str, str]:
    limits = {"statement_timeout": int(timeout_s * 1000), "lock_timeout": LOCK_TIMEOUT_MS}
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return {"application_name": "llmpricing health", "options": options}


@contextmanager
def fresh_database(settings: Settings, timeout_s: float | None = None) -> Iterator[Ask]:
    """A connection of its own, neither session nor pool: yields ask(sql) -> rows. All within health_timeout_s, or less.

    Raises ProbeError.
    """
    timeout_s = timeout_s or settings.health_timeout_s
    with _database_words(timeout_s), asking(settings.database_url, timeout_s, **_options(timeout_s)) as ask:
        yield ask


@contextmanager
def _database_words(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except (DatabaseTimeout, QueryCanceled):
        raise ProbeError(timed_out(timeout_s)) from None
    except psycopg2.Error as error:
        raise ProbeError((words_for(error) or NOT_LET_IN).line) from None


class DatabaseWatch:
    """Asks the database for health, and keeps the last line that answered for the time when the server is full.

    ``open_connections`` counts those of the requests' pool: with none left, an open line of ours proves nothing.
    """

    def __init__(self, settings: Settings, expected: ExpectedSchema, open_connections: Callable[[], int]) -> None:
        self._settings, self._expected, self._open_connections = settings, expected, open_connections
        self._kept: DatabaseLine | None = None
        self._lock = Lock()

    def probe(self) -> Mapping[str, Any]:
        """What the server says of itself, how fast it is, and whether it serves what quotes read; raises ProbeError."""
        timeout_s = self._settings.health_timeout_s
        expiry = monotonic() + timeout_s
        with _database_words(timeout_s):
            try:
                line = DatabaseLine(self._settings.database_url, expiry, **_options(timeout_s))
            except psycopg2.OperationalError as error:
                if connect_failure(error) not in FULL or not self._open_connections():
                    raise
                return self._ask_kept(expiry, error)
            return self._ask(line, expiry)

    def close(self) -> None:
        """Close the kept line."""
        self._keep(None)

    def _keep(self, line: DatabaseLine | None) -> None:
        with self._lock:
            before, self._kept = self._kept, line
        if before is not None:
            before.close()

    def _ask_kept(self, expiry: float, error: psycopg2.OperationalError) -> Mapping[str, Any]:
        # Taken out while it is asked: two checks must not talk over one line. The second of two says what it met.
        with self._lock:
            line, self._kept = self._kept, None
        if line is None or not line.alive:
            raise error
        return {**self._ask(line, expiry), "warning": FULL_WARNING}

    def _ask(self, line: DatabaseLine, expiry: float) -> Mapping[str, Any]:
        """What the server says over this line, which is kept if it answers."""
        try:
            found = state_of(lambda sql, *values: line.ask(expiry, sql, *values), self._expected)
        except BaseException:
            line.close()
            raise
        self._keep(line)
        return found


def state_of(ask: Ask, expected: ExpectedSchema) -> Mapping[str, Any]:
    """What the database says of itself; raises ProbeError where quotes could not be answered from it."""
    start = monotonic()
    ((version, migrated, timescaledb, unreadable),) = ask(FACTS, ["alembic_version", *expected.tables])
    latency_ms = round((monotonic() - start) * 1000, 1)
    found = {"latency_ms": latency_ms, "server": f"PostgreSQL {version.split()[0]}", "timescaledb": timescaledb}
    if unreadable:
        raise ProbeError(f"no rights on our tables: the user needs SELECT on {', '.join(unreadable)}", found)
    found["migration"] = _migration(ask, expected) if migrated else "missing"
    if words := _SCHEMA_WORDS.get(found["migration"]):
        raise ProbeError(words, found)
    for table in expected.read_by_quotes:
        try:
            ask(f'select 1 from "{table}" limit 1')  # noqa: S608 - names of our own tables
        except LockNotAvailable:
            raise ProbeError(
                f"locked: another session keeps all others from table {table}, so quotes wait; "
                "end it: see pg_locks and pg_stat_activity",
                found,
            ) from None
    return found


def _migration(ask: Ask, expected: ExpectedSchema) -> str:
    try:
        return expected.state([head for (head,) in ask("select version_num from alembic_version")])
    except LockNotAvailable:  # a migration at work, perhaps: no request reads this table
        return "locked"
