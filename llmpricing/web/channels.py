"""Connections of the web server: the one error shape for what never reaches the application, and a last answer."""

from __future__ import annotations

import uuid
from time import monotonic
from typing import Any
from weakref import WeakSet

import msgspec
import structlog
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from llmpricing.web.errors import RETRY_AFTER_S
from llmpricing.web.json_body import MAX_BYTES
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
FROM_PROXY = "llmpricing.is_from_proxy"  # in the environ, where no header of a request can get
MOST_LARGE = 8  # bodies over 1 MiB on their way or being read, each on disk
MOST_OF_ONE = 2  # of them by one client
PATIENCE_S, SLOWEST_RATE = 20.0, 64 << 10  # after so long a body must have come at so many bytes a second
MOST_SENDING_S = 300.0
_large: WeakSet[_HeadRead] = WeakSet()
_OTHER = ("INTERNAL_ERROR", "Something went wrong on our side. It has been logged.")
log = structlog.get_logger()


class _ServerBusy(Error):  # type: ignore[misc]
    code, reason = 503, "Service Unavailable"


class _SentTooSlowly(Error):  # type: ignore[misc]
    code, reason = 408, "Request Timeout"


class _LargeBody:
    """The server's settings for one request, which may bring more bytes than others."""

    def __init__(self, adj: Any, most_bytes: int) -> None:
        self._adj, self.max_request_body_size = adj, most_bytes + 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adj, name)


class _HeadRead(HTTPRequestParser):  # type: ignore[misc]
    """A request that is read: some paths take larger bodies, so many at once, and of one client fewer. Who sends one
    too slowly is told so and loses the place.
    """

    adj: Any
    completed: bool
    body_bytes_received: int

    def __init__(self, adj: Any, client: str) -> None:
        super().__init__(adj)
        self.client = client
        self._since = 0.0

    def received(self, data: bytes) -> int:
        if self in _large and not self.completed and self._is_slow():
            _large.discard(self)
            self.error, self.completed = _SentTooSlowly("too slow a body"), True
            return len(data)
        return int(super().received(data))

    def _is_slow(self) -> bool:
        taken_s = monotonic() - self._since
        return taken_s > min(MOST_SENDING_S, PATIENCE_S + self.body_bytes_received / SLOWEST_RATE)

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        most = getattr(self.adj, "large_bodies", {}).get(self.path)
        if most is None or self.command != "POST" or (self.content_length <= MAX_BYTES and not self.chunked):
            return
        if self.client == getattr(self.adj, "trusted_proxy", None):
            self.client = self.headers.get("X_FORWARDED_FOR", "").rpartition(",")[2].strip() or self.client
        self.adj, self._since = _LargeBody(self.adj, most), monotonic()
        if len(_large) < MOST_LARGE and sum(one.client == self.client for one in _large) < MOST_OF_ONE:
            _large.add(self)
        else:
            self.error, self.completed, self.expect_continue = _ServerBusy("too many large bodies"), True, False


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

    def set_close_on_finish(self) -> None:
        """End the connection after this answer, where somebody wants that. Waitress would after each 304 too, for that
        has no length; but it never has a body either, so its end is known.
        """
        if self._is_wanted_on():
            return
        super().set_close_on_finish()

    def _is_wanted_on(self) -> bool:
        if self.has_body or self.version != "1.1" or self.channel.server.is_draining:
            return False
        stated: str = self.request.headers.get("CONNECTION", "")
        return "close" not in stated.lower()


class _ServerRefusal(ErrorTask):  # type: ignore[misc]
    """An error of the server itself, in the shape of the application's."""

    def execute(self) -> None:
        error, request_id = self.request.error, uuid.uuid4().hex
        code, message = _REFUSALS.get(error.code, _OTHER)
        most_mib = self.request.adj.max_request_body_size >> 20
        fields = {"code": code, "message": message.format(most_mib=most_mib), "details": {}}
        body = msgspec.json.encode({"error": fields, "request_id": request_id})
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", request_id),
        ]
        if error.code == _ServerBusy.code:
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

    task_class = _Answer
    error_task_class = _ServerRefusal

    def parser_class(self, adj: Any) -> _HeadRead:
        """The next request on this connection."""
        return _HeadRead(adj, self.addr[0])

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
