"""What one process remembers between requests: bounded, shared by threads, and made once."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
PATIENCE_S = 2.0  # for what another thread makes
_OLDEST = 2  # generation of the collector
_SELDOM, _OFTEN = gc.get_threshold()[_OLDEST], 5  # collections of younger objects before a full one
MOST_LOOKED_THROUGH = 10_000  # objects that stay, by a full collection: about 5 ms


class Memory(Generic[Key, Value]):
    """At most ``size`` values; the one that was not asked for longest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Key, Value] = OrderedDict()
        self._making: dict[Key, Lock] = {}  # held by who makes the value
        self._lock = Lock()

    def recall(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Those of the keys that are remembered."""
        found = {}
        with self._lock:
            for key in keys:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    found[key] = self._kept[key]
        return found

    def keep(self, key: Key, value: Value) -> None:
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def remember(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value, made where it is not remembered. Who asks while another thread makes it waits for that, for a
        while: threads share one interpreter, and both together would be ready later.
        """
        made = Lock()
        made.acquire()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
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
    ever when nothing refers to it any more; what refers to itself, when the next version settles, and while collections
    are short never: so what lives long does not.
    """
    if not _are_short():
        gc.unfreeze()  # so that what settled before and is garbage by now goes
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
    if phase == "stop" and info["generation"] == _OLDEST and len(gc.get_objects(_OLDEST)) > MOST_LOOKED_THROUGH:
        gc.freeze()


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
