"""Tell a database that is away from one that refuses: what the web needs to know of a store's errors."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from llmpricing.models.deadline import deadline
from llmpricing.models.session import is_timeout, is_transient, sqlstate
from llmpricing.stores.connect_failures import LASTING, connect_failure

__all__ = ["DATABASE_ERRORS", "advice", "deadline", "is_outage", "is_transient", "reason"]

DATABASE_ERRORS: tuple[type[Exception], ...] = (DBAPIError, PoolTimeout)

# PostgreSQL's classes: connection exception, insufficient resources, operator intervention, system error.
_OUTAGE_CLASSES = ("08", "53", "57", "58")
_SCHEMA_BEHIND = ("42P01", "42703")  # undefined table or column: the migrations were not run
_NO_RIGHTS = "42501"
_READ_ONLY = "25006"


def is_outage(error: Exception, *, was_writing: bool = False) -> bool:
    """Whether the database could not be used for what was asked of it. That it takes no writes is its own doing only
    where the transaction was one that writes; else the mistake is ours.
    """
    if isinstance(error, PoolTimeout):
        return True
    state = sqlstate(error)
    if state == _READ_ONLY:
        return was_writing
    return state is None or state[:2] in _OUTAGE_CLASSES or state[:2] == "28" or state in (*_SCHEMA_BEHIND, _NO_RIGHTS)


def reason(error: Exception) -> str:
    """A word for the log; the driver's text may hold a host or a user and stays out."""
    if isinstance(error, PoolTimeout):
        return "no_free_connection"
    if is_timeout(error):
        return "deadline"
    state = sqlstate(error)
    if state is None:
        return "unreachable"
    if state == _NO_RIGHTS:
        return "no_rights"
    if state == _READ_ONLY:
        return "read_only"
    return "schema_behind" if state in _SCHEMA_BEHIND else f"sqlstate_{state}"


def advice(error: Exception) -> str | None:
    """What the operator has to do where waiting does not help; None where it may. No name, no secret.

    For every client to read, so it tells what is wrong with this service and nothing of where its database is.
    """
    state = sqlstate(error)
    if state == _READ_ONLY:
        return (
            "The database takes no writes, so nothing was changed. Whoever runs this service: point sqlalchemy.url at "
            "the primary, or unset default_transaction_read_only."
        )
    if state in _SCHEMA_BEHIND:
        return "The database is not migrated. Whoever runs this service: run initialize_llmpricing_db with its ini."
    if state == _NO_RIGHTS or (state is not None and state[:2] == "28"):
        return "The database refuses this service. Whoever runs it: see /api/health for what to grant."
    if state is None and connect_failure(getattr(error, "orig", None)) in LASTING:
        return "The database cannot be used as it is set up. Whoever runs this service: see /api/health for why."
    return None
