"""Servers that are measured: on the first core where nothing else is said, asked from the second by wrk."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep

ROUNDS, SECONDS, CONNECTIONS = 5, 2, 32
INI = """[app:main]
use = egg:llmpricing
sqlalchemy.url = {database}
redis.url = {redis}
llmpricing.environment = development
llmpricing.log_format = json
llmpricing.book_dir = {folder}/books
[server:main]
use = egg:llmpricing
listen = 127.0.0.1:{port}
threads = 12
"""


@contextmanager
def served(module: str, *arguments: str, cores: str = "0") -> Iterator[subprocess.Popen[bytes]]:
    """A server on the first core, or those named as taskset does, whose bytecode is kept as once installed."""
    command = ["taskset", "-c", cores, sys.executable, "-m", module, *arguments]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ) as process:
        try:
            yield process
        finally:
            process.terminate()


def read(address: str) -> tuple[bytes, str]:
    """The answer's bytes and its ETag."""
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - of our own making
        return answer.read(), answer.headers.get("ETag", "")


def await_answer(address: str, wanted: str, every_s: float = 0.1) -> None:
    """Return when this is in the answer; ends the run where it is not within a minute."""
    for _ in range(int(60 / every_s)):
        with suppress(OSError):
            if wanted.encode() in read(address)[0]:
                return
        sleep(every_s)
    raise SystemExit(f"{address} does not answer")


def wrk(address: str, tag: str = "", script: str = "") -> float:
    """Answers a second, median of the rounds; the first, that warms, is left out. Refusals end the run."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(script)
        lua.flush()
        command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
        command += ["-s", lua.name] if script else []
        command += ["-H", f"If-None-Match: {tag}"] if tag else []
        rates = []
        for _ in range(ROUNDS + 1):
            said = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
            if "Non-2xx" in said:
                raise SystemExit(f"{address} refuses:\n{said}")
            rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]))  # type: ignore[index]
    return statistics.median(rates[1:])
