"""For whom a command waits: said on the way, and known when it gives up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic
from typing import Any

import click
import psycopg2
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from llmpricing.models.session import make_script_engine
from llmpricing.scripts.failures import lock_message, program_name
from llmpricing.scripts.terminal import plain
from llmpricing.settings import Settings
from llmpricing.stores.asking import asking

SAY_AFTER_S = 2.0
_ASK_TIMEOUT_S = 2.0
# Other roles' transactions show no times to a role without pg_read_all_stats; their names always.
_HOLDERS = """select pid, application_name, usename, xact_start, state
    from pg_stat_activity where pid = any(pg_blocking_pids(%s)) order by xact_start nulls last"""


class LockWatch:
    """Watches what an engine's connections wait for; ``holder`` names the last one that was waited for."""

    def __init__(self, engine: Engine, patience_s: float, say: Callable[[str], None]) -> None:
        self._url = engine.url.render_as_string(hide_password=False)
        self._patience_s = patience_s
        self._say = say
        self._running: dict[int, float] = {}  # server processes of ours, and since when each has its statement
        self.holder: str | None = None
        event.listen(engine, "before_cursor_execute", self._begin)
        event.listen(engine, "after_cursor_execute", self._end)
        event.listen(engine, "handle_error", self._failed)

    def watch(self, done: Event) -> None:
        """Until ``done``: ask for the holders of the locks that a long statement waits for, and say each once."""
        while not done.wait(SAY_AFTER_S / 4):
            late = [pid for pid, since in list(self._running.items()) if monotonic() - since > SAY_AFTER_S]
            for pid in late:
                with suppress(psycopg2.Error):  # the command itself meets what keeps us out
                    self._ask(pid)
            if late:
                done.wait(SAY_AFTER_S / 2)

    def _ask(self, pid: int) -> None:
        with asking(self._url, _ASK_TIMEOUT_S, application_name="llmpricing lock watch") as ask:
            holders = ask(_HOLDERS, pid)
        found = " and ".join(_named(*holder) for holder in holders)
        if found and found != self.holder:
            self._say(f"Waiting for {found}; giving up after {self._patience_s:g} s ...")
        self.holder = found or self.holder

    def _begin(self, connection: Any, *_: Any) -> None:
        self._running[connection.connection.dbapi_connection.info.backend_pid] = monotonic()

    def _end(self, connection: Any, *_: Any) -> None:
        self._running.pop(connection.connection.dbapi_connection.info.backend_pid, None)

    def _failed(self, _context: Any) -> None:
        self._running.clear()


@contextmanager
def script_engine(settings: Settings, name: str | None = None) -> Iterator[Engine]:
    """The engine of a command, which others see under the command's name.

    Whom it has waited for longer than SAY_AFTER_S is said on standard error; the error that ends such a wait bears
    as its note what to tell people.
    """
    engine = make_script_engine(settings, name or program_name())
    watch = LockWatch(engine, settings.script_lock_timeout_s, lambda text: click.echo(text, err=True))
    done = Event()
    thread = Thread(target=watch.watch, args=(done,), name="lock watch", daemon=True)
    thread.start()
    try:
        yield engine
    except DBAPIError as error:
        if watch.holder and (message := lock_message(error, watch.holder)):
            error.add_note(message)
        raise
    finally:
        done.set()
        thread.join(_ASK_TIMEOUT_S)
        engine.dispose()


def _named(pid: int, application: str, role: str, since: datetime | None, state: str | None) -> str:
    name = application or f"a session of role {role}"
    begun = f", in its transaction since {since.astimezone(UTC):%H:%M:%S} UTC" if since else ""
    return f"{plain(name)} (server process {pid}{begun}{', idle' if state and state.startswith('idle') else ''})"
