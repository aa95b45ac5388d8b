"""A request id in every answer and log line, and one line per request."""

from __future__ import annotations

import os
import re
import string
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

import structlog
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.web.metrics import METRICS, Metrics

log = structlog.get_logger()

LONGEST = 500  # characters of a path or a query
_AS_IT_IS = "".join(set(string.punctuation) - set("\"'\\<>`"))
HEADER = "X-Request-Id"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Answered(NamedTuple):
    """What is told of an answer; ``size`` is in bytes, None where it is not known."""

    route: str | None
    caller: str | None
    status: int
    size: int | None


def request_id(given: str) -> str:
    """The caller's id where it is harmless, so that a trace can be followed through; else a fresh one."""
    return given if given and _ACCEPTED.fullmatch(given) else os.urandom(16).hex()


def shown(wsgi_text: str) -> str:
    """Text of an address for a line of the log: percent-encoded where it is no printable ASCII, and bounded."""
    return _encoded(wsgi_text[:LONGEST])


@lru_cache(256)
def _encoded(wsgi_text: str) -> str:
    return quote(wsgi_text, safe=_AS_IT_IS, encoding="latin-1", errors="replace")


def tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Bind the id to the log, time the request, count it, and write one line when it is answered."""

    def tween(request: Request) -> Response:
        started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)
        response = handler(request)
        response.headers[HEADER] = request.id
        answered = Answered(
            request.matched_route.name if request.matched_route else None,
            caller.name if (caller := vars(request).get("caller")) else None,
            response.status_int,
            0 if request.method == "HEAD" else response.content_length,
        )
        tell(registry, request.environ, answered, time.perf_counter() - started)
        return response

    return tween


def tell(registry: Any, environ: dict[str, Any], answered: Answered, elapsed_s: float, **more: Any) -> None:
    """Count an answer, and write its one line."""
    metrics: Metrics = registry[METRICS]
    method = environ["REQUEST_METHOD"]
    metrics.count(answered.route, method, answered.status, elapsed_s)
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[0].strip()
    log.info(
        "request",
        method=method,
        path=shown(environ.get("PATH_INFO", "")),
        query=shown(environ.get("QUERY_STRING", "")),
        client=forwarded or environ.get("REMOTE_ADDR"),
        caller=answered.caller,
        route=answered.route,
        status=answered.status,
        bytes=answered.size,
        elapsed_ms=round(elapsed_s * 1000, 1),
        **more,
    )


def includeme(config: Any) -> None:
    config.add_request_method(lambda request: request_id(request.headers.get(HEADER, "")), name="id", reify=True)
    config.add_tween("llmpricing.web.request_log.tween_factory")
