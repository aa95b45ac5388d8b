"""Which imports run, known to all processes: by locks of the price book, which go with whoever holds them.

Each is of a transaction on a connection of its own, open for as long as the import takes, for a pooler keeps no lock of
a session. That transaction does nothing else: it holds no row, and no snapshot that would keep old rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Self

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from llmpricing.models.revisions import ASKED_IMPORT_LOCK, IMPORT_RUNS_LOCK
from llmpricing.models.session import make_script_engine
from llmpricing.settings import Settings

_NAME = "llmpricing asked import"  # of the session that holds the place, followed by how far the import is
_SHOWN_NAME = "llmpricing running import"  # beside the import's own sessions, which others may wait for
_UNENDED = text("set local idle_in_transaction_session_timeout = 0")
_SHARE = text("select pg_advisory_xact_lock_shared(:key)")
_TRY = text("select pg_try_advisory_xact_lock(:key)")
_TELL = text("select set_config('application_name', :name, true)")
# Names of sessions are seen by every role.
_HELD = text("""
    select objid, application_name from pg_locks left join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted and classid = 0 and objsubid = 1 and objid in (:asked, :runs)
        and database = (select oid from pg_database where datname = current_database())""")
_KEYS = {"asked": ASKED_IMPORT_LOCK, "runs": IMPORT_RUNS_LOCK}
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunningImports:
    """Whether one runs that an operator asked for, how many of how many offerings it has published (0 of 0: none
    yet), and whether any program imports or takes a reading back.
    """

    is_asked: bool = False
    done: int = 0
    total: int = 0
    is_any: bool = False


def running_imports(session: Session | Connection) -> RunningImports:
    """What runs on this price book, whoever began it."""
    held = {key: name or "" for key, name in session.execute(_HELD, _KEYS)}
    told = held.get(ASKED_IMPORT_LOCK, "").removeprefix(_NAME).split()
    done, total = (int(told[0]), int(told[1])) if len(told) == 2 else (0, 0)
    return RunningImports(ASKED_IMPORT_LOCK in held, done, total, bool(held))


@contextmanager
def shown_as_running(settings: Settings) -> Iterator[None]:
    """Let all processes know that a program imports or takes a reading back, for as long as the block takes; it waits
    for none. A database that is away is told by the work itself.
    """
    engine = make_script_engine(settings, _SHOWN_NAME)
    connection: Connection | None = None
    try:
        with suppress(SQLAlchemyError):
            connection = engine.connect()
            connection.execute(_UNENDED)
            connection.execute(_SHARE, {"key": IMPORT_RUNS_LOCK})
        yield
    finally:
        _give_back(engine, connection)


class ImportPlace:
    """The one place of an import that an operator asked for."""

    def __init__(self, engine: Engine, connection: Connection) -> None:
        self.engine, self._connection = engine, connection

    @classmethod
    def take(cls, settings: Settings) -> Self | None:
        """The place, until it is left; None where any import runs. Raises DBAPIError."""
        engine, connection = make_script_engine(settings, _NAME), None
        place: Self | None = None
        try:
            connection = engine.connect()
            connection.execute(_UNENDED)
            if connection.scalar(_TRY, {"key": ASKED_IMPORT_LOCK}) and not _others_run(connection):
                place = cls(engine, connection)
        finally:
            if place is None:
                _give_back(engine, connection)
        return place

    def tell(self, done: int, total: int) -> None:
        """Let all processes know how far the import is."""
        try:
            self._connection.execute(_TELL, {"name": f"{_NAME} {done} {total}"})
        except SQLAlchemyError as error:
            log.warning("import_steps_not_told", error=type(error).__name__)

    def leave(self) -> None:
        """Give it back."""
        _give_back(self.engine, self._connection)


def _others_run(connection: Connection) -> bool:
    return any(key == IMPORT_RUNS_LOCK for key, _ in connection.execute(_HELD, _KEYS))


def _give_back(engine: Engine, connection: Connection | None) -> None:
    if connection is not None:
        with suppress(SQLAlchemyError):  # it broke: its locks went with it
            connection.close()
    engine.dispose()
