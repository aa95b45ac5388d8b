"""How many bytes all that a process remembers may take together: what was not asked for longest goes first."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from math import inf
from threading import Lock
from time import sleep
from typing import Protocol
from weakref import WeakSet

MIB = 1 << 20
DEFAULT_MIB = 128  # what one version of a book of 6,000 offerings is asked by takes 76: with less it is made ever anew
AT_ONCE = 100  # values that go before other threads are let in
ticks = count()  # one each time that something remembered is asked for


class Bounded(Protocol):
    """A memory that lets values go where all memories together take too much."""

    bytes: int

    def __len__(self) -> int: ...

    def oldest(self) -> float:
        """The tick at which the value that was not asked for longest was asked for."""
        ...

    def forget_oldest(self, before: float, most_bytes: int, most: int) -> int:
        """Let go what was asked for before this tick, oldest first, until so many bytes or values went, but never the
        last one; returns how many values that were.
        """
        ...

    def forget_all(self) -> None:
        """Let all values go."""
        ...


class Budget:
    """The bytes that the memories of a process, which are few, may take together."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._memories: WeakSet[Bounded] = WeakSet()
        self._lock = Lock()  # of the set of memories, for a moment
        self._making_room = Lock()

    def add(self, memory: Bounded) -> None:
        """Bound a memory too, for as long as there is one."""
        with self._lock:
            self._memories.add(memory)

    @property
    def kept_bytes(self) -> int:
        """What all memories take, about."""
        return sum(memory.bytes for memory in self._all())

    def forget_all(self) -> None:
        """Let all values of all memories go."""
        for memory in self._all():
            memory.forget_all()

    def make_room(self) -> None:
        """Let values go until the others fit. What each memory was asked for last stays, however large: it is in use,
        as the names of the newest version are, and would be made again for each question.

        One thread does so, for what others keep meanwhile too, and lets them in between; who keeps something then
        waits for nothing. It looks again once it let go of the lock, for what was kept until then.
        """
        while self._excess() > 0 and self._making_room.acquire(blocking=False):
            try:
                while (excess := self._excess()) > 0:
                    if not self._forget(excess):
                        return
                    sleep(0)
            finally:
                self._making_room.release()

    def _excess(self) -> int:
        return self.kept_bytes - self.most_bytes

    def _forget(self, excess: int) -> int:
        """Let the oldest values go, until so many bytes or ``AT_ONCE`` values went; returns how many values that were.

        By memory: what was asked for in one before the oldest of all others goes together.
        """
        oldest = [(memory.oldest(), number, memory) for number, memory in enumerate(self._all()) if len(memory) > 1]
        heapify(oldest)
        went = 0
        while oldest and excess > 0 and went < AT_ONCE:
            _, number, memory = heappop(oldest)
            until, took = oldest[0][0] if oldest else inf, memory.bytes
            went += memory.forget_oldest(until, excess, AT_ONCE - went)
            excess -= took - memory.bytes
            if len(memory) > 1:
                heappush(oldest, (memory.oldest(), number, memory))
        return went

    def _all(self) -> list[Bounded]:
        with self._lock:
            return list(self._memories)


BUDGET = Budget(DEFAULT_MIB * MIB)
