"""Why a login to PostgreSQL fails: libpq has no code for it, only text, and this is the one place that reads it."""

from __future__ import annotations

import re
from enum import Enum, auto


class ConnectFailure(Enum):
    """What kept a login from succeeding."""

    WRONG_PASSWORD = auto()
    NO_PASSWORD = auto()
    NO_ROLE = auto()
    NO_LOGIN = auto()
    NO_DATABASE = auto()
    NO_CONNECT_RIGHT = auto()
    NOT_ADMITTED = auto()
    DATABASE_CLOSED = auto()
    SERVER_FULL = auto()
    ROLE_FULL = auto()
    DATABASE_FULL = auto()
    STARTING = auto()
    STOPPING = auto()
    REPAIRING = auto()
    NO_TLS = auto()
    NOT_POSTGRESQL = auto()
    UNKNOWN_HOST = auto()
    NO_ROUTE = auto()
    TIMED_OUT = auto()
    CUT = auto()
    REFUSED = auto()


# A host has several addresses: what a server said comes before the silence of the others. The names in quotes are the
# URL's, so no pattern looks inside them: FATAL is where the server's own words begin; libpq's begin a line, or follow
# "failed:" where libpq does the waiting.
_SIGNS = tuple(
    (re.compile(sign, re.MULTILINE), failure)
    for sign, failure in (
        ("FATAL:  \\S+ authentication failed for user", ConnectFailure.WRONG_PASSWORD),
        ("fe_sendauth: no password supplied", ConnectFailure.NO_PASSWORD),
        ('FATAL:  role ".*" does not exist', ConnectFailure.NO_ROLE),
        ('FATAL:  role ".*" is not permitted to log in', ConnectFailure.NO_LOGIN),
        ('FATAL:  database ".*" does not exist', ConnectFailure.NO_DATABASE),
        ("FATAL:  permission denied for database", ConnectFailure.NO_CONNECT_RIGHT),
        ("FATAL:  (no pg_hba.conf entry|pg_hba.conf rejects)", ConnectFailure.NOT_ADMITTED),
        ('FATAL:  database ".*" is not currently accepting connections', ConnectFailure.DATABASE_CLOSED),
        ("FATAL:  too many connections for role", ConnectFailure.ROLE_FULL),
        ("FATAL:  too many connections for database", ConnectFailure.DATABASE_FULL),
        ("FATAL:  (sorry, too many clients|remaining connection slots)", ConnectFailure.SERVER_FULL),
        ("FATAL:  the database system is (starting up|not yet accepting)", ConnectFailure.STARTING),
        ("FATAL:  the database system is shutting down", ConnectFailure.STOPPING),
        ("FATAL:  the database system is in recovery mode", ConnectFailure.REPAIRING),
        ("server does not support SSL", ConnectFailure.NO_TLS),
        ("invalid response to (SSL|GSSAPI) negotiation|expected authentication request", ConnectFailure.NOT_POSTGRESQL),
        ("server closed the connection|Connection reset by peer", ConnectFailure.CUT),
        ("(^|failed: )(timeout expired|Connection timed out)", ConnectFailure.TIMED_OUT),
        ("could not translate host name", ConnectFailure.UNKNOWN_HOST),
        ("(^|failed: )(Network is unreachable|No route to host)", ConnectFailure.NO_ROUTE),
        ("(^|failed: )(Connection refused|No such file or directory)", ConnectFailure.REFUSED),
    )
)

# Waiting does not mend these: somebody has to correct the URL or the server.
LASTING = frozenset(
    {
        ConnectFailure.WRONG_PASSWORD,
        ConnectFailure.NO_PASSWORD,
        ConnectFailure.NO_ROLE,
        ConnectFailure.NO_LOGIN,
        ConnectFailure.NO_DATABASE,
        ConnectFailure.NO_CONNECT_RIGHT,
        ConnectFailure.NOT_ADMITTED,
        ConnectFailure.DATABASE_CLOSED,
        ConnectFailure.NO_TLS,
        ConnectFailure.NOT_POSTGRESQL,
    }
)


def connect_failure(error: object) -> ConnectFailure | None:
    """What the text of a failed connect says, or None where it says nothing known (a server may speak German)."""
    text = str(error)
    return next((failure for sign, failure in _SIGNS if sign.search(text)), None)
