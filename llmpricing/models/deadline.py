"""No request waits on the database for ever: deadlines for its waits, and quick refusals while it cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from traceback import clear_frames
from typing import Any

import psycopg2
from psycopg2.extensions import connection as PsycopgConnection
from psycopg2.extensions import set_wait_callback
from sqlalchemy import Engine, event

from llmpricing.stores.waiting import DatabaseTimeout, wait

__all__ = ["DatabaseAway", "DatabaseTimeout", "deadline", "install"]

PAUSE_S = 1.0
_expiry: ContextVar[float | None] = ContextVar("llmpricing_database_expiry", default=None)


class DatabaseAway(psycopg2.OperationalError):  # type: ignore[misc]  # psycopg2 ships no types
    """A connect failed a moment ago, so this one was not tried."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Inside the block no wait on the database lasts past ``seconds`` from now; of nested deadlines the earlier holds.

    A wait that does ends in DatabaseTimeout (inside SQLAlchemy's OperationalError) and its connection is closed.
    """
    outer, own = _expiry.get(), monotonic() + seconds
    token = _expiry.set(own if outer is None else min(own, outer))
    try:
        yield
    finally:
        _expiry.reset(token)


class BoundedConnection(PsycopgConnection):  # type: ignore[misc]  # psycopg2 ships no types
    """A connection each of whose waits ends after ``wait_limit_s`` by itself, whatever ``deadline`` says."""

    wait_limit_s: float = 2.0


def bound_waits(engine: Engine, connect_timeout_s: float, wait_limit_s: float) -> None:
    """Make each connect and each later wait of this engine end by itself: the server may be frozen.

    For scripts, which take as long as they take, but never wait for ever for one answer.
    """
    set_wait_callback(_wait)
    connecting = type("ScriptConnection", (BoundedConnection,), {"wait_limit_s": connect_timeout_s})

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _cargs: Any, cparams: Any) -> None:
        cparams["connection_factory"] = connecting

    @event.listens_for(engine, "connect")
    def connected(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.wait_limit_s = wait_limit_s


def _wait(connection: Any) -> None:
    expiry, limit_s = _expiry.get(), getattr(connection, "wait_limit_s", None)
    if limit_s is not None:
        own = monotonic() + limit_s
        expiry = own if expiry is None else min(own, expiry)
    wait(connection, expiry)


def install(engine: Engine, connect_timeout_s: float) -> None:
    """Make this engine's waits obey ``deadline``; its connects and pings take at most ``connect_timeout_s`` each.

    The first is psycopg2's wait callback, one for the whole process. With it COPY is not possible, and libpq's own
    connect_timeout has no effect.
    """
    set_wait_callback(_wait)
    guard = _Guard(connect_timeout_s)
    event.listen(engine, "do_connect", guard.connect)
    _bound_ping(engine, connect_timeout_s)


class _Guard:
    """Connects under a budget; after a failed connect it refuses the next ones for PAUSE_S, so that none waits."""

    def __init__(self, connect_timeout_s: float) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._paused_until = 0.0

    def connect(self, dialect: Any, _record: Any, cargs: Any, cparams: Any) -> Any:
        if monotonic() < self._paused_until:
            raise DatabaseAway("the database could not be reached a moment ago")
        try:
            with deadline(self._connect_timeout_s):
                return dialect.connect(*cargs, **cparams)
        except psycopg2.OperationalError as error:
            self._paused_until = monotonic() + PAUSE_S
            clear_frames(error.__traceback__)  # they hold the unborn connection, and it an open socket
            raise


def _bound_ping(engine: Engine, timeout_s: float) -> None:
    # SQLAlchemy has no event around the pool's ping, and on a dead link it would use up the request's whole deadline.
    ping = engine.dialect.do_ping

    def bounded(dbapi_connection: Any) -> bool:
        with deadline(timeout_s):
            return ping(dbapi_connection)

    engine.dialect.do_ping = bounded  # type: ignore[method-assign]
