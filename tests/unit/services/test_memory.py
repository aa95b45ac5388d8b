"""What a process remembers: bounded, the least recently used going first."""

from __future__ import annotations

import gc

import pytest

from llmpricing.services.memory import Memory, rare_collections


def test_what_is_remembered_is_made_once() -> None:
    memory: Memory[str, object] = Memory(2)
    first = memory.remember("a", object)
    assert memory.remember("a", object) is first
    assert memory.recall(["a", "b"]) == {"a": first}


def test_what_was_not_asked_for_longest_goes_first() -> None:
    memory: Memory[str, int] = Memory(2)
    memory.keep("a", 1)
    memory.keep("b", 2)
    memory.recall(["a"])
    memory.keep("c", 3)
    assert memory.recall("abc") == {"a": 1, "c": 3}


def test_a_value_that_is_false_is_remembered_too() -> None:
    memory: Memory[str, tuple[()]] = Memory(1)
    made = []
    for _ in range(2):
        memory.remember("a", lambda: made.append(1) or ())  # type: ignore[func-returns-value]
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
