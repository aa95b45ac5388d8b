"""How the migrations are run from our own code."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from llmpricing.models.revisions import known_revisions, location


def _config(connection: Connection | None = None, lock_timeout_s: float = 10) -> Config:
    config = Config()
    config.set_main_option("script_location", str(location()).replace("%", "%%"))
    config.attributes.update(connection=connection, lock_timeout_s=lock_timeout_s)
    return config


class SchemaNewer(Exception):
    """The database was migrated by a newer llmpricing; the message says what to do."""


def current(connection: Connection) -> str | None:
    """The revision that the database is at, or None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("select version_num from alembic_version"))
    return revision


def known_current(connection: Connection, lock_timeout_s: float) -> str | None:
    """As ``current``, waiting no longer than that for a lock; SchemaNewer for a revision that this code does not know.

    Ends the connection's transaction.
    """
    connection.execute(text("select set_config('lock_timeout', :ms, true)"), {"ms": f"{int(lock_timeout_s * 1000)}ms"})
    revision = current(connection)
    connection.rollback()
    if revision is not None and revision not in known_revisions():
        raise SchemaNewer(
            f"This database was migrated by a newer llmpricing (revision {revision}): install that version."
        )
    return revision


def upgrade(connection: Connection, lock_timeout_s: float, revision: str = "head") -> str | None:
    """Bring the schema up to ``revision`` from the one it was at, which is returned, None for an empty database.

    Safe to run twice and by two processes at once: who comes second finds the work done.
    """
    config = _config(connection, lock_timeout_s)
    command.upgrade(config, revision)
    found: str | None = config.attributes["found"]
    return found


def downgrade(connection: Connection, lock_timeout_s: float, revision: str) -> None:
    """Take the schema back to ``revision``; ``base`` empties it."""
    command.downgrade(_config(connection, lock_timeout_s), revision)


def seen_by_autogenerate(_obj: Any, name: str | None, type_: str, reflected: bool, _other: Any) -> bool:
    """Whether autogenerate looks at an object: not at what TimescaleDB keeps for itself."""
    return not (type_ == "table" and reflected and (name or "").startswith("_timescaledb"))
