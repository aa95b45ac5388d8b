"""Whether the hosts of lists answer at all, found out in a few seconds, before a download is waited for."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from threading import Thread
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def reachable(urls: Iterable[str], timeout_s: float) -> set[str]:
    """Those of the https addresses whose host, or the proxy before it, takes a connection; after ``timeout_s`` at most.

    Name look-ups, which no socket's timeout covers, included.
    """
    asked = {url: _gate(url) for url in urls}
    answers: dict[tuple[str, int], Future[bool]] = {gate: Future() for gate in asked.values()}
    for gate, answer in answers.items():
        Thread(target=_try, args=(gate, timeout_s, answer), name="reach", daemon=True).start()
    wait_for(answers.values(), timeout_s)
    return {url for url, gate in asked.items() if answers[gate].done() and answers[gate].result()}


def _gate(url: str) -> tuple[str, int]:
    """Host and port that a request for the address connects to first."""
    parts = urlsplit(url)
    proxy = None if proxy_bypass(parts.netloc) else getproxies().get("https")
    if proxy:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    return parts.hostname or "", parts.port or 443


def _try(gate: tuple[str, int], timeout_s: float, answer: Future[bool]) -> None:
    try:
        socket.create_connection(gate, timeout_s).close()
    except (OSError, UnicodeError):
        answer.set_result(False)
    else:
        answer.set_result(True)
