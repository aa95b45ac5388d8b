"""Draws charts in one child process at a time, which is replaced before it grows and killed where it takes too long."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from threading import BoundedSemaphore, Lock, Timer
from time import monotonic
from typing import Any

import msgspec
import structlog

MOST_MEMORY_MB = 250  # beyond it the child is replaced
MOST_CHARTS = 200  # of one child
LONGEST_S = 10.0  # of one chart, the start of a child included
PATIENCE_S = 5.0  # for charts that others asked for first
MOST_BYTES = 1 << 20  # of a specification
MOST_ASKING = 3  # the one that is drawn and who waits for it: a chart takes no more of the server's threads
IDLE_DEATH_S = 1.0  # a child that ended so soon had ended before it was asked
log = structlog.get_logger(__name__)


class ChartsAwayError(Exception):
    """A chart that cannot be drawn now: too many ask for one, or the child failed."""


def can_draw() -> bool:
    """Whether vl-convert is installed."""
    return find_spec("vl_convert") is not None


class ChartRenderer:
    """Draws one chart after the other; closed, it draws no more."""

    def __init__(self) -> None:
        self._lock, self._places = Lock(), BoundedSemaphore(MOST_ASKING)
        self._child: subprocess.Popen[bytes] | None = None
        self._drawn = 0
        self._is_closed = False

    def draw(self, specification: Mapping[str, Any]) -> str:
        """The SVG of a Vega-Lite specification; raises ChartsAwayError."""
        line = msgspec.json.encode(specification) + b"\n"
        if len(line) > MOST_BYTES:
            raise ChartsAwayError("the specification is too large")
        if not self._places.acquire(blocking=False):
            raise ChartsAwayError("others wait already")
        try:
            return self._in_turn(line)
        finally:
            self._places.release()

    def close(self) -> None:
        """End the child, also one that is drawing."""
        self._is_closed = True
        child = self._child
        if child is not None:
            child.kill()
        with self._lock:
            self._end()

    def _in_turn(self, line: bytes) -> str:
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise ChartsAwayError("others are being drawn")
        try:
            if self._is_closed:
                raise ChartsAwayError("the server stops")
            return self._answer(line)
        finally:
            self._lock.release()

    def _answer(self, line: bytes) -> str:
        asked = monotonic()
        raw = self._ask(line)
        if not raw and monotonic() - asked < IDLE_DEATH_S:
            raw = self._ask(line)
        if not raw:
            log.error("chart_not_drawn", error="the child ended")
            raise ChartsAwayError("the drawing process ended")
        answer = msgspec.json.decode(raw, type=dict[str, Any])
        self._drawn += 1
        if answer["memory_mb"] > MOST_MEMORY_MB or self._drawn >= MOST_CHARTS:
            self._end()
        if "svg" not in answer:
            log.error("chart_not_drawn", error=answer["error"])
            raise ChartsAwayError("the specification could not be drawn")
        return str(answer["svg"])

    def _ask(self, line: bytes) -> bytes:
        """The child's line; nothing where it ended before or was killed for its slowness."""
        child = self._child or self._begin()
        assert child.stdin is not None, "the child is asked through its input"  # noqa: S101 - as it is opened
        assert child.stdout is not None, "and answers through its output"  # noqa: S101
        limit = Timer(LONGEST_S, child.kill)
        limit.start()
        try:
            child.stdin.write(line)
            child.stdin.flush()
            raw = child.stdout.readline()
        except OSError:
            raw = b""
        finally:
            limit.cancel()
        if not raw.endswith(b"\n"):
            self._end()
            return b""
        return raw

    def _begin(self) -> subprocess.Popen[bytes]:
        """A new child. It is told nothing of the environment, in which passwords may lie."""
        environ = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", "llmpricing.charts.child"]
        self._child = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ
        )
        self._drawn = 0
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()
