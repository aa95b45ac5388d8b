"""The state of the stores, asked afresh each time: side by side, within a budget, in plain words, without secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

import structlog

Probe = Callable[[], Mapping[str, Any]]
DATA_TIMEOUT_S = 0.4
ESSENTIAL = "database"  # without it nothing is served; without another store less is
log = structlog.get_logger(__name__)


class ProbeError(Exception):
    """A store is not well: plain words for everybody to read, and what was found out all the same."""

    def __init__(self, words: str, found: Mapping[str, Any] | None = None) -> None:
        self.found = {**(found or {}), "error": words}
        super().__init__(words)


@dataclass(frozen=True)
class Report:
    """What a health check found; ``body`` is its public shape."""

    status: str  # healthy, degraded or unhealthy
    services: Mapping[str, str]
    checks: Mapping[str, Mapping[str, Any]]
    data: Mapping[str, Any] | None
    timestamp: datetime

    def body(self) -> dict[str, Any]:
        """The report as JSON's types; ``data`` is left out where there is none."""
        data = {} if self.data is None else {"data": self.data}
        timestamp = self.timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"status": self.status, "services": self.services, "checks": self.checks, **data, "timestamp": timestamp}


def run(probes: Mapping[str, Probe], timeout_s: float, *, now: datetime, data: Probe | None = None) -> Report:
    """Ask all probes at once and report after at most ``timeout_s``; the late ones count as timed out.

    ``data`` is asked beside them; it never changes the status and is left out when failing, without database, or later
    than both DATA_TIMEOUT_S and the slowest probe: nobody waits for figures longer than for the truth.
    """
    answers = _ask_all(probes, timeout_s, data)
    figures = answers.pop("data", None)
    checks = {name: answers.get(name, {"error": timed_out(timeout_s)}) for name in probes}
    services = {name: "error" if "error" in check else "ok" for name, check in checks.items()}
    if services.get(ESSENTIAL) == "error" or (figures and "error" in figures):
        figures = None
    warned = any("warning" in check for check in checks.values())
    return Report(_status(services, warned=warned), services, checks, figures, now)


def timed_out(timeout_s: float) -> str:
    """The words for a store that is silent."""
    return f"timed out: no answer within {timeout_s:g} s"


def _status(services: Mapping[str, str], *, warned: bool) -> str:
    if services.get(ESSENTIAL) == "error":
        return "unhealthy"
    return "degraded" if warned or "error" in services.values() else "healthy"


def _ask_all(probes: Mapping[str, Probe], timeout_s: float, data: Probe | None) -> dict[str, Mapping[str, Any]]:
    """The answers that came in time. A late probe ends at its own deadline; nobody waits for it."""
    inbox: SimpleQueue[tuple[str, Mapping[str, Any]]] = SimpleQueue()
    started = monotonic()
    asked = {**probes, **({"data": data} if data else {})}
    for name, probe in asked.items():
        Thread(target=lambda n, p: inbox.put((n, _answer(n, p))), args=(name, probe), daemon=True).start()
    answers: dict[str, Mapping[str, Any]] = {}
    while len(answers) < len(asked):
        patience_s = min(DATA_TIMEOUT_S, timeout_s) if probes.keys() <= answers.keys() else timeout_s
        try:
            name, answer = inbox.get(timeout=max(0.0, started + patience_s - monotonic()))
        except Empty:
            break
        answers[name] = answer
    return answers


def _answer(name: str, probe: Probe) -> Mapping[str, Any]:
    try:
        return probe()
    except ProbeError as error:
        return error.found
    except Exception:  # a report must not fail: what nobody foresaw is an error of that store
        log.exception("health_probe_failed", probe=name)
        return {"error": "failed in an unforeseen way: see the log"}
