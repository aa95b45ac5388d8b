"""The only outbound HTTP: one list by https from a host that the settings name, bounded in size and time.

urllib of the standard library is enough for a GET: it takes its proxy from https_proxy and no_proxy, and its
certificates from where OpenSSL looks, SSL_CERT_FILE included. What it lacks is here: the allow-list on every hop, and
bounds on the whole of it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from time import monotonic
from traceback import clear_frames
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request

from llmpricing.settings import Settings
from llmpricing.sources.compression import too_large, unpacked
from llmpricing.sources.errors import FetchError
from llmpricing.sources.registry import fetch_hosts

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 5
_CHUNK = 64 * 1024
_BY_HAND = "Or download the list by other means, and: llmpricing import SOURCE FILE"
_STATUS_WORDS = {
    401: "It asks for a password, which cannot be given here.",
    403: "It does not let us in.",
    404: "The list is not there: look at the address.",
    407: "The proxy asks for a password: https_proxy may hold it, as in http://USER:PASSWORD@HOST:PORT.",
    429: "It was asked too often: try again later.",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A list as it was answered, unpacked; ``data`` is None where it is the one that ``etag`` was given for."""

    data: bytes | None
    etag: str | None


def fetch(url: str, settings: Settings, etag: str | None = None) -> Fetched:
    """The list at ``url``; FetchError or SourceError says in plain words why it cannot be had and what to do.

    All of it, names and redirects included, takes ``fetch_timeout_s`` at most. With the ``etag`` of an earlier answer
    an unchanged list is not sent again.
    """
    answer: Future[Fetched] = Future()
    download = _Download(settings, etag)

    def work() -> None:
        try:
            answer.set_result(download.run(url))
        except BaseException as error:  # noqa: BLE001 - raised again where the result is waited for
            answer.set_exception(error)

    # In a thread, because no timeout of a socket covers name look-ups or a header that drips in.
    Thread(target=work, name="fetch", daemon=True).start()
    try:
        return answer.result(settings.fetch_timeout_s)
    except TimeoutError:
        raise FetchError(_too_slow(url, settings.fetch_timeout_s)) from None


class _Download:
    """One answer, over as many hops as it takes."""

    def __init__(self, settings: Settings, etag: str | None) -> None:
        self._hosts = fetch_hosts(settings.fetch_hosts)
        self._timeout_s = settings.fetch_timeout_s
        self._max_bytes = settings.fetch_max_mib * 2**20
        self._deadline = monotonic() + settings.fetch_timeout_s
        self._headers = {"Accept-Encoding": "gzip", "User-Agent": "llmpricing"}
        if etag:
            self._headers["If-None-Match"] = etag
        self._opener = OpenerDirector()
        for handler in (ProxyHandler(), HTTPSHandler(context=ssl.create_default_context())):
            self._opener.add_handler(handler)

    def run(self, url: str) -> Fetched:
        _check(url, self._hosts)
        for _ in range(_MAX_REDIRECTS + 1):
            host = urlsplit(url).hostname or ""
            try:
                with self._open(url) as response:
                    if response.status not in _REDIRECTS:
                        return self._read(response, host)
                    url = urljoin(url, response.headers.get("Location", ""))
            except (OSError, http.client.HTTPException) as error:
                _let_go(error)
                raise FetchError(f"{_why(error, host)} {_BY_HAND}") from None
            _check(url, self._hosts, f"{host} sends us on to ")
        raise FetchError(f"{host} sends us on and on. Look at the address. {_BY_HAND}")

    def _open(self, url: str) -> http.client.HTTPResponse:
        left_s = max(0.1, self._deadline - monotonic())
        response: http.client.HTTPResponse = self._opener.open(Request(url, headers=self._headers), timeout=left_s)  # noqa: S310 - https, checked
        return response

    def _read(self, response: http.client.HTTPResponse, host: str) -> Fetched:
        etag = response.headers.get("ETag")
        if response.status == 304 and "If-None-Match" in self._headers:
            return Fetched(None, self._headers["If-None-Match"])
        if response.status != 200:
            words = _STATUS_WORDS.get(response.status, "Try again later.")
            raise FetchError(f"{host} answered with status {response.status}. {words} {_BY_HAND}")
        data = bytearray()
        while chunk := response.read1(_CHUNK):
            data += chunk
            if len(data) > self._max_bytes:
                raise FetchError(f"{host}: {too_large(self._max_bytes)}.")
            if monotonic() > self._deadline:
                raise FetchError(_too_slow(response.url, self._timeout_s))
        if response.length:  # read1 ends quietly where the connection was cut
            raise http.client.IncompleteRead(b"")
        return Fetched(unpacked(bytes(data), self._max_bytes), etag if etag and etag.isprintable() else None)


def _check(url: str, hosts: Iterable[str], before: str = "") -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise FetchError(f"{before}{url[:200]!r} is not an address. Write https://HOST/PATH.") from None
    if parts.scheme != "https" or not host or parts.username is not None or not url.isprintable() or " " in url:
        raise FetchError(f"{before}{url[:200]!r}: only https://HOST/PATH is fetched, without a password.")
    if host not in hosts:
        raise FetchError(
            f"{before}{host}, which is not among the hosts that lists are fetched from ({', '.join(hosts)}). "
            f"If you trust it, add it to llmpricing.fetch_hosts (LLMPRICING_FETCH_HOSTS). {_BY_HAND}"
        )


def _too_slow(url: str, timeout_s: float) -> str:
    return (
        f"{urlsplit(url).hostname} took longer than {timeout_s:g} s. Try again, or raise llmpricing.fetch_timeout_s "
        f"(LLMPRICING_FETCH_TIMEOUT_S). {_BY_HAND}"
    )


def _let_go(error: BaseException | None) -> None:
    """Drop what the failed calls held: early releases of Python 3.11 leave open what a proxy's refusal came through."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__


def _why(error: Exception, host: str) -> str:
    reason = getattr(error, "reason", error)  # urllib wraps what happened on the way
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"The certificate of {host} is not trusted. A company's own authorities are named in SSL_CERT_FILE."
    if isinstance(reason, ssl.SSLError):
        return f"{host} does not speak TLS as we do: look at the address and the proxy (https_proxy)."
    if isinstance(reason, socket.gaierror):
        return f"No address is known for {host} or for the proxy: look at the name and at https_proxy."
    if "Tunnel connection failed" in str(reason):
        return f"The proxy does not let us through to {host}: look at https_proxy, which may hold USER:PASSWORD@."
    if isinstance(reason, http.client.HTTPException):
        return f"The answer of {host} broke off or makes no sense. Try again."
    return f"{host} cannot be reached: look at the network, or set https_proxy where a proxy is needed."
