"""Connections of the web server: who answers a request, and the one error shape for what the application never sees."""

from __future__ import annotations

import uuid
from contextlib import suppress
from html import escape
from socket import MSG_PEEK, socket
from time import time
from typing import Any

import msgspec
import structlog
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from llmpricing.web.answer_task import AnswerTask, NeedsWorker
from llmpricing.web.dispatch import body_bytes
from llmpricing.web.errors import RETRY_AFTER_S
from llmpricing.web.large_bodies import RequestParser, ServerBusy
from llmpricing.web.request_log import shown

# What waitress refuses by itself, before there is a request that the application could see.
_REFUSALS = {
    400: ("BAD_REQUEST", "The request could not be read: send HTTP/1.1."),
    408: ("TOO_SLOW", "The file came too slowly: pack it by gzip, or send it from nearer by."),
    413: ("BODY_TOO_LARGE", "The request's body is larger than {most_mib} MiB: send it in parts."),
    431: ("HEADERS_TOO_LARGE", "The request line and headers are larger than 256 KiB: send a shorter address."),
    501: ("NOT_IMPLEMENTED", "Only chunked transfer encoding is known: send Content-Length instead."),
    503: ("UNAVAILABLE", "Many files are being sent. Send yours again in a few seconds."),
}
_LARGE_FILE = "The file is larger than {most_mib} MiB: pack it by gzip. On the command line: llmpricing audit FILE"
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{head} · llmpricing</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"></head>
<body><main><h1>{head}</h1><p>{rest}</p>
<p><a href="{page}">Go back</a></p><p>Request id {request_id}</p></main></body>
</html>
"""
_CAN_GATHER = hasattr(socket, "sendmsg")  # not on Windows
ASKED_AFTER_S = 0.02  # a request that waited so long for a worker is no longer served to nobody
_OTHER = ("INTERNAL_ERROR", "Something went wrong on our side. It has been logged.")
log = structlog.get_logger()


def _wants_page(request: Any) -> bool:
    """Whether a person is refused, at a browser: as the application tells, by what can be told of a request's head."""
    accepted = getattr(request, "headers", {}).get("ACCEPT", "")
    return "text/html" in accepted and not getattr(request, "path", "").startswith("/api")


def _takes_files(request: Any) -> bool:
    """Whether a file is sent to the path, which may be larger than other bodies."""
    return getattr(request, "path", "") in getattr(request.adj, "large_bodies", {})


def _as_json(_: Any, fields: dict[str, Any], request_id: str) -> bytes:
    return msgspec.json.encode({"error": fields, "request_id": request_id})


def _as_page(request: Any, fields: dict[str, Any], request_id: str) -> bytes:
    """The same for a person, plain: of the application's style the server knows nothing."""
    head, _, rest = fields["message"].partition(": ")
    page = request.path.rpartition("/")[0] if _takes_files(request) else "/"
    told = f"{rest[:1].upper()}{rest[1:]}" if rest else ""
    return _PAGE.format(head=head, rest=told, page=escape(page, quote=True), request_id=request_id).encode()


class _ServerRefusal(ErrorTask):  # type: ignore[misc]  # waitress ships no types
    """An error of the server itself, in the shape of the application's."""

    def execute(self) -> None:
        error, request_id = self.request.error, uuid.uuid4().hex
        code, message = _REFUSALS.get(error.code, _OTHER)
        if code == "BODY_TOO_LARGE" and _takes_files(self.request):
            message = _LARGE_FILE
        most_mib = self.request.adj.max_request_body_size >> 20
        fields = {"code": code, "message": message.format(most_mib=most_mib), "details": {}}
        is_page = _wants_page(self.request)
        write = _as_page if is_page else _as_json
        body = write(self.request, fields, request_id)
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "text/html; charset=utf-8" if is_page else "application/json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", request_id),
        ]
        if error.code == ServerBusy.code:
            self.response_headers.append(("Retry-After", RETRY_AFTER_S))
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

    task_class = AnswerTask
    error_task_class = _ServerRefusal
    connected: bool
    is_reading = False  # by the server's loop, which answers at once what is ready
    is_due = False  # a request has arrived meanwhile, which no worker has

    def handle_read(self) -> None:
        """Read what was sent. A request that has a ready answer is answered here and now, for to hand it to a worker
        and back takes as long again; others get a worker.
        """
        self.is_reading = True
        try:
            super().handle_read()
            if self.is_due and self._may_be_ready():
                self.is_due = False  # which a request behind this one would make true again
                super().service()
        except NeedsWorker:
            self.is_due = True
        finally:
            self.is_reading = False
        if self.is_due:
            self.is_due = False
            self.server.add_task(self)

    def write_whole(self, head: bytes, body: bytes) -> None:
        """Write an answer: what the socket takes at once goes uncopied in one call, waitress keeps the rest.

        Waitress would copy a page four times on its way, in memory that it takes from the system and gives back.
        """
        with self.outbuf_lock:
            sent = 0
            if _CAN_GATHER and self.connected and not self.total_outbufs_len:
                with suppress(OSError):  # full, or gone: waitress finds out which
                    sent = self.socket.sendmsg((head, body))
                    self.last_activity = time()
            if sent < len(head):
                self.write_soon(head[sent:] + body)
            elif sent < len(head) + len(body):
                self.write_soon(body[sent - len(head) :])

    def _may_be_ready(self) -> bool:
        request = self.requests[0]
        if request.error:
            return False
        if request.command == "GET":
            return bool(self.server.has_ready_answers)
        most_bytes = self.server.posted_at_once.get(request.path, 0) if request.command == "POST" else 0
        return 0 < body_bytes(self) <= most_bytes

    def parser_class(self, adj: Any) -> RequestParser:
        """The next request on this connection."""
        return RequestParser(adj, self.addr[0])

    def service(self) -> None:
        """Answer the first request, or end the connection where its client hung up while it waited for a worker."""
        waited_s = time() - self.last_activity
        if waited_s <= ASKED_AFTER_S or not self._has_hung_up():
            super().service()
            return
        request = self.requests[0]
        log.info(
            "client_hung_up",
            method=getattr(request, "command", None),
            path=shown(getattr(request, "path", "")),
            client=self.addr[0],
            waited_ms=round(waited_s * 1000),
        )
        self.connected = False  # so that waitress serves nothing, and ends the connection
        super().service()
        self.server.pull_trigger()

    def _has_hung_up(self) -> bool:
        """Whether the client's end is closed. Waitress reads nothing behind a request that waits, so it would not know;
        who sends no more but would still read cannot be told apart, as with other servers.
        """
        try:
            return not self.socket.recv(1, MSG_PEEK)
        except BlockingIOError:  # nothing more was sent
            return False
        except OSError:  # reset, or closed here meanwhile
            return True

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
