"""A checkout of one's own: an ini file with free ports, and the command line run beside it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from llmpricing.local_stores import ports
from llmpricing.local_stores.home import home_beside
from llmpricing.scripts.cli import main

INI = """\
[app:main]
use = egg:llmpricing
sqlalchemy.url = postgresql+psycopg2://llmpricing:dev_password@localhost:{database_port}/llmpricing_dev
redis.url = redis://localhost:{cache_port}/0
llmpricing.environment = development
llmpricing.seed = none

[server:main]
use = egg:llmpricing
listen = localhost:{web_port}
"""


@dataclass
class Checkout:
    """A folder with an ini file, where commands are run as people run them."""

    folder: Path
    database_port: int
    cache_port: int
    web_port: int

    def write_ini(self) -> None:
        numbers = {name: getattr(self, name) for name in ("database_port", "cache_port", "web_port")}
        (self.folder / "development.ini").write_text(INI.format(**numbers))

    def command(self, *words: str, answer: str = "", **environ: str) -> Result:
        """Run in this process: quick."""
        return CliRunner().invoke(main, words, input=answer, env=environ)

    def program(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run as a program that ends."""
        return subprocess.run(
            [sys.executable, "-m", "llmpricing.scripts.cli", *words],
            env=os.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    def initialised(self) -> subprocess.CompletedProcess[str]:
        """Fill the price book by hand, as a program that ends."""
        return subprocess.run(
            [sys.executable, "-m", "llmpricing.scripts.initialize_db", "development.ini"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def running(self, ini: str = "development.ini") -> Iterator[subprocess.Popen[str]]:
        """`llmpricing run` in a terminal session of its own, once it says that it serves."""
        with (
            (self.folder / f"{ini}.out").open("a") as output,
            subprocess.Popen(
                [sys.executable, "-m", "llmpricing.scripts.cli", "run", ini],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                text=True,
            ) as process,
        ):
            before = output.tell()
            try:
                deadline = time.monotonic() + 60
                while "Ctrl-C stops it" not in self.output(ini)[before:]:
                    assert process.poll() is None, self.output(ini)
                    assert time.monotonic() < deadline, self.output(ini)
                    time.sleep(0.05)
                yield process
            finally:
                process.terminate()

    @contextmanager
    def served_by_pserve(self) -> Iterator[dict[str, Any]]:
        """`pserve` by hand, and what its health says of the stores first."""
        command = [sys.executable, "-m", "pyramid.scripts.pserve", "development.ini"]
        with (
            (self.folder / "pserve.out").open("w") as output,
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process,
        ):
            try:
                deadline = time.monotonic() + 60
                while ports.is_free(self.web_port):
                    assert process.poll() is None, (self.folder / "pserve.out").read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                with closing(HTTPConnection("localhost", self.web_port, timeout=30)) as connection:
                    connection.request("GET", "/api/health")
                    with closing(connection.getresponse()) as response:
                        yield json.load(response)
            finally:
                process.terminate()

    def output(self, ini: str = "development.ini") -> str:
        """What the runs of this ini file have said."""
        return (self.folder / f"{ini}.out").read_text()

    def pids(self) -> tuple[int | None, int | None]:
        home = home_beside(self.folder / "development.ini")
        return home.postgres.pid, home.valkey.pid


def three_free_ports() -> tuple[int, int, int]:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        taken = first.getsockname()[1], second.getsockname()[1]
        return *taken, ports.any_free_port()
