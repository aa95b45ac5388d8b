"""Headers that close what an answer does not need."""

from __future__ import annotations

from collections.abc import Callable
from http.client import NOT_MODIFIED as HTTP_NOT_MODIFIED
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_POLICIES = {
    "text/html": _PAGE_POLICY,
    "image/svg+xml": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",  # its colours lie in it
}


def tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Set them on every answer, errors too."""

    def tween(request: Request) -> Response:
        response = handler(request)
        if response.status_int != HTTP_NOT_MODIFIED:  # a browser would lay it over that of the page which it kept
            policy = _POLICIES.get(response.content_type or "", _DATA_POLICY)
            response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return tween


def includeme(config: Any) -> None:
    config.add_tween("llmpricing.web.security.tween_factory")
