"""What is said of a database that does not let us in or refuses: one table, for health, commands and local stores."""

from __future__ import annotations

from dataclasses import dataclass

from llmpricing.stores.connect_failures import ConnectFailure, connect_failure

_URL = "sqlalchemy.url or LLMPRICING_DATABASE_URL"
_MIGRATE = "bring the schema up to date: initialize_llmpricing_db, with the same ini"
_AGAIN = "run this again"


@dataclass(frozen=True)
class Words:
    """``kind`` is a class of failures, ``what`` a clause about it, ``step`` what to do next; none holds a secret."""

    kind: str
    what: str
    step: str

    @property
    def line(self) -> str:
        """One line for a report that everybody may read: it names no setting."""
        return f"{self.kind}: {self.what}; {self.step.replace(_URL, 'the database URL')}"

    @property
    def message(self) -> str:
        """Two lines for a person at a terminal."""
        return f"{self.what[:1].upper()}{self.what[1:]}.\nNext: {self.step}."


UNREACHABLE = Words(
    "refused",
    "the database cannot be reached: no server answers there",
    f"start it ('llmpricing stores up', or 'docker compose up -d'), or point {_URL} at one that runs",
)
NOT_LET_IN = Words("failed", "the connection broke or was turned down", "see the server's log")
SILENT = Words("timed out", "the server does not answer", "see whether it hangs, and whether the network leads there")

LOGIN_WORDS = {
    ConnectFailure.WRONG_PASSWORD: Words(
        "authentication failed", "the password was refused", f"check the user and password in {_URL}"
    ),
    ConnectFailure.NO_PASSWORD: Words("authentication failed", "the database wants a password", f"add it to {_URL}"),
    ConnectFailure.NO_ROLE: Words(
        "authentication failed",
        "the role does not exist",
        f"check the user in {_URL}, or create it: createuser -P ROLE",
    ),
    ConnectFailure.NO_LOGIN: Words("authentication failed", "the role may not log in", "let it: ALTER ROLE ... LOGIN"),
    ConnectFailure.NOT_ADMITTED: Words(
        "authentication failed",
        "the server's pg_hba.conf does not admit this role from here",
        "add a line for it, or check sslmode in the URL",
    ),
    ConnectFailure.NO_DATABASE: Words(
        "no such database",
        "the database does not exist",
        "create it (createdb -O ROLE NAME, or 'llmpricing stores up' does it), then run initialize_llmpricing_db",
    ),
    ConnectFailure.NO_CONNECT_RIGHT: Words(
        "no rights", "the role may not connect to the database", "let it: GRANT CONNECT ON DATABASE ... TO ..."
    ),
    ConnectFailure.DATABASE_CLOSED: Words(
        "closed", "the database takes no connections", "let it: ALTER DATABASE ... ALLOW_CONNECTIONS true"
    ),
    ConnectFailure.SERVER_FULL: Words(
        "full", "the server has no connection left", "end some of its clients, or raise max_connections"
    ),
    ConnectFailure.ROLE_FULL: Words(
        "full", "the role has no connection left", "end some of its clients, or raise its CONNECTION LIMIT"
    ),
    ConnectFailure.DATABASE_FULL: Words(
        "full", "the database has no connection left", "end some of its clients, or raise its CONNECTION LIMIT"
    ),
    ConnectFailure.STARTING: Words("not ready", "the server is starting up", "try again in a moment"),
    ConnectFailure.STOPPING: Words("not ready", "the server is shutting down", "start it again"),
    ConnectFailure.REPAIRING: Words(
        "not ready", "the server is repairing itself after a crash", "try again in a moment"
    ),
    ConnectFailure.NO_TLS: Words(
        "no TLS", "the server does not offer the TLS that sslmode asks for", f"check sslmode in {_URL}"
    ),
    ConnectFailure.NOT_POSTGRESQL: Words(
        "failed", "what answers there is not PostgreSQL", f"check host and port in {_URL}"
    ),
    ConnectFailure.UNKNOWN_HOST: Words("unknown host", "the host is not known", f"check the host in {_URL}"),
    ConnectFailure.NO_ROUTE: Words("unreachable", "the network does not lead there", f"check the host in {_URL}"),
    ConnectFailure.TIMED_OUT: SILENT,
    ConnectFailure.CUT: NOT_LET_IN,
    ConnectFailure.REFUSED: UNREACHABLE,
}

# By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
STATE_WORDS = {
    "22P05": Words(
        "encoding",
        "the database cannot hold a sign of this text, since its encoding is not UTF8",
        f"create a database with ENCODING 'UTF8', and point {_URL} at it",
    ),
    "25006": Words(
        "read-only",
        "the database takes no writes: it is a standby, or set to read only",
        f"point {_URL} at the primary, or unset default_transaction_read_only",
    ),
    "40001": Words("busy", "another change came between", _AGAIN),
    "40P01": Words("busy", "this and another change waited for each other, so the server ended this one", _AGAIN),
    "42501": Words(
        "no rights",
        "the role may not do this",
        "grant it CREATE on the database, the extension btree_gist, and our own tables",
    ),
    "42P01": Words("schema behind", "a table is missing", _MIGRATE),
    "42703": Words("schema behind", "a column is missing", _MIGRATE),
    "53100": Words("disk full", "the server's disk is full; nothing was lost", f"free some space and {_AGAIN}"),
    "53200": Words("out of memory", "the server is out of memory", f"free some and {_AGAIN}"),
    "53300": LOGIN_WORDS[ConnectFailure.SERVER_FULL],
    "55P03": Words(
        "locked", "somebody else holds a lock on the tables", f"end the other work or let it finish, then {_AGAIN}"
    ),
    "57014": Words(
        "timed out", "the server ended a statement that took too long", f"see what keeps it busy, then {_AGAIN}"
    ),
    "57P01": Words("broke off", "somebody ended our connection to the database", _AGAIN),
    "57P03": LOGIN_WORDS[ConnectFailure.STARTING],
}


def words_for(error: BaseException) -> Words | None:
    """The words for a driver's error (or one that bears it as ``orig``), None for a refusal without any."""
    original = getattr(error, "orig", None) or error
    if getattr(original, "is_deadline", False):
        return SILENT
    state = getattr(original, "pgcode", None)
    if state is not None:
        return STATE_WORDS.get(state)
    failure = connect_failure(original)
    return LOGIN_WORDS[failure] if failure else NOT_LET_IN
