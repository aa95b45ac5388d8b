"""Several serving processes on the same sockets: one that dies is replaced, and all end in peace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import structlog

from llmpricing.scripts.supervisor import STOP_PATIENCE_S, WATCH_INTERVAL_S

WORKER = "LLMPRICING_WORKER"  # set in a serving process' environment: its number, from 0
COUNTED_IN = "PROMETHEUS_MULTIPROC_DIR"  # where the processes count together
NOT_STARTED = 3  # the exit code of a process that never served
AGAIN_AFTER_S = 10.0  # a process that could not start is tried again, and one that died at once
AT_ONCE_S = 1.0
log = structlog.get_logger(__name__)


@dataclass
class _WorkerSlot:
    """One of the serving processes, and whoever comes after it."""

    process: subprocess.Popen[bytes]
    is_first: bool = True
    not_before: float = 0.0
    started: float = field(default_factory=time.monotonic)


class Workers:
    """So many serving processes of an ini file."""

    def __init__(self, ini: Path, count: int, sockets: Sequence[socket.socket]) -> None:
        self._ini, self._sockets = ini, sockets
        self._counted_in = tempfile.TemporaryDirectory(prefix="llmpricing-metrics-")
        self._slots = [_WorkerSlot(self._start(number)) for number in range(count)]

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        handles = [one.fileno() for one in self._sockets]
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "llmpricing.web.worker", str(self._ini), *map(str, handles)],
            env={**os.environ, WORKER: str(number), COUNTED_IN: self._counted_in.name},
            stdin=subprocess.PIPE,  # closes when we are gone, and so ends it
            pass_fds=handles,
            process_group=0,  # a terminal's Ctrl-C reaches us only
        )
        log.info("worker_started", worker=number, process=process.pid)
        return process

    def watch(self) -> None:
        """Replace those that die, until interrupted; raises ClickException where one cannot even start."""
        while True:
            for number, slot in enumerate(self._slots):
                self._see_to(number, slot)
            time.sleep(WATCH_INTERVAL_S)

    def _see_to(self, number: int, slot: _WorkerSlot) -> None:
        code = slot.process.poll()
        if code is None or time.monotonic() < slot.not_before:
            return
        if code == NOT_STARTED and slot.is_first:
            raise click.ClickException("The web server could not start; the reason stands above.")
        if code == NOT_STARTED and not slot.not_before:
            log.error("worker_not_started", worker=number, again_after_s=AGAIN_AFTER_S)
            slot.not_before = time.monotonic() + AGAIN_AFTER_S
            return
        if code != NOT_STARTED:
            log.error("worker_died", worker=number, process=slot.process.pid, code=code)
            if time.monotonic() - slot.started < AT_ONCE_S and not slot.not_before:
                slot.not_before = time.monotonic() + AGAIN_AFTER_S  # it would die again at once, and again
                return
        self._slots[number] = _WorkerSlot(self._start(number), is_first=False)

    def stop(self, patience_s: float) -> None:
        """No new connections; the processes answer what they were asked, within ``patience_s``, and end."""
        for one in self._sockets:
            one.close()
        processes = [slot.process for slot in self._slots]
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + patience_s + STOP_PATIENCE_S
        for process in processes:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin:
                process.stdin.close()
        self._counted_in.cleanup()
