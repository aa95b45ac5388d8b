"""What `serving.py` measures beside: the same bytes from a bare waitress application, and FastAPI doing what we do.

FastAPI and uvicorn (with httptools, uvloop, redis, hiredis, asyncpg and orjson) are used where they are installed; they
are no part of this project.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from benchmarks.peer_answers import listing_in, out_of_memory, out_of_redis, quote_by_calc_price

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
    """FastAPI answering one path by ``answer(request)``, with a request id, a line of JSON and a counter."""
    fastapi, counted = import_module("fastapi"), Counter[tuple[str, int]]()
    app, log = fastapi.FastAPI(), logging.getLogger("asked")
    log.addHandler(logging.StreamHandler(sys.stderr))
    log.setLevel(logging.INFO)

    async def view(request: Any) -> Any:
        started, asked = time.perf_counter(), uuid.uuid4().hex
        found = await answer(request)
        counted[path, 200] += 1
        line = {"event": "request", "path": path, "status": 200, "bytes": len(found), "request_id": asked}
        log.info(json.dumps(line | {"elapsed_ms": round((time.perf_counter() - started) * 1000, 1)}))
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
