"""How answers travel: compressed where the client takes it, and readable by pages of other sites."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from webob.acceptparse import create_accept_encoding_header

SMALLEST = 1_000  # bytes; what fits one packet is sent as it is
LEVEL = 5
_TEXTS = ("application/json", "image/svg+xml", "text/")
_SAFE = "GET, HEAD"
_SHARED = ("/api/", "/charts/", "/changes.")  # feeds and charts are made to be read elsewhere


def tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Compress texts, and open safe methods of API, charts and feeds to all origins, without cookies."""

    def tween(request: Request) -> Response:
        if is_preflight(request):
            return _preflight()
        response = handler(request)
        if request.environ.get("PATH_INFO", "").startswith(_SHARED):
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = "ETag, Link, Retry-After, X-Request-Id"
        _compress(request, response)
        return response

    return tween


def is_preflight(request: Request) -> bool:
    """Whether a browser asks for a page of another site, before it reads."""
    asked = request.headers.get("Access-Control-Request-Method", "")
    path = request.environ.get("PATH_INFO", "")
    return request.method == "OPTIONS" and asked in ("GET", "HEAD") and path.startswith(_SHARED)


def _preflight() -> Response:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": _SAFE,
        "Access-Control-Allow-Headers": "Authorization, If-None-Match, X-Request-Id",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status=204, headers=headers)


def _compress(request: Request, response: Response) -> None:
    if not (response.content_type or "").startswith(_TEXTS) or response.status_int == 304:
        return
    response.vary = tuple(dict.fromkeys((*(response.vary or ()), "Accept-Encoding")))
    # A static file is an iterator over it, with a length of its own.
    if response.content_encoding or not isinstance(response.app_iter, list) or len(response.body) < SMALLEST:
        return
    if takes_packed(request.environ):
        response.body = pack(response.body)
        response.content_encoding = "gzip"


def takes_packed(environ: dict[str, Any]) -> bool:
    """Whether the client takes gzip; who does not say so may not."""
    stated = environ.get("HTTP_ACCEPT_ENCODING")
    return stated is not None and bool(create_accept_encoding_header(stated).acceptable_offers(["gzip"]))


def pack(body: bytes) -> bytes:
    """The body by gzip."""
    return gzip.compress(body, LEVEL, mtime=0)


def includeme(config: Any) -> None:
    # Below the log, which counts the bytes that are sent.
    config.add_tween("llmpricing.web.delivery.tween_factory", under="llmpricing.web.request_log.tween_factory")
