"""Connections of the web server: the one error shape for what never reaches the application, and a last answer."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import structlog
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

from llmpricing.web.request_log import shown

# What waitress refuses by itself, before there is a request that the application could see.
_REFUSALS = {
    400: ("BAD_REQUEST", "The request could not be read: send HTTP/1.1."),
    413: ("BODY_TOO_LARGE", "The request's body is larger than 1 MiB: send it in parts."),
    431: ("HEADERS_TOO_LARGE", "The request line and headers are larger than 256 KiB: send a shorter address."),
    501: ("NOT_IMPLEMENTED", "Only chunked transfer encoding is known: send Content-Length instead."),
}
FROM_PROXY = "llmpricing.is_from_proxy"  # in the environ, where no header of a request can get
_OTHER = ("INTERNAL_ERROR", "Something went wrong on our side. It has been logged.")
log = structlog.get_logger()


class _Answer(WSGITask):  # type: ignore[misc]  # waitress ships no types
    """An answer that ends its connection when the server drains, to a request that says whether the proxy sent it."""

    def get_environment(self) -> dict[str, Any]:
        """The request for the application. Where it comes from is noted before waitress puts the client's address,
        as the proxy states it, in the place of the proxy's own.
        """
        environ: dict[str, Any] = super().get_environment()
        environ[FROM_PROXY] = self.channel.addr[0] == self.channel.server.adj.trusted_proxy
        return environ

    def build_response_header(self) -> bytes:
        if self.channel.server.is_draining:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header


class _ServerRefusal(ErrorTask):  # type: ignore[misc]
    """An error of the server itself, in the shape of the application's."""

    def execute(self) -> None:
        error, request_id = self.request.error, uuid.uuid4().hex
        code, message = _REFUSALS.get(error.code, _OTHER)
        fields = {"code": code, "message": message, "details": {}}
        body = msgspec.json.encode({"error": fields, "request_id": request_id})
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", request_id),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        # The application never sees it, so this is its one line; of a head that could not be read no path is known.
        log.info(
            "request_refused",
            method=getattr(self.request, "command", None),
            path=shown(getattr(self.request, "path", "")),
            query=shown(getattr(self.request, "query", "")),
            client=self.channel.addr[0],
            status=error.code,
            bytes=len(body),
            request_id=request_id,
        )
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A client's connection."""

    task_class = _Answer
    error_task_class = _ServerRefusal

    @property
    def is_owed(self) -> bool:
        """Whether it is our turn: a request waits, is served, or its answer is not sent yet."""
        return bool(self.requests or self.total_outbufs_len or self.close_when_flushed)

    @property
    def is_busy(self) -> bool:
        """Whether a request is on its way: being read, or ``is_owed`` its answer."""
        return self.request is not None or self.is_owed


def channels(sockets: dict[int, Any]) -> list[Channel]:
    """The clients' connections among the sockets of a server, the one that was silent for longest first."""
    found = [each for each in list(sockets.values()) if isinstance(each, Channel)]
    return sorted(found, key=lambda channel: channel.last_activity)
