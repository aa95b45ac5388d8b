"""The migrations on a real server: they make what the models say, both ways, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import Base, migrations, revisions
from llmpricing.scripts.commands.verify import price_history
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import NOW
from tests.lists import price_list

ROOT = Path(__file__).parents[3]


def test_models_and_migrations_do_not_differ(empty_book_url: str) -> None:
    with create_engine(empty_book_url, poolclass=NullPool).connect() as connection:
        options = {"include_object": migrations.seen_by_autogenerate, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_upgrade_and_downgrade_both_run(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        migrations.upgrade(connection, 10)
        assert migrations.current(connection) == revisions.head()
        connection.rollback()
        migrations.downgrade(connection, 10, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        connection.rollback()
        migrations.upgrade(connection, 10)
        assert inspect(connection).has_table("price")


CAN_HAVE_TIMESCALEDB = """
    select exists (select from pg_extension where extname = 'timescaledb')
        or (current_setting('timescaledb.disable_load', true) is not null and exists (
            select from pg_available_extensions e
              join pg_available_extension_versions v on v.name = e.name and v.version = e.default_version
              join pg_roles r on r.rolname = current_user
             where e.name = 'timescaledb' and (v.trusted or r.rolsuper)))
"""


def test_price_history_is_a_hypertable_exactly_where_the_server_can(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        server_can = connection.scalar(text(CAN_HAVE_TIMESCALEDB))
        connection.rollback()
        migrations.upgrade(connection, 10)
        keys = inspect(connection).get_pk_constraint("model_pricing_history")["constrained_columns"]
        kept, kind = price_history(connection)
    assert keys == ["time", "source_id", "offering_id", "component", "segment", "fetch_id"]
    assert kept
    assert kind.startswith("hypertable, TimescaleDB" if server_can else "plain table")


def test_a_price_history_that_is_not_what_the_server_offers_is_told(empty_book_url: str) -> None:
    with create_engine(empty_book_url, poolclass=NullPool).connect() as connection:
        connection.execute(text("drop table model_pricing_history"))
        assert price_history(connection)[0] is False


def test_alembic_takes_the_url_from_the_ini_given(database_url: str, tmp_path: Path) -> None:
    ini = tmp_path / "mine.ini"
    ini.write_text(
        "[app:main]\nuse = egg:llmpricing\nredis.url = redis://localhost:6379/0\n"
        f"sqlalchemy.url = {database_url}\nllmpricing.environment = development\n"
        f"[alembic]\nscript_location = {ROOT / 'alembic'}\n"
    )
    command = [sys.executable, "-m", "alembic", "-c", str(ini), "upgrade", "head"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        assert migrations.current(connection) == revisions.head()


def test_alembic_without_settings_lists_them_instead_of_a_traceback(tmp_path: Path) -> None:
    ini = tmp_path / "mine.ini"
    ini.write_text(f"[app:main]\nuse = egg:llmpricing\n[alembic]\nscript_location = {ROOT / 'alembic'}\n")
    command = [sys.executable, "-m", "alembic", "-c", str(ini), "current"]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LLMPRICING_")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, env=bare)
    assert done.returncode == 1
    assert done.stderr.startswith("llmpricing cannot start:")
    assert "LLMPRICING_DATABASE_URL" in done.stderr
    assert "LLMPRICING_REDIS_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_migration_gives_up_on_a_lock_that_is_not_released(empty_book_url: str) -> None:
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with engine.connect() as holder, engine.connect() as other:
        ours = ", ".join(Base.metadata.tables)
        holder.execute(text(f"lock table {ours} in access share mode"))
        with pytest.raises(Exception, match="lock timeout"):
            migrations.downgrade(other, 0.2, "base")
    with engine.connect() as after:
        assert migrations.current(after) == revisions.head()


def test_a_migrated_book_tells_the_last_sightings_that_imports_keep(empty_book_url: str) -> None:
    """Of lists that leave an offering out, also read again unchanged, and of one that has it again."""
    made = [price_list(a=1, b=2, c=3), price_list(a=1, b=2), price_list(a=1), price_list(a=1), price_list(a=1, c=3)]
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        for month, data in enumerate(made, 1):
            reading = ReadList(data, datetime(2026, month, 1, tzinfo=UTC), NOW, "a test's list", allow_drop=True)
            import_lists(session, [(SOURCES["genai-prices"], reading)])
    with engine.connect() as connection:
        kept = _left_out(connection)
        migrations.downgrade(connection, 10, "0013")
        migrations.upgrade(connection, 10)
        assert _left_out(connection) == kept
    engine.dispose()
    march = datetime(2026, 3, 1, tzinfo=UTC)
    assert kept == {"acme/a": {None}, "acme/b": {march}, "acme/c": {None}}


def test_a_migrated_book_tells_which_list_says_what_of_abilities(empty_book_url: str) -> None:
    described = {"id": "acme", "name": "Acme", "models": {"a": {"id": "a", "reasoning": True, "tool_call": False}}}
    engine = create_engine(empty_book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        for source, data in (("genai-prices", price_list(a=1)), ("models-dev", json.dumps({"acme": described}))):
            reading = ReadList(data if isinstance(data, bytes) else data.encode(), NOW, NOW, "a test's list")
            import_lists(session, [(SOURCES[source], reading)])
    query = text("select stated_abilities from offering")
    with engine.connect() as connection:
        kept = connection.scalars(query).all()
        connection.rollback()
        migrations.downgrade(connection, 10, "0021")
        migrations.upgrade(connection, 10)
        assert connection.scalars(query).all() == kept
    engine.dispose()
    assert kept == ['{"models-dev":{"can":["reasoning"],"cannot":["tool_call"]}}']


def _left_out(connection: Connection) -> dict[str, set[datetime | None]]:
    rows = connection.execute(
        text("select slug, left_out_at from newest_observation join offering on offering.id = offering_id")
    ).all()
    connection.rollback()
    return {slug: {at for other, at in rows if other == slug} for slug, _ in rows}
