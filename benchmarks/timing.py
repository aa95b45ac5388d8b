"""How the comparisons here are timed: mostly the best of several rounds, as others may be using the machine too."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple


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


class Took(NamedTuple):
    """Seconds by the clock, and of all processors together."""

    clock: float
    processor: float


def medians_in_turn(rounds: int, one: Callable[[], Any], other: Callable[[], Any]) -> tuple[Took, Took]:
    """The medians of so many rounds of each, where they take turns, after one that does not count."""
    one()
    other()
    rounds_of = [(took(one), took(other)) for _ in range(rounds)]
    first, second = (Took(*map(median, zip(*times, strict=True))) for times in zip(*rounds_of, strict=True))
    return first, second


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work returned."""
    started = perf_counter()
    found = work()
    return perf_counter() - started, found


def took(work: Callable[[], Any]) -> Took:
    """What the work took."""
    started, busy = perf_counter(), process_time()
    work()
    return Took(perf_counter() - started, process_time() - busy)


def _timed(work: Callable[[], Any]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def ms(seconds: float) -> str:
    """Milliseconds for people."""
    return f"{seconds * 1000:.2f} ms"
