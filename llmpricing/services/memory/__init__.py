"""What one process remembers between requests: bounded, shared by threads, and made once."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import inf
from threading import Lock
from typing import Generic, TypeVar

from llmpricing.services.memory.budget import BUDGET, Budget, ticks

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
SMALL = 1_000  # bytes of a value that nobody weighs
PATIENCE_S = 2.0  # for what another thread makes
_OLDEST = 2  # generation of the collector
_SELDOM, _OFTEN = gc.get_threshold()[_OLDEST], 5  # collections of younger objects before a full one
MOST_LOOKED_THROUGH = 10_000  # objects that stay, by a full collection: about 5 ms
_A_QUARTER = 4  # as CPython's own full collections, so that looking through all is paid by what came on top


class _SinceAll:
    """Objects that were left when all were looked through last, and those that settled since."""

    left = settled = 0


_since_all = _SinceAll()


class _Kept(Generic[Value]):
    """A value, about how many bytes it takes, and when it was asked for, as a tick."""

    __slots__ = ("asked", "bytes", "value")

    def __init__(self, value: Value, size: int) -> None:
        self.value, self.bytes, self.asked = value, size, next(ticks)


class Memory(Generic[Key, Value]):
    """At most ``size`` values of at most ``most_bytes`` (None: any), and no more than all memories may take together;
    the one that was not asked for longest goes first. ``weigh`` tells in a moment about how many bytes a value takes,
    and is asked again with the value, which may have grown.
    """

    def __init__(
        self,
        size: int | None,
        weigh: Callable[[Value], int] | None = None,
        *,
        most_bytes: int | None = None,
        budget: Budget = BUDGET,
    ) -> None:
        self._size, self._most_bytes, self._budget = size, most_bytes, budget
        self._weigh = weigh
        self.bytes = 0
        self._kept: OrderedDict[Key, _Kept[Value]] = OrderedDict()
        self._making: dict[Key, Lock] = {}  # held by who makes the value
        self._lock = Lock()
        budget.add(self)

    def __len__(self) -> int:
        return len(self._kept)

    def recall(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Those of the keys that are remembered."""
        found = {}
        with self._lock:
            for key in keys:
                if (kept := self._kept.get(key)) is not None:
                    found[key] = self._asked(key, kept)
        return found

    def find(self, key: Key) -> Value | None:
        """The value, where it is remembered."""
        if key not in self._kept:
            return None
        return self.recall((key,)).get(key)

    def keep(self, key: Key, value: Value) -> None:
        """Remember the value in the place of the one before."""
        kept = _Kept(value, self._weigh(value) if self._weigh else SMALL)
        with self._lock:
            self._drop(key)
            self._kept[key] = kept
            self.bytes += kept.bytes
            while self._is_full():
                self._drop(next(iter(self._kept)))
        self._budget.make_room()

    def forget(self, key: Key) -> None:
        """Remember it no longer."""
        with self._lock:
            self._drop(key)

    def oldest(self) -> float:
        """The tick at which the value that was not asked for longest was asked for."""
        with self._lock:
            return next((kept.asked for kept in self._kept.values()), inf)

    def forget_oldest(self, before: float, most_bytes: int, most: int) -> int:
        """Let go what was asked for before this tick, oldest first, until so many bytes or values went, but never the
        last one; returns how many values that were.
        """
        with self._lock:
            went, left = 0, self.bytes - most_bytes
            while len(self._kept) > 1 and went < most and self.bytes > left:
                key, kept = next(iter(self._kept.items()))
                if kept.asked >= before:
                    break
                self._drop(key)
                went += 1
        return went

    def forget_all(self) -> None:
        """Let all values go."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def _is_full(self) -> bool:
        if self._size is not None and len(self._kept) > self._size:
            return True
        return self._most_bytes is not None and self.bytes > self._most_bytes

    def _drop(self, key: Key) -> None:
        if (gone := self._kept.pop(key, None)) is not None:
            self.bytes -= gone.bytes

    def _asked(self, key: Key, kept: _Kept[Value]) -> Value:
        self._kept.move_to_end(key)
        kept.asked = next(ticks)
        if self._weigh is not None:
            size = self._weigh(kept.value)
            self.bytes += size - kept.bytes
            kept.bytes = size
        return kept.value

    def remember(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value, made where it is not remembered. Who asks while another thread makes it waits for that, for a
        while: threads share one interpreter, and both together would be ready later.
        """
        made = Lock()
        made.acquire()
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                return self._asked(key, kept)
            making = self._making.setdefault(key, made)
        if making is not made:
            if making.acquire(timeout=PATIENCE_S):
                making.release()
            if key in (found := self.recall((key,))):
                return found[key]
        try:
            value = make()
            self.keep(key, value)
            return value
        finally:
            if making is made:
                del self._making[key]
                made.release()


def settle() -> None:
    """Call it after building much that lives long: full collections no longer walk what is alive now.

    They took 120-150 ms with a price book in memory, in every seventh batch of 1,000 quotes. What settled is freed as
    ever when nothing refers to it any more; what refers to itself, when a quarter of all that lives has settled since,
    as a new version of a book does, and while collections are short never: so what lives long does not.
    """
    if not _are_short():
        _since_all.settled += _alive(None)
        if _since_all.settled * _A_QUARTER > _since_all.left:
            gc.unfreeze()  # so that what settled before and is garbage by now goes
            gc.collect()
            _since_all.left, _since_all.settled = _alive(None), 0
        else:
            gc.collect()
    gc.freeze()


def short_collections() -> None:
    """From now on a full collection walks few objects, for all other threads wait for it: what is alive now settles,
    and so does what later ones leave alive when that is many, and nothing that settled is looked through again.

    Not what each leaves: a request that is being answered then refers to itself, and would never be freed.
    """
    if not _are_short():
        gc.callbacks.append(_settle_what_is_left)
        _full_after(_OFTEN)  # before much is new
    gc.freeze()


def whole_collections() -> None:
    """As it was before ``short_collections``."""
    if _are_short():
        gc.callbacks.remove(_settle_what_is_left)
        _full_after(_SELDOM)
        gc.unfreeze()


def _full_after(collections: int) -> None:
    young, older, _ = gc.get_threshold()
    gc.set_threshold(young, older, collections)


def _are_short() -> bool:
    return _settle_what_is_left in gc.callbacks


def _settle_what_is_left(phase: str, info: Mapping[str, int]) -> None:
    if phase == "stop" and info["generation"] == _OLDEST and _alive(_OLDEST) > MOST_LOOKED_THROUGH:
        gc.freeze()


def _alive(generation: int | None) -> int:
    """How many objects of a generation, or of all, have not settled. One call of C, in which no other thread runs: a
    tuple that one is just making cannot grow while the list of all objects refers to it too, which raises SystemError
    there.
    """
    return next(map(len, map(gc.get_objects, (generation,))))


@contextmanager
def rare_collections() -> Iterator[None]:
    """Inside the block the collector of objects that refer to themselves comes a hundred times less often.

    For work that makes millions of objects and none of that kind to speak of: full collections took a sixth of an
    import, and its peak of memory is the same without them.
    """
    often, *older = gc.get_threshold()
    gc.set_threshold(often * 100, *older)
    try:
        yield
    finally:
        gc.set_threshold(often, *gc.get_threshold()[1:])  # full ones may be short by now
