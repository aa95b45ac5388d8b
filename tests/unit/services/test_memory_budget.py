"""What all memories of a process keep together: no more bytes than they may, the least recently used going first."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from math import inf
from threading import Event
from typing import Any

from llmpricing.services.memory import SMALL, Memory
from llmpricing.services.memory.budget import Budget


def of_its_length(value: str) -> int:
    return len(value)


def two_memories(most_bytes: int) -> tuple[Budget, Memory[int, str], Memory[str, str]]:
    budget = Budget(most_bytes)
    return budget, Memory(10, of_its_length, budget=budget), Memory(10, of_its_length, budget=budget)


def test_all_memories_together_keep_no_more_bytes_than_they_may() -> None:
    budget, numbers, names = two_memories(100)
    for n in range(9):
        numbers.keep(n, "." * 20)
        names.keep(str(n), "." * 15)
        assert budget.kept_bytes == numbers.bytes + names.bytes <= 100
    assert numbers.bytes == 20 * len(numbers) > 0
    assert names.bytes == 15 * len(names) > 0


def test_of_all_memories_the_value_that_was_not_asked_for_longest_goes() -> None:
    _, numbers, names = two_memories(100)
    numbers.keep(1, "." * 25)
    names.keep("a", "." * 25)
    numbers.keep(2, "." * 25)
    names.keep("b", "." * 25)
    numbers.remember(1, str)
    names.keep("c", "." * 25)
    assert set(numbers.recall([1, 2])) == {1, 2}
    assert set(names.recall("abc")) == {"b", "c"}


def test_room_is_made_in_the_order_of_asking_whichever_memory_a_value_is_in() -> None:
    _, numbers, names = two_memories(100)
    for number, name in ((1, "a"), (2, "b")):
        numbers.keep(number, "." * 20)
        names.keep(name, "." * 20)
    numbers.keep(3, "." * 20)
    names.keep("c", "." * 40)
    assert set(numbers.recall([1, 2, 3])) == {2, 3}
    assert set(names.recall("abc")) == {"b", "c"}


def test_what_was_asked_for_again_is_newer_than_what_another_memory_kept_meanwhile() -> None:
    _, numbers, names = two_memories(100)
    for number, name in ((1, "a"), (2, "b")):
        numbers.keep(number, "." * 20)
        names.keep(name, "." * 20)
    numbers.recall([1, 2])
    names.keep("c", "." * 40)
    assert set(numbers.recall([1, 2])) == {1, 2}
    assert set(names.recall("abc")) == {"b", "c"}


def test_no_more_values_go_at_once_than_may() -> None:
    _, numbers, _ = two_memories(100)
    for number in range(5):
        numbers.keep(number, ".")
    assert numbers.forget_oldest(inf, 100, 3) == 3
    assert set(numbers.recall(range(5))) == {3, 4}


def test_what_was_made_of_an_old_version_goes_when_that_of_a_new_one_needs_its_place() -> None:
    budget = Budget(100)
    rows: Memory[tuple[str, int], str] = Memory(3, of_its_length, budget=budget)
    names: Memory[tuple[str, int], str] = Memory(3, of_its_length, budget=budget)
    for version in (1, 2):
        for memory in (rows, names):
            memory.remember(("book", version), lambda: "." * 50)
    for memory in (rows, names):
        assert set(memory.recall([("book", 1), ("book", 2)])) == {("book", 2)}
    assert budget.kept_bytes == 100


def test_what_each_memory_was_asked_for_last_stays_however_large_it_is() -> None:
    budget, numbers, names = two_memories(100)
    names.keep("a", "." * 40)
    names.keep("b", "." * 40)
    numbers.keep(1, "." * 500)
    assert numbers.recall([1]) == {1: "." * 500}
    assert set(names.recall("ab")) == {"b"}
    assert budget.kept_bytes == 540


def test_a_value_that_grows_is_weighed_again_when_it_is_asked_for() -> None:
    budget = Budget(100)
    grown: Memory[str, list[int]] = Memory(2, len, budget=budget)
    grown.remember("a", list).extend(range(90))
    assert budget.kept_bytes == 0
    grown.recall("a")
    assert budget.kept_bytes == 90
    grown.keep("b", list(range(20)))
    assert set(grown.recall("ab")) == {"b"}


def test_a_memory_has_a_limit_of_its_own_besides() -> None:
    budget = Budget(1_000)
    answers: Memory[int, str] = Memory(None, of_its_length, most_bytes=50, budget=budget)
    for n in range(5):
        answers.keep(n, "." * 20)
    assert set(answers.recall(range(5))) == {3, 4}


def test_what_is_kept_anew_or_forgotten_is_not_counted_twice() -> None:
    budget, numbers, names = two_memories(100)
    numbers.keep(1, "." * 30)
    numbers.keep(1, "." * 20)
    names.keep("a", "..")
    names.forget("a")
    names.forget("a")
    assert budget.kept_bytes == 20
    assert names.find("a") is None


def test_a_memory_that_is_gone_counts_no_more() -> None:
    budget, numbers, names = two_memories(100)
    numbers.keep(1, "." * 60)
    names.keep("a", "." * 30)
    del numbers
    gc.collect()
    assert budget.kept_bytes == 30


def test_a_value_that_nobody_weighs_counts_as_a_small_one() -> None:
    budget = Budget(10 * SMALL)
    plain: Memory[int, int] = Memory(20, budget=budget)
    for n in range(20):
        plain.keep(n, n)
    assert set(plain.recall(range(20))) == set(range(10, 20))


class Watched(Memory[int, str]):
    """Counts how often it is asked how old its values are, and waits before it lets go of some until it may."""

    looks = 0

    def __init__(self, budget: Budget) -> None:
        super().__init__(None, of_its_length, budget=budget)
        self.asked, self.goes_on = Event(), Event()
        self.goes_on.set()

    def oldest(self) -> float:
        self.looks += 1
        return super().oldest()

    def forget_oldest(self, *bounds: Any) -> int:
        self.asked.set()
        assert self.goes_on.wait(60)
        return super().forget_oldest(*bounds)


def test_many_small_values_go_together_and_in_the_order_in_which_they_were_asked_for() -> None:
    budget = Budget(10_000)
    memories = [Watched(budget) for _ in range(30)]
    for n in range(10_000):
        memories[n // 1_000].keep(n, ".")
    memories[20].keep(0, "." * 2_000)
    memories[21].keep(0, "." * 5_500)
    assert [len(memory) for memory in memories[:10]] == [1] * 7 + [493, 1_000, 1_000]
    assert set(memories[7].recall(range(10_000))) == set(range(7_507, 8_000))
    assert sum(memory.looks for memory in memories) < 2_000
    assert budget.kept_bytes == 10_000


def test_nobody_waits_while_another_thread_makes_room() -> None:
    budget = Budget(100)
    large, other = Watched(budget), Watched(budget)
    for n in range(9):
        large.keep(n, "." * 10)
    large.goes_on.clear()
    with ThreadPoolExecutor(2) as threads:
        try:
            making = threads.submit(large.keep, 9, "." * 50)
            assert large.asked.wait(60)
            threads.submit(other.keep, 1, "." * 30).result(20)
            assert not making.done()
        finally:
            large.goes_on.set()
        making.result(60)
    assert budget.kept_bytes == 100
