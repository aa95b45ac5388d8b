"""Waits for PostgreSQL that end: libpq has no deadline for a server which is frozen or silent.

statement_timeout needs a server that lives, connect_timeout does not protect queries, tcp_user_timeout not a frozen
process behind a living kernel. So we poll the socket ourselves: https://www.psycopg.org/docs/advanced.html#green-support
"""

from __future__ import annotations

import selectors
from time import monotonic
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ

# poll() where there is one: select() refuses descriptors above 1023.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class DatabaseTimeout(psycopg2.OperationalError):  # type: ignore[misc]  # psycopg2 ships no types
    """The database did not answer within our own deadline."""

    is_deadline = True


def wait(connection: Any, expiry: float | None = None) -> None:
    """Wait until the psycopg2 connection has finished what it does; raises DatabaseTimeout at ``expiry`` (monotonic s).

    After a DatabaseTimeout the connection is of no more use: its answer may still come. Close it.
    """
    with _Selector() as selector:
        while (state := connection.poll()) != POLL_OK:
            event = selectors.EVENT_READ if state == POLL_READ else selectors.EVENT_WRITE
            left_s = None if expiry is None else max(0.0, expiry - monotonic())
            # Registered anew each time: while connecting, libpq tries address after address, each on its own socket.
            descriptor = connection.fileno()
            selector.register(descriptor, event)
            ready = selector.select(left_s)
            selector.unregister(descriptor)
            if not ready and left_s is not None:
                raise DatabaseTimeout("the database did not answer in time")
