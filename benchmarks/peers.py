"""What `serving.py` measures beside: the same bytes from a bare waitress application, and FastAPI doing what we do.

FastAPI and uvicorn (with httptools, uvloop, redis, hiredis, asyncpg and orjson) are used where they are installed; they
are no part of this project.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from prometheus_client import Counter, Histogram

from benchmarks.peer_answers import listing_in, out_of_memory, out_of_redis
from benchmarks.peer_quotes import quote_by_calc_price

TAG = '"the-same"'


def waitress_of(body: bytes) -> Any:
    """An application that does nothing but answer these bytes, or 304 to who has them."""
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("ETag", TAG)]

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ.get("HTTP_IF_NONE_MATCH") == TAG:
            start_response("304 Not Modified", [("ETag", TAG)])
            return []
        start_response("200 OK", headers)
        return [body]

    return application


def fastapi_of(method: str, path: str, answer: Callable[[Any], Awaitable[bytes]]) -> Any:
    """FastAPI answering one path by ``answer(request)``, with a request id, a line of JSON and counters like ours."""
    fastapi, orjson = import_module("fastapi"), import_module("orjson")
    app, write = fastapi.FastAPI(), sys.stderr.write
    labels = (path.rpartition("/")[2], method, "200")
    counted = Counter("peer_requests", "Requests answered.", ("route", "method", "status")).labels(*labels)
    seconds = Histogram("peer_request_seconds", "Time to the answer.", ("route",)).labels(labels[0])

    async def view(request: Any) -> Any:
        started, asked = time.perf_counter(), os.urandom(16).hex()
        found = await answer(request)
        elapsed_s = time.perf_counter() - started
        counted.inc()
        seconds.observe(elapsed_s)
        line = {
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "client": request.client.host,
            "caller": None,
            "route": labels[0],
            "status": 200,
            "bytes": len(found),
            "elapsed_ms": round(elapsed_s * 1000, 1),
            "event": "request",
            "request_id": asked,
            "level": "info",
            "timestamp": datetime.now(UTC),
        }
        write(orjson.dumps(line, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE).decode())
        return fastapi.Response(found, media_type="application/json", headers={"X-Request-Id": asked})

    view.__annotations__ = {"request": fastapi.Request}
    app.add_api_route(path, view, methods=[method])
    if method == "POST":
        app.add_api_route("/api/v1/models", lambda: "", methods=["GET"])  # asked whether it is there
    return app


def main() -> None:
    """Serve one of them: waitress|memory|redis|asyncpg|calc_price PORT FILE [URL]."""
    kind, port, file, *url = sys.argv[1:]
    with open(file, "rb") as opened:
        body = opened.read()
    if kind == "waitress":
        import_module("waitress").serve(waitress_of(body), listen=f"127.0.0.1:{port}", threads=12, _quiet=True)
        return
    answers: dict[str, Callable[[], Any]] = {
        "memory": lambda: out_of_memory(body),
        "redis": lambda: out_of_redis(body, url[0]),
        "asyncpg": lambda: listing_in(url[0]),
        "calc_price": quote_by_calc_price,
    }
    method, path = ("POST", "/api/v1/quotes") if kind == "calc_price" else ("GET", "/api/v1/models")
    app = fastapi_of(method, path, answers[kind]())
    import_module("uvicorn").run(app, host="127.0.0.1", port=int(port), access_log=False, log_level="error")


if __name__ == "__main__":
    main()
