"""The application as it is really run: pserve in a process of its own, with as many threads as development.ini has."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from llmpricing.web.forms import FORM_FIELD
from llmpricing.web.operators import FORM_COOKIE
from tests.unplugged.faults import closed_port, wait_until

CHECKOUT = Path(__file__).parents[2]
PSERVE = ("pyramid.scripts.pserve",)
SUPERVISED = ("llmpricing.scripts.cli", "run")
INI = """[app:main]
use = egg:llmpricing
{settings}
[server:main]
use = egg:llmpricing
listen = 127.0.0.1:{port}
threads = {threads}
"""


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    headers: Mapping[str, str]
    text: str
    elapsed_s: float

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Site:
    """A running application."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def get(self, path: str, accept: str = "*/*") -> Answer:
        return self._ask("GET", path, None, {"Accept": accept})

    def post(self, path: str, body: Any) -> Answer:
        return self._ask("POST", path, json.dumps(body), {"Content-Type": "application/json"})

    def send(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send the form of a page for operators, as a browser does that was shown it."""
        token = "a" * 32
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"{FORM_COOKIE}={token}"}
        return self._ask("POST", path, urlencode({**fields, FORM_FIELD: token}), headers)

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        started = time.monotonic()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, dict(headers))
            with closing(connection.getresponse()) as response:  # else one that broke off is closed by the collector
                text = response.read().decode()
            return Answer(response.status, response.headers, text, time.monotonic() - started)

    def is_live(self) -> bool:
        try:
            return self.get("/api/health/live").status == 200
        except OSError:
            return False


def threads_in_development() -> int:
    ini = ConfigParser(interpolation=None)
    ini.read(CHECKOUT / "development.ini")
    return ini.getint("server:main", "threads")


@contextmanager
def serving(folder: Path, settings: Mapping[str, str], program: tuple[str, ...] = PSERVE) -> Iterator[Site]:
    """Serve with these ini settings for the block; all that the process says is in ``log``."""
    site = Site(closed_port(), folder / "pserve.log")
    lines = "\n".join(f"{key} = {value}" for key, value in settings.items())
    ini = folder / "unplugged.ini"
    ini.write_text(INI.format(settings=lines, port=site.port, threads=threads_in_development()))
    with site.log.open("wb") as log:
        command = [sys.executable, "-m", *program, str(ini)]
        with subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
            site.process = process
            try:
                wait_until(lambda: site.is_live() or process.poll() is not None, patience_s=30)
                assert process.poll() is None, site.log.read_text()
                yield site
            finally:
                process.kill()
