"""Imports for operators: the program ``llmpricing import`` in a process of its own, one at a time, and how far it is.

It shares locks and rules with the command line, for it is that; and what it takes of memory ends with it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock, Thread, Timer
from typing import Any

import structlog

LONGEST_S = 1800.0  # an import that takes longer is ended, and nothing of it lands
_UNTOLD = "The program ended without an answer. Next: llmpricing import {source}, or the server's log, which says why."
_STEP = re.compile(rb"(\d+) of (\d+)\n")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AskedImport:
    """An import that somebody asked for: how many offerings are published so far, and once ended, what came of it."""

    source: str
    actor: str
    begun: datetime
    done: int = 0
    total: int = 0
    ended: datetime | None = None
    outcome: str = ""
    reason: str = ""  # of a failure, in words
    counts: Mapping[str, int] | None = None


class ImportRunner:
    """Runs one import after the other by the server's own ini file; ``keep_end`` is told of each that ended."""

    def __init__(self, ini: str | None, keep_end: Callable[[AskedImport], None]) -> None:
        self._ini, self._keep_end = ini, keep_end
        self._lock = Lock()
        self._before: AskedImport | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self.newest: AskedImport | None = None

    @property
    def can_run(self) -> bool:
        """Whether it is known by which settings."""
        return self._ini is not None

    @property
    def runs(self) -> bool:
        return self.newest is not None and self.newest.ended is None

    def reserve(self, source: str, actor: str, at: datetime) -> bool:
        """Take the place of the one that runs; False where it is taken."""
        with self._lock:
            if self.runs:
                return False
            self._before, self.newest = self.newest, AskedImport(source, actor, at)
            return True

    def start(self, was_kept: bool) -> None:
        """Begin the import for which the place is taken, or give the place back where asking for it was not kept."""
        if not was_kept:
            self.newest = self._before
        elif self.newest is not None:
            Thread(target=self._run, args=(self.newest,), name="import", daemon=True).start()

    def close(self) -> None:
        """End an import that runs; it lands whole or not at all."""
        if (child := self._child) is not None:
            child.terminate()

    def _run(self, one: AskedImport) -> None:
        told = self._answer(one)
        ended = replace(one, ended=datetime.now(UTC), **told)
        try:
            self._keep_end(ended)
        except Exception as error:  # noqa: BLE001 - the database may be away; the page tells it all the same
            log.warning("import_end_not_kept", source=ended.source, error=type(error).__name__)
        self.newest = ended

    def _answer(self, one: AskedImport) -> dict[str, Any]:
        """What the program answers."""
        words = ["import", one.source, "-c", str(self._ini), "--json", "--steps"]
        command = [sys.executable, "-m", "llmpricing.scripts.cli", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:  # noqa: S603 - our own
            self._child = child
            late = Timer(LONGEST_S, child.kill)
            late.start()
            errors = Thread(target=self._follow, args=(child, one), name="import's steps", daemon=True)
            errors.start()
            said = child.stdout.read() if child.stdout else b""
            errors.join()
            late.cancel()
        self._child = None
        return _told(one.source, said)

    def _follow(self, child: subprocess.Popen[bytes], one: AskedImport) -> None:
        """Read how far it is, and log what else it says."""
        for line in child.stderr or ():
            if found := _STEP.fullmatch(line):
                self.newest = replace(one, done=int(found[1]), total=int(found[2]))
            elif words := line.decode(errors="replace").strip():
                log.info("import_said", words=words[:500])


def _told(source: str, said: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(said)
        outcome = answer["outcome"]
    except (ValueError, KeyError, TypeError):
        return {"outcome": "failed", "reason": _UNTOLD.format(source=source)}
    if outcome == "failed":
        return {"outcome": outcome, "reason": str(answer.get("error", ""))}
    counts = {name: answer[name] for name in ("new", "changed", "withdrawn", "quarantined")}
    return {"outcome": outcome, "counts": counts}
