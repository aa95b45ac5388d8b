"""How every comparison here is timed: the best of several rounds, because others may be using the machine too."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any


def best_of(rounds: int, work: Callable[[], Any]) -> float:
    """Seconds of the quickest of so many rounds, after one that does not count."""
    work()
    return min(_timed(work) for _ in range(rounds))


def best_in_turn(rounds: int, one: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the quickest round of each, where they take turns: so that what slows the machine slows both."""
    one()
    other()
    times = [(_timed(one), _timed(other)) for _ in range(rounds)]
    return min(first for first, _ in times), min(second for _, second in times)


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work returned."""
    started = perf_counter()
    found = work()
    return perf_counter() - started, found


def _timed(work: Callable[[], Any]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def ms(seconds: float) -> str:
    """Milliseconds for people."""
    return f"{seconds * 1000:.2f} ms"
