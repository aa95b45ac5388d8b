"""How the web server asks the application for an answer, and writes it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from waitress.task import WSGITask
from waitress.utilities import build_http_date

FROM_PROXY = "llmpricing.is_from_proxy"  # in the environ, where no header of a request can get
REPEATED = "llmpricing.repeated_headers"  # beside it: the names of headers that the request bears more than once
TOLD_BY_PROXIES = (  # headers that a proxy adds, of which waitress takes most out of what the application sees
    *(f"HTTP_X_FORWARDED_{name}" for name in ("FOR", "HOST", "PROTO", "PORT", "BY")),
    *("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"),
)
PASSED_ON = "llmpricing.is_passed_on"  # in the environ, where there was such a header
AT_ONCE = "llmpricing.at_once"  # in the environ of a request that no worker has: answer it from memory or not at all
HAS_READY_ANSWERS = "llmpricing.has_ready_answers"  # in the registry of an application that may answer at once
POSTED_AT_ONCE = "llmpricing.posted_at_once"  # in the registry: by path how long a body may be that is so answered
_DECIDED = {"Connection", "Date", "Server", "Transfer-Encoding"}  # by waitress, which looks at what is stated


class NeedsWorker(BaseException):
    """Raised by the application to a request that is ``AT_ONCE`` and has no ready answer: nothing was done for it.

    No error, so that nothing on its way takes it for one.
    """


class AnswerTask(WSGITask):  # type: ignore[misc]  # waitress ships no types
    """An answer that ends its connection when the server drains, to a request that says whether the proxy sent it."""

    wrote_header: bool

    def get_environment(self) -> dict[str, Any]:
        """The request for the application. Where it comes from is noted before waitress puts the client's address,
        as the proxy states it, in the place of the proxy's own.
        """
        environ: dict[str, Any] = super().get_environment()
        environ[FROM_PROXY] = self.channel.addr[0] == self.channel.server.adj.trusted_proxy
        environ[REPEATED] = self.request.repeated
        if any(name in environ for name in TOLD_BY_PROXIES):
            environ[PASSED_ON] = True
        environ[AT_ONCE] = self.channel.is_reading
        return environ

    def write(self, data: bytes) -> None:
        """Write the body or a part of it, the head before the first; a whole body goes with its head."""
        is_whole = self.content_length == len(data)
        if not (is_whole and data and self.complete and self.has_body and not self.wrote_header):
            super().write(data)
            return
        self.channel.write_whole(self.build_response_header(), data)
        self.wrote_header, self.content_bytes_written = True, len(data)

    def build_response_header(self) -> bytes:
        if self.channel.server.is_draining:
            self.set_close_on_finish()
        header: bytes = self._plain_header() or super().build_response_header()
        return header

    def _plain_header(self) -> bytes | None:
        """The head of an answer after which the connection goes on; None where there is anything to decide."""
        if self.version != "1.1" or self.close_on_finish or "CONNECTION" in self.request.headers:
            return None
        names = [_written(name) for name, _ in self.response_headers]
        is_sized, has_body = "Content-Length" in names, self.has_body
        if not _DECIDED.isdisjoint(names) or (self.content_length is None if has_body else is_sized):
            return None
        lines = [f"HTTP/1.1 {self.status}"]
        lines += [f"{name}: {value}" for name, (_, value) in zip(names, self.response_headers, strict=True)]
        if has_body and not is_sized:
            lines.append(f"Content-Length: {self.content_length}")
        if ident := self.channel.server.adj.ident:
            lines.append(f"Server: {ident}")
        lines.append(f"Date: {_date(int(self.start_time))}\r\n\r\n")
        return "\r\n".join(lines).encode("latin-1")

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


@lru_cache(256)
def _written(name: str) -> str:
    """A header's name as waitress writes it."""
    return "-".join(part.capitalize() for part in name.split("-"))


@lru_cache(2)
def _date(second: int) -> str:
    date: str = build_http_date(second)
    return date
