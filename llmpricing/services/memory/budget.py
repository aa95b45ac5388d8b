"""How many bytes all that a process remembers may take together: what was not asked for longest goes first."""

from __future__ import annotations

from itertools import count
from threading import Lock
from typing import Protocol
from weakref import WeakSet

MIB = 1 << 20
DEFAULT_MIB = 48
ticks = count()  # one each time that something remembered is asked for


class Bounded(Protocol):
    """A memory that lets values go where all memories together take too much."""

    bytes: int

    def __len__(self) -> int: ...

    def oldest(self) -> float:
        """The tick at which the value that was not asked for longest was asked for."""
        ...

    def forget_oldest(self) -> None:
        """Let that value go."""
        ...


class Budget:
    """The bytes that the memories of a process, which are few, may take together."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._memories: WeakSet[Bounded] = WeakSet()
        self._lock = Lock()

    def add(self, memory: Bounded) -> None:
        """Bound a memory too, for as long as there is one."""
        with self._lock:
            self._memories.add(memory)

    @property
    def kept_bytes(self) -> int:
        """What all memories take, about."""
        with self._lock:
            return sum(memory.bytes for memory in self._memories)

    def forget_all(self) -> None:
        """Let all values of all memories go."""
        with self._lock:
            for memory in self._memories:
                while len(memory):
                    memory.forget_oldest()

    def make_room(self) -> None:
        """Let values go until the others fit. What each memory was asked for last stays, however large: it is in use,
        as the names of the newest version are, and would be made again for each question.
        """
        with self._lock:
            excess = sum(memory.bytes for memory in self._memories) - self.most_bytes
            while excess > 0 and (others := [memory for memory in self._memories if len(memory) > 1]):
                oldest = min(others, key=lambda memory: memory.oldest())
                excess -= oldest.bytes
                oldest.forget_oldest()
                excess += oldest.bytes


BUDGET = Budget(DEFAULT_MIB * MIB)
