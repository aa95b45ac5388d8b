"""Days in a row whose differences cancel out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random

from llmpricing.services.usage_log.audit.bridge_steps import cancelling


def by_trying(amounts: Sequence[Decimal]) -> Iterator[range]:
    begin = 0
    for end in range(len(amounts)):
        for first in range(end - 1, begin - 1, -1):
            if not sum(amounts[first : end + 1], Decimal(0)):
                yield range(first, end + 1)
                begin = end + 1
                break


def test_the_shortest_stretches_that_sum_to_nothing_are_those_that_trying_all_finds() -> None:
    chance = Random(7)  # noqa: S311 - reproducible on purpose
    for _ in range(300):
        exact = [chance.choice((-3, -2, -1, 1, 2, 3)) * Decimal("0.1") for _ in range(chance.randrange(12))]
        assert list(cancelling(exact)) == list(by_trying(exact))


def test_years_of_days_that_never_cancel_out_are_gone_through_once() -> None:
    days = [Decimal(day) for day in range(1, 100_001)]  # by trying all of their stretches this takes hours
    assert list(cancelling(days)) == []
