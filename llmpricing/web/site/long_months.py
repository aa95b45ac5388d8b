"""The month in requests as long as the context that is asked for, and where no such request can be answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.known_then import costs_then
from llmpricing.web.site.month_costs import as_written
from llmpricing.web.site.request_limits import hindrance
from llmpricing.web.site.workload import month_total


@dataclass(frozen=True, slots=True)
class LongMonth:
    """The month of an offering in requests of ``length`` input tokens: ``asked`` in USD by its prices, None where that
    is unknown; ``hindrance`` is why it cannot be run there, empty where nothing is known to stand against it.
    """

    length: int
    asked: Decimal | None
    hindrance: str

    @property
    def total(self) -> Decimal | None:
        """What it costs; None where that is unknown, and where it cannot be run."""
        return None if self.hindrance else self.asked

    def is_other(self, usual: Decimal | None) -> bool:
        """Whether its prices ask something else than for the ``usual`` month, as both are written."""
        return self.asked is not None and usual is not None and as_written(self.asked) != as_written(usual)


@dataclass(frozen=True, slots=True)
class LongMonths:
    """The month as it is in requests of ``length`` input tokens, and what it costs by offering."""

    length: int
    workload: Workload
    costs: Mapping[str, WorkloadCost]

    def at(self, item: Any) -> LongMonth:
        """That of an offering, by its item of the list."""
        asked = month_total(item.price_state, self.costs.get(item.id))
        return LongMonth(self.length, asked, hindrance(item, self.length))


def lengthened(month: Workload, length: int | None) -> Workload | None:
    """The same tokens in requests of ``length``; None where none is asked for, and where the requests of the month are
    that long anyhow.
    """
    if not length or month.input_per_request >= length:
        return None
    return replace(month, requests=max(month.quantities["input_tokens"] // length, 1))


def long_months(
    request: Request, clocks: Clocks, month: Workload, length: int | None, rows: Sequence[Any], stands_on: StandsOn
) -> LongMonths | None:
    """The months at the offerings of these rows, ``lengthened``."""
    long = lengthened(month, length)
    if not length or long is None:
        return None
    return LongMonths(length, long, costs_then(request, clocks, long, rows, stands_on))
