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
    words = ["llmpricing.scripts.initialize_db", str(ini)]
    with _child(words, stores.environment(), signal.SIGTERM) as child:
        code = _end_of(child, stores)
    if code:
        raise click.ClickException("The price book could not be prepared; the reason stands above.")


def run_briefly(words: list[str], stores: OpenStores, most_s: float, stops_within_s: float) -> str | None:
    """What a module says first on standard output; None where it took longer than ``most_s`` and was ended.

    For one that says no more than a pipe holds.
    """
    ends = time.monotonic() + most_s
    environment = stores.environment()
    with _child(words, environment, signal.SIGTERM, stops_within_s - STOP_PATIENCE_S, stdout=subprocess.PIPE) as child:
        while child.poll() is None:
            stores.check()
            if time.monotonic() > ends:
                return None
            time.sleep(0.05)
        said = child.stdout.read() if child.stdout else b""
    return said.decode().partition("\n")[0]


def serve(ini: Path, stores: OpenStores, address: str, drain_timeout_s: float) -> None:
    """Serve until interrupted, and then until requests in flight have ended.

    Raises ClickException or StoreError when the web server or a store ends by itself.
    """
    words = ["pyramid.scripts.pserve", str(ini)]
    with _child(words, stores.environment(), signal.SIGINT, drain_timeout_s) as child:
        while child.poll() is None and not serves(child.pid, *listen_addresses(ini)[0]):
            stores.check()
            time.sleep(0.05)
        if child.poll() is None:
            click.secho(f"llmpricing is at {address} (Ctrl-C stops it)", bold=True)
        code = _end_of(child, stores)
    raise click.ClickException(f"The web server has ended (exit code {code}); the reason stands above.")


@contextmanager
def _child(
    words: list[str],
    environment: Mapping[str, str],
    stop: signal.Signals,
    stops_within_s: float = 0,
    stdout: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A module with its words, in a process group of its own: a terminal's Ctrl-C reaches us only, and we end it."""
    child = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", *words],
        env={**os.environ, **environment, SUPERVISOR: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
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
        if child.stdout:
            child.stdout.close()


def _end_of(child: subprocess.Popen[bytes], stores: OpenStores) -> int:
    """Wait for the program while its stores live."""
    while True:
        try:
            return child.wait(WATCH_INTERVAL_S)
        except subprocess.TimeoutExpired:
            stores.check()
