"""A request id in every answer and log line, and one line per request."""

from __future__ import annotations

import re
import string
import time
import uuid
from collections.abc import Callable
from typing import Any
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


def _request_id(request: Request) -> str:
    """The caller's id where it is harmless, so that a trace can be followed through; else a fresh one."""
    given = request.headers.get(HEADER, "")
    return given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex


def shown(wsgi_text: str) -> str:
    """Text of an address for a line of the log: percent-encoded where it is no printable ASCII, and bounded."""
    return quote(wsgi_text[:LONGEST], safe=_AS_IT_IS, encoding="latin-1", errors="replace")


def tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Bind the id to the log, time the request, count it, and write one line when it is answered."""

    metrics: Metrics = registry[METRICS]

    def tween(request: Request) -> Response:
        started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)
        response = handler(request)
        response.headers[HEADER] = request.id
        elapsed_s = time.perf_counter() - started
        metrics.count(request, response.status_int, elapsed_s)
        log.info(
            "request",
            method=request.method,
            path=shown(request.environ.get("PATH_INFO", "")),
            query=shown(request.environ.get("QUERY_STRING", "")),
            client=request.client_addr,
            caller=caller.name if (caller := vars(request).get("caller")) else None,
            route=request.matched_route.name if request.matched_route else None,
            status=response.status_int,
            bytes=0 if request.method == "HEAD" else response.content_length,
            elapsed_ms=round(elapsed_s * 1000, 1),
        )
        return response

    return tween


def includeme(config: Any) -> None:
    config.add_request_method(_request_id, name="id", reify=True)
    config.add_tween("llmpricing.web.request_log.tween_factory")
