"""The tokens in the database as a serving process knows them: read once a second by a thread, by no request."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

import psycopg2
import structlog
from psycopg2.errors import UndefinedTable
from sqlalchemy.exc import DBAPIError

from llmpricing.services.decisions.access_tokens import MOST
from llmpricing.services.decisions.kept_tokens import TokensRead, keep_tokens, kept_tokens
from llmpricing.setting_values import SCOPES, AccessToken
from llmpricing.settings import Settings
from llmpricing.stores.asking import DatabaseLine

EVERY_S = 1.0  # so that a revoked token opens nothing 2 s later
_MADE = "select exists (select from access_token)"
_OPEN = "select name, scope, digest from access_token where revoked_at is null order by id limit %s"
log = structlog.get_logger()


class KnownTokens:
    """Follows the tokens of a database in a thread of its own, from the first question on.

    A database that is away changes nothing: what was read last goes on to count, by another process too where there is
    a folder of the price book's files. Each wait is bounded by ``health_timeout_s``.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = Path(settings.book_dir) if settings.book_dir else None
        self._found: TokensRead | None = None
        self._error: psycopg2.Error | None = None
        self._was_tried, self._is_closing, self._lock = Event(), Event(), Lock()
        self._thread: Thread | None = None

    def read(self) -> TokensRead:
        """What was read last. Waits for the first attempt; raises SQLAlchemy's DBAPIError where none succeeded yet."""
        found = self.peek(self._settings.health_timeout_s) or self._kept()
        if found is None:
            raise DBAPIError("access_token", None, self._error or psycopg2.OperationalError("not read yet"))
        return found

    def peek(self, patience_s: float) -> TokensRead | None:
        """What was read last, or None where nothing was read within ``patience_s`` of the first attempt."""
        if self._thread is None:
            self._begin()
        if self._found is None:
            self._was_tried.wait(patience_s)
        return self._found

    def close(self) -> None:
        """End the thread and its connection."""
        self._is_closing.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * self._settings.health_timeout_s)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._follow, name="llmpricing-tokens", daemon=True)
                self._thread.start()

    def _follow(self) -> None:
        line: DatabaseLine | None = None
        while not self._is_closing.is_set():
            expiry = monotonic() + self._settings.health_timeout_s
            try:
                if line is None or not line.alive:
                    line = DatabaseLine(self._settings.database_url, expiry, application_name="llmpricing tokens")
                self._keep(_read(line, expiry, self._found or self._kept()), None)
            except psycopg2.Error as error:
                self._keep(self._found, error)
            self._was_tried.set()
            self._is_closing.wait(EVERY_S)
        if line is not None:
            with suppress(psycopg2.Error):
                line.close()

    def _keep(self, found: TokensRead | None, error: psycopg2.Error | None) -> None:
        if (error is None) != (self._error is None):  # a line when it begins and ends, not one a second
            say = log.info if error is None else log.warning
            say("tokens_read" if error is None else "tokens_not_read", goes_on=found is not None)
        if self._folder is not None and error is None and found is not None and found != self._found:
            keep_tokens(self._folder, found)
        self._found, self._error = found or self._kept(), error

    def _kept(self) -> TokensRead | None:
        """What was read last by a process that ended, for as long as this one has read nothing."""
        return kept_tokens(self._folder) if self._folder is not None else None


def _read(line: DatabaseLine, expiry: float, known: TokensRead | None) -> TokensRead:
    """What the database says; raises psycopg2's errors, also where it lost the tables that it had."""
    try:
        ((was_made,),) = line.ask(expiry, _MADE)
        rows = line.ask(expiry, _OPEN, MOST) if was_made else []
    except UndefinedTable:
        if known is not None and known.was_made:
            raise
        return TokensRead((), False)  # a database of before there were tokens
    return TokensRead(tuple(AccessToken(*row) for row in rows if row[1] in SCOPES), was_made)
