"""How the web server reads a request: some paths take larger bodies than others, a few of them at once."""

from __future__ import annotations

from collections import Counter
from time import monotonic
from typing import Any
from weakref import WeakSet

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error

from llmpricing.web.json_body import MAX_BYTES

MOST_LARGE = 8  # bodies over 1 MiB on their way or being read, each on disk
MOST_OF_ONE = 2  # of them by one client
PATIENCE_S, SLOWEST_RATE = 20.0, 64 << 10  # after so long a body must have come at so many bytes a second
MOST_SENDING_S = 300.0
_large: WeakSet[RequestParser] = WeakSet()


class ServerBusy(Error):  # type: ignore[misc]
    code, reason = 503, "Service Unavailable"


class _SentTooSlowly(Error):  # type: ignore[misc]
    code, reason = 408, "Request Timeout"


class _LargeBody:
    """The server's settings for one request, which may bring more bytes than others."""

    def __init__(self, adj: Any, most_bytes: int) -> None:
        self._adj, self.max_request_body_size = adj, most_bytes + 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adj, name)


class RequestParser(HTTPRequestParser):  # type: ignore[misc]
    """A request that is read: some paths take larger bodies, so many at once, and of one client fewer. Who sends one
    too slowly is told so and loses the place.
    """

    adj: Any
    completed: bool
    body_bytes_received: int

    def __init__(self, adj: Any, client: str) -> None:
        super().__init__(adj)
        self.client = client
        self.repeated: frozenset[str] = frozenset()  # names of headers that the trusted proxy's request bears twice
        self._since = 0.0

    def received(self, data: bytes) -> int:
        if self._since and self in _large and not self.completed and self._is_slow():
            _large.discard(self)
            self.error, self.completed = _SentTooSlowly("too slow a body"), True
            return len(data)
        return int(super().received(data))

    def _is_slow(self) -> bool:
        taken_s = monotonic() - self._since
        return taken_s > min(MOST_SENDING_S, PATIENCE_S + self.body_bytes_received / SLOWEST_RATE)

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:  # of urlsplit, which waitress does not expect: it would close without a word
            raise ParsingError("Bad URI") from None
        if self.client == getattr(self.adj, "trusted_proxy", None):
            self.repeated = _repeated(header_plus)
        most = getattr(self.adj, "large_bodies", {}).get(self.path)
        if most is None or self.command != "POST" or (self.content_length <= MAX_BYTES and not self.chunked):
            return
        if self.client == getattr(self.adj, "trusted_proxy", None):
            self.client = self.headers.get("X_FORWARDED_FOR", "").rpartition(",")[2].strip() or self.client
        self.adj, self._since = _LargeBody(self.adj, most), monotonic()
        if len(_large) < MOST_LARGE and sum(one.client == self.client for one in _large) < MOST_OF_ONE:
            _large.add(self)
        else:
            self.error, self.completed, self.expect_continue = ServerBusy("too many large bodies"), True, False


def _repeated(head: bytes) -> frozenset[str]:
    """The names that stand before more than one header, as WSGI writes them: waitress joins what they say by commas."""
    lines = (line for line in head.split(b"\r\n")[1:] if line[:1] not in (b" ", b"\t"))
    times = Counter(name.upper() for line in lines if b"_" not in (name := line.partition(b":")[0]))
    return frozenset(name.decode("latin-1").replace("-", "_") for name, count in times.items() if name and count > 1)
