"""One server process that owns one data folder: started, found again, watched and stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy.engine import URL

from llmpricing.local_stores.account import Account
from llmpricing.local_stores.binaries import MISSING
from llmpricing.local_stores.errors import StoreError
from llmpricing.local_stores.probes import ServerAnswer

LOG_LIMIT_BYTES = 5_000_000


class ServerProcess(ABC):
    """A process that works in ``folder``; the folder's pid file leads back to it when its parent is gone."""

    label: ClassVar[str]
    program: ClassVar[str]
    pid_file_name: ClassVar[str]
    default_port: ClassVar[int]
    stop_signals: ClassVar[tuple[tuple[signal.Signals, float], ...]]  # each with the seconds to wait for the end

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder = folder
        self.account = account
        self.log = folder.parent / f"{self.label.lower()}.log"
        self._port_file = folder.parent / f"{self.label.lower()}.port"
        self._child: subprocess.Popen[bytes] | None = None
        self._ended = ""

    @property
    def pid(self) -> int | None:
        """The process id while the server runs, else None; an ended child is reaped."""
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                return self._child.pid
            self._ended = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
            self._child = None
        recorded = self.recorded_pid()
        return recorded if recorded is not None and self._is_ours(recorded) else None

    @property
    def port(self) -> int | None:
        """The port that the server was last started on."""
        return _number_in(self._port_file)

    @staticmethod
    @abstractmethod
    def ask(url: URL) -> ServerAnswer:
        """Whether the server at the URL, whosever it is, is the one that the URL means."""

    @abstractmethod
    def start(self, port: int, url: URL) -> None:
        """Start (anew if it runs) on the port, wait until it answers, and make ready what the URL asks for."""

    def admits(self, url: URL) -> bool:
        """Whether our running server serves the URL, after making what the URL names; False if it hangs."""
        return self.ask(url).ready or (self._admit(url) and self.ask(url).ready)

    @abstractmethod
    def _admit(self, url: URL) -> bool:
        """Make what the URL names; False if the server hangs."""

    def recorded_pid(self) -> int | None:
        """What the pid file says, whether or not that process lives."""
        return _number_in(self.folder / self.pid_file_name)

    def how_it_ended(self) -> str:
        """Plain words about the end of the server, with the last lines of its log."""
        cause = f" ({self._ended})" if self._ended else ""
        lines = self.log.read_text(errors="replace").splitlines()[-6:] if self.log.exists() else []
        return "\n".join([f"{self.label} has stopped{cause}. The end of {self.log}:", *(f"  {x}" for x in lines)])

    def stop(self) -> bool:
        """End the server, cleanly if it lets us, also when it is frozen; False if none was running."""
        pid = self.pid
        if pid is None:
            return False
        for process in self._processes():
            _send(process, signal.SIGCONT)
        for number, patience_s in self.stop_signals:
            _send(pid, number)
            deadline = time.monotonic() + patience_s
            while self.pid == pid and time.monotonic() < deadline:
                time.sleep(0.02)
            if self.pid != pid:
                break
        self._end_orphans()
        return True

    def _launch(self, command: list[str | Path], port: int, text: str | None = None) -> None:
        """Start the program in a session of its own, so that a terminal's Ctrl-C does not reach it."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.unlink()
        self._ended = ""
        self._port_file.write_text(f"{port}\n")
        with self.log.open("ab") as log:
            os.chmod(self.log, 0o600)
            self._child = subprocess.Popen(  # noqa: S603 - an installed program
                command,
                stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=server_environment(),
                start_new_session=True,
                **self.account.process_options(),
            )
        if text is not None and self._child.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self._child.stdin as config:
                config.write(text.encode())

    def _wait_until(self, answers: Callable[[], bool], patience_s: float) -> None:
        """Return when the started server answers; StoreError when it ends or takes longer than the patience."""
        deadline = time.monotonic() + patience_s
        while not answers():
            if self.pid is None:
                raise StoreError(
                    f"{self.how_it_ended()}\nNext: read these lines. A full disk, another server on the port and the "
                    f"permissions of {self.folder} are the usual causes."
                )
            if time.monotonic() > deadline:
                raise StoreError(
                    f"{self.label} was started (process {self.pid}) but does not answer after {patience_s:.0f} s.\n"
                    f"Next: read the end of {self.log}, then try again."
                )
            time.sleep(0.02)

    def _end_orphans(self) -> None:
        """End what a dead server left behind in its folder, so that the next one has it alone."""
        deadline = time.monotonic() + 10
        while (left := self._processes()) and time.monotonic() < deadline:
            for process in left:
                _send(process, signal.SIGKILL)
            time.sleep(0.02)

    def _processes(self) -> list[int]:
        return [pid for pid in _psutil().pids() if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        """PostgreSQL and Valkey work in their data folder; so may a person's shell: hence the program's name."""
        psutil = _psutil()
        try:
            process: Any = psutil.Process(pid)
            # An unreaped process keeps its id (for ever in a container without an init) but is dead.
            alive: bool = process.name() == self.program and process.status() != psutil.STATUS_ZOMBIE
            return alive and bool(process.cwd() == str(self.folder.resolve()))
        except psutil.Error:
            return False


def server_environment() -> dict[str, str]:
    """Our environment without what PostgreSQL would obey, without our secrets, in UTC and plain English."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LLMPRICING_", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def is_alive(pid: int) -> bool:
    """Whether any process bears this id, dead but unreaped ones included."""
    return bool(_psutil().pid_exists(pid))


def working_folder(port: int) -> Path | None:
    """The folder in which a server that listens on a port of this machine works, which is where PostgreSQL and Valkey
    have their data; None where we may not see it, as in a container.
    """
    try:
        import psutil  # comes with the extra "stores"
    except ImportError:
        return None
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return Path(psutil.Process(connection.pid).cwd())
    return None


def _psutil() -> Any:
    try:
        import psutil  # comes with the extra "stores"
    except ImportError:
        raise StoreError(MISSING) from None
    return psutil


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _number_in(path: Path) -> int | None:
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
