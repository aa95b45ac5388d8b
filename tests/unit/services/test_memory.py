"""What a process remembers: bounded, the least recently used going first."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest

from llmpricing.services import memory
from llmpricing.services.memory import (
    MOST_LOOKED_THROUGH,
    Memory,
    rare_collections,
    settle,
    short_collections,
    whole_collections,
)
from llmpricing.services.publishing.kept_components import KeptComponents


def test_what_is_remembered_is_made_once() -> None:
    remembered: Memory[str, object] = Memory(2)
    first = remembered.remember("a", object)
    assert remembered.remember("a", object) is first
    assert remembered.recall(["a", "b"]) == {"a": first}


def test_what_was_not_asked_for_longest_goes_first() -> None:
    remembered: Memory[str, int] = Memory(2)
    remembered.keep("a", 1)
    remembered.keep("b", 2)
    remembered.recall(["a"])
    remembered.keep("c", 3)
    assert remembered.recall("abc") == {"a": 1, "c": 3}


def test_a_value_that_another_thread_makes_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PATIENCE_S", 60)
    remembered: Memory[str, object] = Memory(1)
    asked, is_made, waiting = Event(), Event(), Event()

    def make() -> object:
        asked.set()
        assert is_made.wait(60)
        return object()

    def wait() -> object:
        waiting.set()
        return remembered.remember("a", object)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(remembered.remember, "a", make)
        assert asked.wait(60)
        second = threads.submit(wait)
        assert waiting.wait(60)
        is_made.set()
        assert first.result(60) is second.result(60)


def test_a_value_that_could_not_be_made_is_made_by_who_asks_next() -> None:
    remembered: Memory[str, object] = Memory(1)
    with pytest.raises(ZeroDivisionError):
        remembered.remember("a", lambda: 1 / 0)
    assert remembered.remember("a", lambda: 2) == 2


def test_a_value_that_was_forgotten_is_made_by_one_thread_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PATIENCE_S", 60)
    remembered: Memory[str, object] = Memory(1)
    remembered.remember("a", object)
    remembered.forget("a")
    began, is_made, made = Event(), Event(), list[object]()

    def make() -> object:
        made.append(object())
        began.set()
        assert is_made.wait(60)
        return made[-1]

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(remembered.remember, "a", make)
        assert began.wait(60)
        second = threads.submit(remembered.remember, "a", make)
        with pytest.raises(TimeoutError):
            second.result(0.2)
        is_made.set()
        assert first.result(60) is second.result(60)
    assert len(made) == 1


def test_a_value_that_is_false_is_remembered_too() -> None:
    remembered: Memory[str, tuple[()]] = Memory(1)
    made = []
    for _ in range(2):
        remembered.remember("a", lambda: made.append(1) or ())  # type: ignore[func-returns-value]
    assert made == [1]


def test_the_collector_comes_rarely_inside_the_block_and_as_ever_afterwards() -> None:
    before, inside = gc.get_threshold(), []

    @rare_collections()
    def work() -> None:
        inside.append(gc.get_threshold())
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        work()
    assert inside == [(before[0] * 100, *before[1:])]
    assert gc.get_threshold() == before


def test_collections_that_become_short_inside_the_block_stay_so(no_collector: None) -> None:
    before = gc.get_threshold()
    with rare_collections():
        short_collections()
    assert gc.get_threshold()[:2] == before[:2]
    assert gc.get_threshold()[2] < before[2]
    whole_collections()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


class Knot:
    """Refers to itself, so that the collector alone frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Objects are looked through where a test says so alone."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def short(no_collector: None) -> Iterator[None]:
    short_collections()
    yield
    whole_collections()


def test_short_collections_look_at_many_objects_once(short: None) -> None:
    kept = [[number] for number in range(MOST_LOOKED_THROUGH + 1)]
    settled = gc.get_freeze_count()
    gc.collect()
    assert gc.get_freeze_count() >= settled + len(kept)


def test_what_a_short_collection_leaves_alive_is_freed_by_a_later_one(short: None) -> None:
    answering = Knot()
    knot = weakref.ref(answering)
    gc.collect()
    del answering
    gc.collect()
    assert knot() is None


def test_a_tuple_that_another_thread_makes_can_grow_while_collections_are_short(short: None) -> None:
    """The list of all objects refers to it too: before that was gone again by then, one of some 200 did not grow."""
    failures: list[SystemError] = []
    is_over = Event()

    def make() -> None:
        while not (failures or is_over.is_set()):
            try:
                tuple([number] for number in range(60))
            except SystemError as failure:
                failures.append(failure)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        makers = [Thread(target=make) for _ in range(3)]
        for maker in makers:
            maker.start()
        for _ in range(5_000):
            gc.collect()
    finally:
        is_over.set()
        sys.setswitchinterval(interval)
    for maker in makers:
        maker.join()
    assert failures == []


def test_what_settles_is_not_looked_through_while_collections_are_short(short: None) -> None:
    knot = weakref.ref(Knot())
    settle()
    assert knot() is not None
    whole_collections()
    settle()
    assert knot() is None


def test_what_settled_is_looked_through_again_when_a_quarter_of_it_came_on_top(no_collector: None) -> None:
    gc.unfreeze()
    settle()  # looks through all
    settled = Knot()
    settle()
    knot = weakref.ref(settled)
    del settled
    settle()
    assert knot() is not None
    kept = [[number] for number in range(gc.get_freeze_count() // 4 + 1)]
    settle()
    assert knot() is None
    assert kept


def test_what_is_new_and_garbage_goes_when_little_settles(no_collector: None) -> None:
    gc.unfreeze()
    settle()
    knot = weakref.ref(Knot())
    settle()
    assert knot() is None


def test_components_are_freed_when_nobody_has_them(no_collector: None) -> None:
    reads: Any = SimpleNamespace()
    components = KeptComponents(reads)
    assert components.read("input_tokens|").meter == "input_tokens"
    left = weakref.ref(components)
    del components
    assert left() is None
