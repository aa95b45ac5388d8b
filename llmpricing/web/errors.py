"""One shape for every error: a stable code, plain words, the offending field, a request id; no exception text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import structlog
from pyramid.httpexceptions import HTTPException, HTTPMovedPermanently
from pyramid.interfaces import IRoutesMapper
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid_retry import mark_error_retryable

from llmpricing.services import outages
from llmpricing.web.field_words import on_a_page

log = structlog.get_logger()

RETRY_AFTER_S = "5"
_CODES = {
    400: ("BAD_REQUEST", "The request could not be read."),
    401: ("UNAUTHORIZED", "This needs a token."),
    403: ("FORBIDDEN", "This is not allowed."),
    404: ("NOT_FOUND", "There is nothing at this address."),
    405: ("METHOD_NOT_ALLOWED", "This address does not take that method."),
    406: ("NOT_ACCEPTABLE", "There is no answer in an accepted form."),
    413: ("BODY_TOO_LARGE", "The request's body is larger than 1 MiB."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Send JSON, with Content-Type: application/json."),
    500: ("INTERNAL_ERROR", "Something went wrong on our side. It has been logged under this request id."),
    503: ("UNAVAILABLE", "The database does not answer. Try again in a few seconds."),
}


class Refused(Exception):
    """A request that gets an error: HTTP status, code, plain words, and which field is at fault."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None, **details: Any
    ) -> None:
        super().__init__(code)
        self.headers = headers or {}
        self.status, self.code, self.message, self.details = status, code, message, details


def invalid(field: str, message: str, **details: Any) -> Refused:
    """A 400 that names the offending field."""
    return Refused(400, "INVALID_PARAMETER", message, field=field, **details)


def wants_json(request: Request) -> bool:
    """Whether the answer is for a program: everything below /api, and whoever asks for JSON only."""
    if request.environ.get("PATH_INFO", "").startswith("/api"):  # as it came: it may not be readable text
        return True
    return not request.accept.acceptable_offers(["text/html"])


def error_response(request: Request, status: int, code: str, message: str, details: dict[str, Any]) -> Response:
    """The one constructor of error answers, as JSON or as a page."""
    request_id = getattr(request, "id", "")
    if wants_json(request):
        body = {"error": {"code": code, "message": message, "details": details}, "request_id": request_id}
        response = render_to_response("json", body, request=request)
    else:
        told = on_a_page(message, str(details.get("field", "")))
        values = {"status": status, "code": code, "message": told, "details": details, "request_id": request_id}
        values["is_named"] = told != message
        response = render_to_response("llmpricing.web:templates/error.jinja2", values, request=request)
    response.status_int = status
    response.cache_control = "no-store"
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER_S
    return response


def refused(exc: Refused, request: Request) -> Response:
    response = error_response(request, exc.status, exc.code, exc.message, exc.details)
    response.headers.update(exc.headers)
    return response


def http_exception(exc: HTTPException, request: Request) -> Response:
    """Pyramid's own errors and redirects; their texts may hold paths, so only the status speaks."""
    if exc.status_int < 400:
        return exc
    if exc.status_int == 404 and (address := _without_slash(request)):
        return HTTPMovedPermanently(address, headers={"Cache-Control": "max-age=3600"})
    code, message = _CODES.get(exc.status_int, ("HTTP_ERROR", "The request could not be answered."))
    response = error_response(request, exc.status_int, code, message, {})
    if "Allow" in exc.headers:
        response.headers["Allow"] = exc.headers["Allow"]
    return response


def _without_slash(request: Request) -> str | None:
    """This address without slashes at its end, where one of ours is so."""
    stripped = request.path_info.rstrip("/")
    if request.method not in ("GET", "HEAD") or stripped in ("", request.path_info):
        return None
    asked = Request.blank(stripped, method=request.method)
    if request.registry.getUtility(IRoutesMapper)(asked)["route"] is None:
        return None
    query = f"?{request.query_string}" if request.query_string else ""
    return f"{request.application_url}{quote(stripped)}{query}"


def database_outage(exc: Exception, request: Request) -> Response:
    """503 for a database that does not answer; what a second try may mend is tried again first."""
    if outages.is_transient(exc):
        mark_error_retryable(exc)
    elif not outages.is_outage(exc, was_writing=not request.reads_only):
        return unexpected(exc, request)
    log.warning("database_unavailable", reason=outages.reason(exc))
    code, message = _CODES[503]
    return error_response(request, 503, code, outages.advice(exc) or message, {})


def unexpected(exc: Exception, request: Request) -> Response:
    """500; the trace goes to the log under the request's id, never to the client."""
    log.error("unexpected_error", exc_info=exc)
    return error_response(request, 500, *_CODES[500], {})


def tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    """Answer what fails outside Pyramid's own error views: unreadable addresses, the wait for a place, the commit."""

    def tween(request: Request) -> Response:
        try:
            _check_address(request)
            return handler(request)
        except Exception:  # noqa: BLE001 - whatever it is, the error views give it its shape
            return request.invoke_exception_view(sys.exc_info())

    return tween


def _check_address(request: Request) -> None:
    """Refuse what no address of ours holds, before anything below trips over it."""
    try:
        readable = "\0" not in request.path_info
        request.GET.items()
    except UnicodeDecodeError:
        readable = False
    if not readable:
        raise Refused(400, "BAD_REQUEST", "The address is no readable text: write it in UTF-8, percent-encoded.")


def includeme(config: Any) -> None:
    config.add_tween("llmpricing.web.errors.tween_factory", over="llmpricing.web.bulkhead.tween_factory")
    config.add_exception_view(refused, context=Refused)
    config.add_exception_view(http_exception, context=HTTPException)
    config.add_exception_view(unexpected, context=Exception)
    for kind in outages.DATABASE_ERRORS:
        config.add_exception_view(database_outage, context=kind)
