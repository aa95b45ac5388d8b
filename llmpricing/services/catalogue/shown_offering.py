"""Which of a model's offerings stands for it: its lab's own, or who asks the least of what orders the list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from llmpricing.domain.names.labs import sells_for
from llmpricing.services.catalogue.same_model import is_another_tier

Weigh = Callable[[Any], Decimal | None]  # what a row costs; None where nobody knows
Between = Callable[
    [Any], tuple[Decimal, Decimal] | None
]  # between what its cost lies, twice the same where it is known


def nobody_knows(_: Any) -> None:
    """A cost of which nothing is asked."""
    return None


def cheapest_first(rows: Iterable[Any], weigh: Weigh) -> list[Any]:
    """The rows in order of what they cost, those sold otherwise than plainly last."""
    return sorted(rows, key=lambda row: (is_another_tier(row.id), *_cheapness(row, weigh)))


def shown_offering(rows: Sequence[Any], lab: str | None, lent: Collection[str], cost: Weigh | None) -> Any:
    """Of rows, the cheapest first: where a ``cost`` orders the list, who asks the least of it, the lab where it asks
    no more; else the lab's own with the shortest id, or the first. Of those that ask the same, sellers of which no list
    says what is asked for (``lent``, by id) come after the others; what is not sold plainly comes last.
    """

    def place(row: Any) -> tuple[Any, ...]:
        is_own, is_lent = sells_for(row.provider, lab), row.id in lent
        if cost is None:
            return is_another_tier(row.id), not is_own, len(row.id) if is_own else 0
        found = cost(row)
        return is_another_tier(row.id), found is None, found or 0, is_lent, not is_own

    return min(rows, key=place)


def sellers_among(rows: Iterable[Any]) -> int:
    """How many sell plainly; where none does, how many at all."""
    rows = list(rows)
    return len({row.provider for row in rows if not is_another_tier(row.id)} or {row.provider for row in rows})


def _cheapness(row: Any, weigh: Weigh) -> tuple[Any, ...]:
    cost, price = weigh(row), row.input_per_mtok
    return cost is None, cost or 0, price is None, price or 0, len(row.id), row.id
