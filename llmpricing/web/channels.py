"""Connections of the web server: the one error shape for what never reaches the application, and a last answer."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

# What waitress refuses by itself, before there is a request that the application could see.
_REFUSALS = {
    400: ("BAD_REQUEST", "The request could not be read: send HTTP/1.1."),
    413: ("BODY_TOO_LARGE", "The request's body is larger than 1 MiB: send it in parts."),
    431: ("HEADERS_TOO_LARGE", "The request line and headers are larger than 256 KiB: send a shorter address."),
    501: ("NOT_IMPLEMENTED", "Only chunked transfer encoding is known: send Content-Length instead."),
}
_OTHER = ("INTERNAL_ERROR", "Something went wrong on our side. It has been logged.")


class _Answer(WSGITask):  # type: ignore[misc]  # waitress ships no types
    """An answer that ends its connection when the server drains."""

    def build_response_header(self) -> bytes:
        if self.channel.server.is_draining:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header


class _Refusal(ErrorTask):  # type: ignore[misc]
    """An error of the server itself, in the shape of the application's."""

    def execute(self) -> None:
        error, request_id = self.request.error, uuid.uuid4().hex
        code, message = _REFUSALS.get(error.code, _OTHER)
        shown = {"code": code, "message": message, "details": {}}
        body = msgspec.json.encode({"error": shown, "request_id": request_id})
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", request_id),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A client's connection."""

    task_class = _Answer
    error_task_class = _Refusal

    @property
    def is_busy(self) -> bool:
        """Whether a request is being read, waits, is served, or its answer is not sent yet."""
        return bool(self.requests or self.total_outbufs_len or self.request is not None or self.close_when_flushed)


def channels(sockets: dict[int, Any]) -> list[Channel]:
    """The clients' connections among the sockets of a server, the one that was silent for longest first."""
    found = [each for each in list(sockets.values()) if isinstance(each, Channel)]
    return sorted(found, key=lambda channel: channel.last_activity)
