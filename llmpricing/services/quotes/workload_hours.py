"""The cost of a workload at an offering, and what it is over the hours of a week where prices go by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.quotes.hours import HourTotal, by_cost, hours_of_week, spread
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads, book_state
from llmpricing.services.quotes.compiled_prices import prices_of

Hours = Sequence[tuple[datetime | None, int]]  # a moment of each class of hours, None: of the clocks; its minutes
ANY_HOUR: Hours = ((None, 1),)


class CostBounds(NamedTuple):
    """Between what a cost lies that depends on what nobody stated: the names of those facts, such as ``region``."""

    low: Decimal
    high: Decimal
    missing: tuple[str, ...]


class WorkloadCost(NamedTuple):
    """What the workload costs at an offering; ``total`` is None where nobody says, and where what it counts is not
    offered, such as output without a price: ``state`` is ``not_offered`` then. ``has_batch`` tells whether the
    batch share is priced as batch: None where there is none. ``codes`` are those of the quotes' warnings. ``by_hours``
    is what it would cost in each hour of a week, where prices go by the hour; the total is that of all hours evenly.
    Where the total depends on what nobody stated, such as a place, ``bounds`` are the least and the most it can be.
    """

    offering: str
    total: Decimal | None
    list_total: Decimal | None
    currency: str | None
    state: str
    has_batch: bool | None
    codes: tuple[str, ...]
    by_hours: tuple[HourTotal, ...] = ()
    bounds: CostBounds | None = None


def hours_of(reads: Reads, clocks: Clocks, offerings: Sequence[str]) -> dict[str, Hours]:
    """The hours of a week that prices tell apart, of the offerings that have any, by id."""
    book = book_state(reads)
    known = names_of(reads, book).offerings
    numbers = {known[slug].id: slug for slug in offerings if slug in known}
    priced = prices_of(reads, book, clocks.known_at, numbers)
    found = ((numbers[number], hours_of_week(prices, clocks.as_of)) for number, prices in priced.items())
    return {slug: hours for slug, hours in found if hours}


def over_hours(costs: Sequence[WorkloadCost], minutes: Sequence[int]) -> WorkloadCost:
    """The cost of a workload that is spread evenly over hours which cost this, in the order of their ``minutes``."""
    first = costs[0]
    if len(costs) == 1:
        return first
    unknown = next((one for one in costs if one.total is None), None)
    codes = tuple(dict.fromkeys(code for one in costs for code in one.codes))
    if unknown is not None or len({one.currency for one in costs}) > 1:
        return (unknown or first)._replace(total=None, list_total=None, codes=codes, bounds=_over(costs))
    return first._replace(
        total=_spread([one.total for one in costs], minutes),
        list_total=_spread([one.list_total for one in costs], minutes),
        codes=codes,
        has_batch=first.has_batch and all(one.has_batch for one in costs),
        by_hours=by_cost(
            HourTotal(one.total, part) for one, part in zip(costs, minutes, strict=True) if one.total is not None
        ),
    )


def _over(costs: Sequence[WorkloadCost]) -> CostBounds | None:
    """Between what it lies in whatever hour."""
    found = [
        CostBounds(one.total, one.total, ()) if one.total is not None and one.bounds is None else one.bounds
        for one in costs
    ]
    known = [one for one in found if one is not None]
    if len(known) < len(found) or len({one.currency for one in costs}) > 1:
        return None
    missing = dict.fromkeys(name for one in known for name in one.missing)
    return CostBounds(min(one.low for one in known), max(one.high for one in known), tuple(missing))


def _spread(totals: Sequence[Decimal | None], minutes: Sequence[int]) -> Decimal | None:
    known = [HourTotal(total, part) for total, part in zip(totals, minutes, strict=True) if total is not None]
    return spread(known) if len(known) == len(totals) else None
