"""What `serving.py` measures beside: the same bytes from a bare waitress application, and from FastAPI over Redis.

FastAPI, uvicorn and redis (with httptools, uvloop and hiredis) are used where they are installed; they are no part of
this project.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import uuid
from collections import Counter
from importlib import import_module
from typing import Any

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


def fastapi_of(body: bytes, redis_url: str | None) -> Any:
    """FastAPI answering these bytes out of Redis (None: out of memory), with an id, a line of JSON and a counter."""
    fastapi, counted = import_module("fastapi"), Counter[tuple[str, int]]()
    app, log = fastapi.FastAPI(), logging.getLogger("asked")
    log.addHandler(logging.StreamHandler(sys.stderr))
    log.setLevel(logging.INFO)
    cache = import_module("redis.asyncio").from_url(redis_url) if redis_url else None
    key = f"benchmark:{os.getpid()}"

    @app.on_event("startup")  # type: ignore[untyped-decorator]
    async def fill() -> None:
        if cache is not None:
            await cache.set(key, body, ex=600)

    async def models() -> Any:
        started, asked = time.perf_counter(), uuid.uuid4().hex
        found = body if cache is None else await cache.get(key)
        counted["models", 200] += 1
        line = {"event": "request", "path": "/api/v1/models", "status": 200, "bytes": len(found), "request_id": asked}
        log.info(json.dumps(line | {"elapsed_ms": round((time.perf_counter() - started) * 1000, 1)}))
        return fastapi.Response(found, media_type="application/json", headers={"X-Request-Id": asked})

    app.add_api_route("/api/v1/models", models)
    return app


def main() -> None:
    """Serve one of them: waitress|memory|redis PORT FILE [REDIS_URL]."""
    kind, port, file, *redis_url = sys.argv[1:]
    with open(file, "rb") as opened:
        body = opened.read()
    if kind == "waitress":
        import_module("waitress").serve(waitress_of(body), listen=f"127.0.0.1:{port}", threads=12, _quiet=True)
        return
    app = fastapi_of(body, redis_url[0] if kind == "redis" else None)
    import_module("uvicorn").run(app, host="127.0.0.1", port=int(port), access_log=False, log_level="error")


if __name__ == "__main__":
    main()
