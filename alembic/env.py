"""Alembic's entry: the URL comes from the ini given or the environment, and two starters migrate once."""

from __future__ import annotations

from pathlib import Path

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from llmpricing.models import Base
from llmpricing.models.migrations import MIGRATION_LOCK, current, seen_by_autogenerate
from llmpricing.scripts.failures import next_step
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.lock_waits import script_engine
from llmpricing.settings import Settings, SettingsError


def _settings() -> Settings:
    """The settings of the ini that ``alembic -c`` names, section app:main."""
    try:
        return ini_settings(Path(str(context.config.config_file_name)))
    except SettingsError as error:
        raise SystemExit(str(error)) from None


def _run(connection: Connection, lock_timeout_s: float) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=seen_by_autogenerate,
        compare_type=True,
        transaction_per_migration=True,
    )
    connection.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
    connection.commit()
    context.config.attributes["found"] = current(connection)
    connection.execute(text("select set_config('lock_timeout', :ms, false)"), {"ms": f"{int(lock_timeout_s * 1000)}ms"})
    connection.commit()
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("select pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()


def main() -> None:
    """Migrate over the connection given by our own code, or over one made from the settings."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection, context.config.attributes["lock_timeout_s"])
        return
    settings = _settings()
    try:
        with script_engine(settings, "llmpricing alembic") as engine, engine.connect() as own:
            _run(own, settings.lock_timeout_s)
    except DBAPIError as error:
        raise SystemExit(next_step(error)) from None


if context.is_offline_mode():
    raise SystemExit("Migrations need a running database: alembic --sql is not supported here.")
main()
