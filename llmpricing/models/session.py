"""The engine and its sessions: pool, timeouts, read-only transactions, errors that a retry may mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import zope.sqlalchemy
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from llmpricing.models.deadline import bound_waits, deadline
from llmpricing.settings import Settings

SERIALISATION_FAILURE, DEADLOCK = "40001", "40P01"


def connect_args(settings: Settings) -> dict[str, Any]:
    """What libpq is told: the server ends long statements, and names us."""
    statement_ms = int(settings.statement_timeout_s * 1000)
    return {
        "connect_timeout": max(2, int(settings.connect_timeout_s)),  # libpq takes whole seconds and no less than 2
        "application_name": "llmpricing",
        "options": f"-c statement_timeout={statement_ms}",
    }


def _speak_utc(engine: Engine, timeout_s: float) -> None:
    """Have the server tell times in UTC. Said, and not among the options: PgBouncer takes none, but keeps this."""

    @event.listens_for(engine, "connect")
    def connected(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.autocommit = True  # one way to the server instead of three
        with deadline(timeout_s), dbapi_connection.cursor() as cursor:
            cursor.execute("set timezone to 'UTC'")
        dbapi_connection.autocommit = False


def make_engine(settings: Settings) -> Engine:
    """The engine of a serving process: a capped pool that notices connections which died while idle."""
    engine = create_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout_s,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args=connect_args(settings),
    )
    _speak_utc(engine, settings.connect_timeout_s)
    return engine


# A line that died without a word is noticed after 30 s on both sides: ours waits no more, the server frees our locks.
_KEEPALIVES = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
_FROZEN_AFTER_S = 5.0  # a server that lives has ended a statement by then


def make_script_engine(settings: Settings, name: str = "llmpricing script") -> Engine:
    """The engine of a script, which others see as ``name``: no pool; every lock, statement and silence has a bound."""
    bounds = {
        "statement_timeout": int(settings.script_statement_timeout_s * 1000),
        "lock_timeout": int(settings.script_lock_timeout_s * 1000),
        **{f"tcp_{key}": value for key, value in _KEEPALIVES.items()},
    }
    options = " ".join(f"-c {key}={value}" for key, value in bounds.items())
    args = connect_args(settings) | _KEEPALIVES | {"application_name": name, "options": options}
    engine = create_engine(settings.database_url, poolclass=NullPool, connect_args=args)
    _speak_utc(engine, settings.connect_timeout_s)
    bound_waits(engine, settings.connect_timeout_s, settings.script_statement_timeout_s + _FROZEN_AFTER_S)
    return engine


def session_factories(engine: Engine) -> tuple[sessionmaker[Session], sessionmaker[Session]]:
    """Factories of (writing, reading) sessions over the same pool.

    The reading ones begin READ ONLY and see one state throughout, so that an answer's parts fit each other.
    """
    # REPEATABLE READ, because an answer takes several statements: an import that lands between two of them would give
    # prices of one version under the clocks of another, and caches would keep that for good.
    reader = engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    return sessionmaker(engine), sessionmaker(reader, autoflush=False)


def request_session(factory: Callable[[], Session], transaction_manager: Any) -> Session:
    """A session that commits and aborts with the request's transaction."""
    session = factory()
    zope.sqlalchemy.register(session, transaction_manager=transaction_manager)
    return session


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A script's session: commits at the end of the block, rolls back on an exception."""
    with Session(engine) as session, session.begin():
        yield session


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code for an error, e.g. ``40001``, or None where no server answered."""
    original = getattr(error, "orig", error)
    code: str | None = getattr(original, "pgcode", None)
    return code


def is_transient(error: BaseException) -> bool:
    """Whether trying again at once may help: serialisation failure, deadlock, or a connection dropped under us."""
    if not isinstance(error, DBAPIError):
        return False
    if sqlstate(error) in (SERIALISATION_FAILURE, DEADLOCK):
        return True
    return bool(error.connection_invalidated) and not is_timeout(error)


def is_timeout(error: BaseException) -> bool:
    """Whether our own deadline ended the wait; trying again would only double it."""
    return bool(getattr(getattr(error, "orig", None), "is_deadline", False))
