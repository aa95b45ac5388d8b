"""Imports for operators: the program ``llmpricing import`` in a process of its own, one at a time, and how far it is.

It shares locks and rules with the command line, for it is that; and what it takes of memory ends with it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from threading import Lock, Thread, Timer
from typing import Any

import structlog

from llmpricing.services.imports.asked import AskedImport, keep_end
from llmpricing.services.imports.running import ImportPlace
from llmpricing.settings import Settings

STOPS_IN_S = 5.0  # a stop waits so long until the end of an import is kept
LONGEST_S = 1800.0  # an import that takes longer is ended, and nothing of it lands
_UNTOLD = "The program ended without an answer. Next: llmpricing import {source}, or the server's log, which says why."
_STOPPED = "Its server was stopped meanwhile, and nothing of the list landed. Next: ask again."
_COUNTS = ("new", "changed", "withdrawn", "quarantined")
_STEP = re.compile(rb"(\d+) of (\d+)\n")
log = structlog.get_logger(__name__)


class ImportRunner:
    """Runs one import after the other by the server's own ini file, in the one place of the price book for them."""

    def __init__(self, ini: str | None, settings: Settings) -> None:
        self._ini, self._settings = ini, settings
        self._lock = Lock()
        self._one: AskedImport | None = None
        self._place: ImportPlace | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: Thread | None = None
        self._stopped = False

    @property
    def can_run(self) -> bool:
        """Whether it is known by which settings."""
        return self._ini is not None

    def reserve(self, source: str, actor: str, at: datetime) -> AskedImport | None:
        """Take the place for this import; None where it is taken. Raises DBAPIError."""
        with self._lock:
            if self._one is not None or self._stopped or (place := ImportPlace.take(self._settings)) is None:
                return None
            self._one, self._place = AskedImport(source, actor, at), place
            return self._one

    def start(self, was_kept: bool, one: AskedImport) -> None:
        """Begin the import for which the place is taken, or give the place back where asking for it was not kept."""
        if self._one is not one or self._place is None:
            return
        if not was_kept:
            self._leave(self._place)
            return
        thread = Thread(target=self._run, args=(one, self._place), name="import", daemon=True)
        try:
            thread.start()
            self._thread = thread
        except RuntimeError as error:  # no thread is to be had
            self._end(one, self._place, self._failed(one, error))

    def close(self) -> None:
        """End an import that runs, which lands whole or not at all, and see that its end is kept."""
        self._stopped = True
        if (child := self._child) is not None:
            child.terminate()
        if (thread := self._thread) is not None:
            thread.join(STOPS_IN_S)

    def _run(self, one: AskedImport, place: ImportPlace) -> None:
        try:
            told = self._answer(one, place)
        except Exception as error:  # noqa: BLE001 - whatever it is, the import has an end
            told = self._failed(one, error)
        self._end(one, place, told)

    def _failed(self, one: AskedImport, error: Exception) -> dict[str, Any]:
        log.error("import_not_run", source=one.source, error=type(error).__name__, exc_info=error)
        return {"outcome": "failed", "reason": _UNTOLD.format(source=one.source)}

    def _end(self, one: AskedImport, place: ImportPlace, told: dict[str, Any]) -> None:
        try:
            keep_end(place.engine, one.actor, one.source, datetime.now(UTC), told)
        except Exception as error:  # noqa: BLE001 - the database may be away; the page says that no end was kept
            log.warning("import_end_not_kept", source=one.source, error=type(error).__name__, told=told)
        finally:
            self._leave(place)

    def _leave(self, place: ImportPlace) -> None:
        self._one = self._place = self._child = None
        place.leave()

    def _answer(self, one: AskedImport, place: ImportPlace) -> dict[str, Any]:
        """What the program answers."""
        words = ["import", one.source, "-c", str(self._ini), "--json", "--steps"]
        command = [sys.executable, "-m", "llmpricing.scripts.cli", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:  # noqa: S603 - our own
            self._child = child
            late = Timer(LONGEST_S, child.kill)
            try:
                late.start()
                if self._stopped:
                    child.terminate()
                errors = Thread(target=_follow, args=(child, place), name="import's steps", daemon=True)
                errors.start()
                said = child.stdout.read() if child.stdout else b""
                errors.join()
            except BaseException:
                child.kill()
                raise
            finally:
                late.cancel()
        return _told(one.source, said, _STOPPED if self._stopped else _UNTOLD)


def _follow(child: subprocess.Popen[bytes], place: ImportPlace) -> None:
    """Tell how far it is, and log what else it says."""
    for line in child.stderr or ():
        if found := _STEP.fullmatch(line):
            place.tell(int(found[1]), int(found[2]))
        elif words := line.decode(errors="replace").strip():
            log.info("import_said", words=words[:500])


def _told(source: str, said: bytes, untold: str) -> dict[str, Any]:
    """What the log keeps of an answer; ``untold`` is why there may be none."""
    try:
        answer = json.loads(said)
        outcome = answer["outcome"]
        if outcome == "failed":
            return {"outcome": outcome, "reason": str(answer["error"])}
        return {"outcome": outcome, **{name: int(answer[name]) for name in _COUNTS}}
    except (ValueError, KeyError, TypeError):
        return {"outcome": "failed", "reason": untold.format(source=source)}
