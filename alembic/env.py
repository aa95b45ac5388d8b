"""Alembic's entry: the URL comes from the ini given or the environment, and two starters migrate once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import context
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from llmpricing.models import Base
from llmpricing.models.migrations import current, seen_by_autogenerate
from llmpricing.models.revisions import MIGRATION_LOCK
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


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Nobody else migrates in the block.

    The lock is one of a transaction, beside those of the migrations: behind a pooler, what a session holds may be
    another client's by the next transaction.
    """
    with engine.connect() as beside:
        beside.execute(text("select set_config('idle_in_transaction_session_timeout', '0', true)"))
        beside.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        yield


@contextmanager
def _patient(connection: Connection, lock_timeout_s: float) -> Iterator[None]:
    """Each transaction of the block waits no longer than that for a lock."""
    bound = f"set local lock_timeout = '{int(lock_timeout_s * 1000)}ms'"

    def begin(begun: Connection) -> None:
        begun.exec_driver_sql(bound)

    event.listen(connection, "begin", begin)
    try:
        yield
    finally:
        event.remove(connection, "begin", begin)


def _run(connection: Connection, lock_timeout_s: float) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=seen_by_autogenerate,
        compare_type=True,
        transaction_per_migration=True,
    )
    connection.commit()
    with _alone(connection.engine), _patient(connection, lock_timeout_s):
        context.config.attributes["found"] = current(connection)
        connection.commit()
        try:
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()


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
