"""Emptying the stores: our tables and our keys, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2 import errors, sql
from sqlalchemy.engine import URL

from llmpricing.local_stores.errors import StoreError
from llmpricing.local_stores.probes import ANSWER_TIMEOUT_S, MARKER, cache_client

KEY_PATTERN = "llmpricing:*"
LOCK_TIMEOUT = "3s"
TRIGGER_FUNCTION = "refuse_change"  # what the migrations make beside tables and triggers; left, it stops the next ones

# What the migrations may have made in the schema that they write to; parts of extensions stay.
_OBJECTS = """
select kind, quote_ident(name) || arguments from (
  select 'pg_class'::regclass as catalogue, oid, relname::text as name, relnamespace as schema, '' as arguments,
         case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                      when 'f' then 'foreign table' else 'table' end as kind,
         case relkind when 'S' then 3 when 'v' then 2 when 'm' then 2 else 1 end as turn
    from pg_class where relkind in ('r', 'p', 'f', 'v', 'm', 'S')
  union all
  select 'pg_proc'::regclass, oid, proname, pronamespace, '(' || pg_get_function_identity_arguments(oid) || ')',
         'routine', 4 from pg_proc
  union all
  select 'pg_type'::regclass, oid, typname, typnamespace, '', 'type', 5 from pg_type
    where typtype in ('e', 'd') or (typtype = 'c' and typrelid in (select oid from pg_class where relkind = 'c'))
) as o
where schema = current_schema()::regnamespace
  and not exists (select from pg_depend d where d.classid = catalogue and d.objid = o.oid and d.deptype = 'e')
order by turn, name limit 1
"""


def empty_database(url: URL) -> None:
    """Drop all tables, views, functions and types in our own server's database, or, with a StoreError, nothing."""
    with _dropping(url) as cursor:
        while True:
            cursor.execute(_OBJECTS)
            if (found := cursor.fetchone()) is None:
                return
            # One at a time: TimescaleDB drops a hypertable only alone, and a cascade may take others along.
            cursor.execute(sql.SQL("drop {} {} cascade").format(sql.SQL(found[0]), sql.SQL(found[1])))


def drop_our_tables(url: URL, names: Sequence[str]) -> None:
    """Drop the price book's tables in this order and their triggers' function, or, with a StoreError, nothing.

    Whatever else the database holds stays.
    """
    with _dropping(url) as cursor:
        cursor.execute("select to_regclass('alembic_version')")
        if cursor.fetchone() == (None,):
            return  # never migrated: tables of these names would be somebody else's
        for name in (*names, "alembic_version"):
            cursor.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("drop function if exists {}()").format(sql.Identifier(TRIGGER_FUNCTION)))


@contextmanager
def _dropping(url: URL) -> Iterator[Any]:
    """A cursor whose work is kept whole or not at all; what the server refuses becomes a StoreError."""
    _, arguments = url.get_dialect()().create_connect_args(url)
    opened = psycopg2.connect(**{"connect_timeout": ANSWER_TIMEOUT_S, **arguments})
    try:
        with closing(opened) as connection, connection, connection.cursor() as cursor:
            cursor.execute("select set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
            yield cursor
    except errors.LockNotAvailable:
        raise StoreError(
            "Some program is using the tables, so nothing was deleted.\n"
            "Next: stop it (Ctrl-C in the terminal of `llmpricing run`), then try again."
        ) from None
    except psycopg2.Error as error:
        raise StoreError(
            f"The database refused ({error.diag.message_primary}), so nothing was deleted.\n"
            f"Next: let the owner of database {url.database} empty it."
        ) from None


def empty_cache(url: URL) -> int:
    """Delete our keys in the URL's database, all but the marker that says it is ours; how many."""
    with cache_client(url) as client:
        ours = [key for key in client.scan_iter(KEY_PATTERN, count=1000) if key != MARKER.encode()]
        for start in range(0, len(ours), 1000):
            client.unlink(*ours[start : start + 1000])
    return len(ours)
