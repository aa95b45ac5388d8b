"""Running the application's programs over the stores, and ending them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from llmpricing.local_stores.opening import OpenStores
from llmpricing.scripts.ini import listen_addresses
from llmpricing.scripts.web_port import SUPERVISOR, serves

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_PATIENCE_S = 15.0  # beyond what a child itself may take to stop
WATCH_INTERVAL_S = 0.3


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM and a closed terminal interrupt as Ctrl-C does, once: what follows is for stopping in peace."""
    heeded = [s for s in STOP_SIGNALS if s != signal.SIGHUP or signal.getsignal(s) != signal.SIG_IGN]

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for heard in heeded:
            signal.signal(heard, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {heard: signal.signal(heard, interrupt) for heard in heeded}
    try:
        yield
    finally:
        for heard, handler in before.items():
            signal.signal(heard, handler)


def initialise(ini: Path, stores: OpenStores) -> None:
    """Migrate and seed by the same program as by hand."""
    with _child("llmpricing.scripts.initialize_db", ini, stores.environment(), signal.SIGTERM) as child:
        code = _end_of(child, stores)
    if code:
        raise click.ClickException("The price book could not be prepared; the reason stands above.")


def serve(ini: Path, stores: OpenStores, address: str, drain_timeout_s: float) -> None:
    """Serve until interrupted, and then until requests in flight have ended.

    Raises ClickException or StoreError when the web server or a store ends by itself.
    """
    with _child("pyramid.scripts.pserve", ini, stores.environment(), signal.SIGINT, drain_timeout_s) as child:
        while child.poll() is None and not serves(child.pid, *listen_addresses(ini)[0]):
            stores.check()
            time.sleep(0.05)
        if child.poll() is None:
            click.secho(f"llmpricing is at {address} (Ctrl-C stops it)", bold=True)
        code = _end_of(child, stores)
    raise click.ClickException(f"The web server has ended (exit code {code}); the reason stands above.")


@contextmanager
def _child(
    module: str, ini: Path, environment: Mapping[str, str], stop: signal.Signals, stops_within_s: float = 0
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program in a process group of its own: a terminal's Ctrl-C reaches us only, and we end it in turn."""
    child = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", module, str(ini)],
        env={**os.environ, **environment, SUPERVISOR: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(stop)
            try:
                child.wait(stops_within_s + STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _end_of(child: subprocess.Popen[bytes], stores: OpenStores) -> int:
    """Wait for the program while its stores live."""
    while True:
        try:
            return child.wait(WATCH_INTERVAL_S)
        except subprocess.TimeoutExpired:
            stores.check()
