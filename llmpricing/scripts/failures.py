"""What a command says when the price book's database refuses or goes away, and what it tries again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import sleep

import click
from sqlalchemy.exc import DBAPIError, OperationalError

from llmpricing.models.session import is_timeout, is_transient, sqlstate
from llmpricing.settings import Settings
from llmpricing.stores.connect_failures import LASTING, connect_failure
from llmpricing.stores.words import UNREACHABLE, words_for

LOCK_NOT_AVAILABLE = "55P03"
_BROKEN_OFF = ("57P01", "57P02")  # an administrator, or a crash, ended our session
BROKE_OFF = "The connection to the database broke off, nothing was changed.\nNext: run this again."
UNSURE = (
    "The connection to the database broke off while the change was being kept, so it may or may not have been.\n"
    "Next: look whether it is there, then run this again if it is not."
)


def next_step(error: DBAPIError) -> str:
    """What happened and what to do about it, without the driver's text; a note on the error is the last word."""
    if notes := getattr(error, "__notes__", []):
        return str(notes[-1])
    if broke_off(error):
        return BROKE_OFF
    state, words = sqlstate(error), words_for(error)
    if words is not None:
        return words.message if state or connect_failure(error.orig) or is_timeout(error) else UNREACHABLE.message
    return f"The database refused (SQLSTATE {state}).\nNext: read its own log, which says why, then run this again."


def lock_message(error: DBAPIError, holder: str) -> str | None:
    """What to tell people where the error ended a wait for what ``holder`` has; None for another error."""
    if sqlstate(error) != LOCK_NOT_AVAILABLE:
        return None
    return (
        f"Gave up waiting for {holder}; nothing was changed.\n"
        "Next: let it finish, or end it (select pg_terminate_backend(PROCESS)), then run this again. "
        "LLMPRICING_SCRIPT_LOCK_TIMEOUT_S lets a command wait longer."
    )


def program_name() -> str:
    """What the running command is called, such as ``llmpricing import``."""
    words: list[str] = []
    context = click.get_current_context(silent=True)
    while context is not None and context.parent is not None:
        words.insert(0, context.info_name or "")
        context = context.parent
    return " ".join(["llmpricing", *words])


def broke_off(error: DBAPIError) -> bool:
    """Whether the line to a database that was connected is gone, unlike a login that failed or an answer too late."""
    return not is_timeout(error) and (bool(error.connection_invalidated) or sqlstate(error) in _BROKEN_OFF)


def with_retries(work: Callable[[], None], settings: Settings, *, patiently: bool) -> None:
    """Do the work, again after a transient error: a script may wait, unlike a worker.

    ``patiently`` also waits for a server that cannot be reached yet; else only for one that was reached before.
    """
    for attempt in range(settings.retry_attempts + 1):
        try:
            work()
            return
        except DBAPIError as error:
            mendable = is_transient(error) or broke_off(error) or (patiently and _not_there_yet(error))
            if attempt == settings.retry_attempts or not mendable:
                raise
            patiently = True
            delay_s = min(settings.script_retry_delay_s, 2.0**attempt)
            click.echo(f"The database {_why_again(error)}; trying again in {delay_s:.0f} s ...", err=True)
            sleep(delay_s)


def _why_again(error: DBAPIError) -> str:
    if broke_off(error):
        unsure = UNSURE in getattr(error, "__notes__", ())
        return "broke off while the change was being kept" if unsure else "broke off, nothing was changed"
    return "ended this for another change's sake" if is_transient(error) else "does not answer yet"


def _not_there_yet(error: DBAPIError) -> bool:
    """A server that is starting up or cannot be reached; a refused password will not get better."""
    if not isinstance(error, OperationalError):
        return False
    return sqlstate(error) == "57P03" or (sqlstate(error) is None and connect_failure(error.orig) not in LASTING)


def fail(message: str) -> None:
    """Say why a program ends, and end it with exit code 1."""
    click.echo(message, err=True)
    sys.exit(1)
