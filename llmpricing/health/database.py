"""What the database says of itself to a connection of its own, and what is said of a database that does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import psycopg2
from psycopg2.errors import QueryCanceled

from llmpricing.health import Probe, ProbeError, timed_out
from llmpricing.settings import Settings
from llmpricing.stores.asking import Ask, asking
from llmpricing.stores.waiting import DatabaseTimeout
from llmpricing.stores.words import NOT_LET_IN, words_for

FACTS = """select current_setting('server_version'), to_regclass('alembic_version') is not null,
    (select extversion from pg_extension where extname = 'timescaledb'),
    (select array_agg(name order by name) from unnest(%s) as name
      where not has_table_privilege(to_regclass(name), 'select'))"""


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
    limit = f"-c statement_timeout={int(settings.health_timeout_s * 1000)}"  # for the server, once we have gone
    with (
        _database_words(settings.health_timeout_s),
        asking(
            settings.database_url, settings.health_timeout_s, application_name="llmpricing health", options=limit
        ) as ask,
    ):
        yield ask


@contextmanager
def _database_words(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except (DatabaseTimeout, QueryCanceled):
        raise ProbeError(timed_out(timeout_s)) from None
    except psycopg2.Error as error:
        raise ProbeError((words_for(error) or NOT_LET_IN).line) from None


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
