"""Where our own servers keep their data, and the locks that let several commands share them."""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from llmpricing.local_stores.account import Account, account_for
from llmpricing.local_stores.errors import StoreError
from llmpricing.local_stores.postgres import Postgres
from llmpricing.local_stores.processes import ServerProcess, working_folder
from llmpricing.local_stores.valkey import Valkey

LOCK_PATIENCE_S = 90.0
MOVED_FILE = "stores.json"


class Home:
    """The folder ``var`` of our servers: pgdata, valkey, their logs, ports and locks."""

    def __init__(self, folder: Path, account: Account, *, durable: bool = True) -> None:
        self.folder = folder
        self.account = account
        self.postgres = Postgres(folder / "pgdata", account, durable=durable)
        self.valkey = Valkey(folder / "valkey", account)
        self._keep_file = folder / "stores.keep"
        self._moved_file = folder / MOVED_FILE

    @property
    def kept(self) -> bool:
        """Whether the servers outlive the commands that use them (``stores up``), until ``stores down``."""
        return self._keep_file.exists()

    @property
    def idle(self) -> bool:
        """Whether no server of ours runs."""
        return self.postgres.pid is None and self.valkey.pid is None

    def runs_at(self, key: str, port: int) -> bool:
        """Whether our server for the ini's key runs on the port; a crash leaves its files behind."""
        server: ServerProcess = self.postgres if key == "sqlalchemy.url" else self.valkey
        try:
            return server.pid is not None and server.port == port
        except StoreError:  # without the extra "stores" nothing of ours runs
            return False

    def keep(self, wanted: bool) -> None:
        """Let the servers outlive the commands that use them, or no longer."""
        if wanted:
            self._keep_file.touch()
        else:
            self._keep_file.unlink(missing_ok=True)

    def remember_moved(self, ports: Mapping[str, tuple[int, int]]) -> None:
        """Say on which port a server of ours runs for an ini key instead of the port that the ini names."""
        if ports:
            self._moved_file.write_text(json.dumps(ports) + "\n")
        else:
            self._moved_file.unlink(missing_ok=True)

    def create(self) -> None:
        """Make the folder; StoreError if that is not allowed."""
        try:
            if not self.folder.exists():
                self.folder.mkdir(parents=True)
                self.folder.chmod(0o755)  # whatever the umask: the account of the servers passes through
            (self.folder / "stores.lock").touch()
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be written: {error.strerror}.\n"
                f"Next: make it yours (sudo chown -R $USER {self.folder}) or free some disk space."
            ) from None

    @contextmanager
    def locked(self, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock under which servers are started and stopped, one command at a time."""
        with (self.folder / "stores.lock").open("a") as file:
            deadline = time.monotonic() + LOCK_PATIENCE_S
            waiting = False
            while not _lock_alone(file):
                if not waiting:
                    say("Waiting for another llmpricing command that is starting or stopping the stores ...")
                waiting = True
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"Another llmpricing command has held {file.name} for {LOCK_PATIENCE_S:.0f} s.\n"
                        "Next: see whether it hangs, end it, and try again."
                    )
                time.sleep(0.1)
            yield

    @contextmanager
    def joined(self) -> Iterator[Callable[[], bool]]:
        """Be counted as a user of the servers; gives a question to ask when leaving: am I the last one?"""
        with (self.folder / "stores.users").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield lambda: _lock_alone(file)

    def stop(self) -> list[str]:
        """Stop the servers that run, the cache first; their names."""
        self.remember_moved({})
        return [server.label for server in (self.valkey, self.postgres) if server.stop()]


def home_beside(ini: Path) -> Home:
    """The folder ``var`` beside the ini file; under /var/lib where root works in a place private to root."""
    for folder in _folders_beside(ini):
        account = account_for(folder / "pgdata")
        if account.can_enter(folder if folder.exists() else folder.parent):
            return Home(folder, account)
    raise StoreError(
        f"User nobody, who runs PostgreSQL for root, reaches neither {ini.resolve().parent} nor /var/lib.\n"
        "Next: run the command as a normal user, or use Docker Compose: docker compose up -d"
    )


def moved_ports(ini: Path) -> dict[str, tuple[int, int]]:
    """By ini key (the port that the ini names, the port where a server of ours runs in its place)."""
    for folder in _folders_beside(ini):
        try:
            found = json.loads((folder / MOVED_FILE).read_text())
            moved = {key: (int(named), int(taken)) for key, (named, taken) in found.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            continue  # no server of ours was moved, or the file was cut off: then the ini's word holds
        home = Home(folder, account_for(folder / "pgdata"))
        return {key: (named, taken) for key, (named, taken) in moved.items() if home.runs_at(key, taken)}
    return {}


def holds_data(ini: Path) -> bool:
    """Whether a PostgreSQL of our own beside the ini file has kept data, be it running or not."""
    return any((folder / "pgdata" / "PG_VERSION").exists() for folder in _folders_beside(ini))


def started_elsewhere(ini: Path, port: int) -> Path | None:
    """Where the data lie of the PostgreSQL that listens on a port of this machine, if llmpricing started it for another
    folder than the ini's.
    """
    found = working_folder(port)
    if found is None or found.name != "pgdata" or found in [folder / "pgdata" for folder in _folders_beside(ini)]:
        return None
    return found


def _folders_beside(ini: Path) -> tuple[Path, Path]:
    place = ini.resolve().parent
    return place / "var", Path("/var/lib") / f"llmpricing-{hashlib.sha256(bytes(place)).hexdigest()[:8]}"


def _lock_alone(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
