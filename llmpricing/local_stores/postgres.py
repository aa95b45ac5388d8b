"""The embedded PostgreSQL: one cluster in one folder; its superuser is reachable over a private socket only."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import signal
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import URL

from llmpricing.local_stores.account import Account
from llmpricing.local_stores.binaries import binaries_for
from llmpricing.local_stores.errors import StoreError
from llmpricing.local_stores.probes import ask_database
from llmpricing.local_stores.processes import ServerProcess, is_alive, server_environment

SUPERUSER = "postgres"
START_TIMEOUT_S = 60.0  # repairing after a crash takes its time
SOCKET_PATH_LIMIT = 100  # Linux allows 107 bytes, macOS 103
INITDB_OPTIONS = (
    f"--username={SUPERUSER} --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
    " --auth-local=trust --auth-host=scram-sha-256"
).split()
# Faster where a power cut may cost the data. Commits stay synchronous: a killed server loses none of them.
CARELESS = {"fsync": "off", "full_page_writes": "off"}


class Postgres(ServerProcess):
    """A PostgreSQL server of our own on 127.0.0.1 and ::1."""

    label: ClassVar[str] = "PostgreSQL"
    program: ClassVar[str] = "postgres"
    pid_file_name: ClassVar[str] = "postmaster.pid"
    default_port: ClassVar[int] = 5432
    # Fast, then immediate shutdown: https://www.postgresql.org/docs/current/server-shutdown.html
    stop_signals: ClassVar[tuple[tuple[signal.Signals, float], ...]] = (
        (signal.SIGINT, 20),
        (signal.SIGQUIT, 5),
        (signal.SIGKILL, 5),
    )
    ask = staticmethod(ask_database)

    def __init__(self, folder: Path, account: Account, *, durable: bool = True) -> None:
        super().__init__(folder, account)
        self._durable = durable
        beside = folder.parent / "run"
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"llmpricing-{digest}"
        self._socket_folder = beside if len(f"{beside}/.s.PGSQL.65535") <= SOCKET_PATH_LIMIT else short

    def start(self, port: int, url: URL) -> None:
        """Start and wait until it answers, repairing what a crash left; then make the URL's role and database."""
        self.stop()
        binaries = binaries_for(self.account, self.folder.parent)
        self.account.make_private(self._socket_folder)
        if self.folder.exists():
            self.account.make_private(self.folder)
        if not (self.folder / "PG_VERSION").exists():
            self._create_cluster(binaries.initdb)
        self._clear_after_crash()
        settings = {
            "listen_addresses": "127.0.0.1,::1",
            "port": str(port),
            "unix_socket_directories": str(self._socket_folder),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **({} if self._durable else CARELESS),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._launch([binaries.postgres, "-D", self.folder, *options], port)
        self._wait_until(self._answers, START_TIMEOUT_S)
        self.admits(url.set(port=port))

    def stop(self) -> bool:
        """End the server and remove the folder of its socket, which may lie in the system's temporary folder."""
        stopped = super().stop()
        with contextlib.suppress(OSError):
            self._socket_folder.rmdir()
        return stopped

    def _admit(self, url: URL) -> bool:
        """Make the URL's role (which may make databases and roles, as tests do), password, database, and btree_gist."""
        name, owner = sql.Identifier(str(url.database)), sql.Identifier(str(url.username))
        if not self._answers():
            return False
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute("select 1 from pg_roles where rolname = %s", [url.username])
            verb = sql.SQL("alter" if cursor.fetchone() else "create")
            role = sql.SQL("{} role {} with login createdb createrole password {}")
            cursor.execute(role.format(verb, owner, sql.Literal(str(url.password or ""))))
            cursor.execute("select 1 from pg_database where datname = %s", [url.database])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("create database {} owner {}").format(name, owner))
        with closing(self._connect(str(url.database))) as connection, connection.cursor() as cursor:
            cursor.execute("create extension if not exists btree_gist")
        return True

    def _create_cluster(self, initdb: Path) -> None:
        """Run initdb beside the data folder and rename: a cluster exists complete or not at all."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise StoreError(
                f"{self.folder} holds something else than a database.\nNext: move it away, then try again."
            )
        building = self.folder.with_suffix(".new")
        shutil.rmtree(building, ignore_errors=True)
        self.account.make_private(building)
        options = [*INITDB_OPTIONS, *([] if self._durable else ["--no-sync"])]
        made = subprocess.run(  # noqa: S603 - an installed program
            [initdb, "--pgdata", building, *options],
            cwd=building,
            env=server_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            **self.account.process_options(),
        )
        if made.returncode:
            shutil.rmtree(building, ignore_errors=True)
            raise StoreError(
                f"PostgreSQL could not create its data folder {self.folder}:\n  {made.stderr.strip()}\n"
                "Next: look at disk space and at the permissions of the folder, then try again."
            )
        building.rename(self.folder)

    def _clear_after_crash(self) -> None:
        """End orphans and drop lock files whose process id now belongs to another program or to a dead child."""
        recorded = self.recorded_pid()
        if recorded is not None:
            self._end_orphans()
            if is_alive(recorded):
                (self.folder / self.pid_file_name).unlink()
        for left in self._socket_folder.glob(".s.PGSQL.*"):
            left.unlink()

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _connect(self, database: str = "postgres") -> Any:
        connection = psycopg2.connect(
            host=str(self._socket_folder), port=self.port, user=SUPERUSER, dbname=database, connect_timeout=2
        )
        connection.autocommit = True
        return connection
