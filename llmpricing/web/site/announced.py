"""What lists announce of the prices that a page shows: from when on others hold, and what the month costs then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pyramid.request import Request

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.announced_rows import AnnouncedRow, announced_rows
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.services.catalogue.row_announced import EndingPrice
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload, workload_costs
from llmpricing.web.site import display
from llmpricing.web.site.compared_finding import dearer
from llmpricing.web.site.month_costs import as_written
from llmpricing.web.site.workload import month_total

_WORDS = {"input_per_mtok": "input", "output_per_mtok": "output", "cache_read_per_mtok": "cache read"}
_WORDS["cache_write_per_mtok"] = "cache write"
_OTHER_SERVICE = {"service_tier", "region"}  # conditions


@dataclass(frozen=True, slots=True)
class AnnouncedStep:
    """Other prices from ``at`` on: the ``month`` in USD, None where nobody knows it, as it ``was`` until then, and each
    price per million tokens that changes, in words.
    """

    at: datetime
    month: Decimal | None
    was: Decimal | None
    prices: tuple[str, ...]

    @property
    def day(self) -> str:
        """``1 Dec 2026``."""
        return display.long_day(self.at)

    @property
    def change(self) -> str:
        """By how much the month is dearer or cheaper then, ``+100 %``; empty where it stays, or is unknown."""
        if self.month is None or self.was is None or as_written(self.month) == as_written(self.was):
            return ""
        return dearer(self.month, self.was) if self.was else "free until then"

    @property
    def tag(self) -> str:
        """``from 1 Dec 2026: +100 %``, or that prices are others."""
        return f"from {self.day}: {self.change or 'other prices'}"

    @property
    def of_month(self) -> str:
        """What the month costs then: ``from 1 Dec 2026: $18.00, +100 %``; empty where that stays as it is."""
        if self.month is None:
            return f"from {self.day}: unknown" if self.was is not None else ""
        return f"from {self.day}: {display.total(self.month, 'USD')}, {self.change}" if self.change else ""

    @property
    def told(self) -> str:
        """All of it in a sentence without its stop."""
        month = self.of_month.partition(": ")[2]
        return f"From {self.day}: {', '.join(self.prices)}" + (f"; my month {month}" if month else "")


def of_base(prices: Iterable[PriceDetail]) -> list[PriceDetail]:
    """Those of the prices that the list's columns are made of: of no tier and no place."""
    return [price for price in prices if not _OTHER_SERVICE & price.conditions.keys()]


def announced_steps(
    request: Request,
    clocks: Clocks,
    workload: Workload,
    prices: Mapping[str, Iterable[EndingPrice]],
    months: Mapping[str, Decimal | None],
    stands_on: StandsOn,
) -> dict[str, AnnouncedStep]:
    """The first steps of offerings, by id, at which another month or another price of the list's columns begins.
    ``prices`` are those of their rows, ``months`` those of the time asked for.
    """
    found: dict[str, AnnouncedStep] = {}
    for at, ended in announced_rows(request.reads, clocks, prices, stands_on):
        rows = [row for row in ended if row.now.id not in found]
        then, slugs = Clocks(at, clocks.known_at), [row.now.id for row in rows]
        rates = request.caller.sees_rates
        quoted = workload_costs(request.reads, then, workload, slugs, "USD", with_rates=rates)
        costs = {one.offering: one for one in quoted}
        for row in rows:
            slug = row.now.id
            month = month_total(row.then.price_state, costs.get(slug))
            step = AnnouncedStep(at, month, months.get(slug), _moved(row))
            if step.prices or step.of_month:
                found[slug] = step
    return found


def _moved(row: AnnouncedRow) -> tuple[str, ...]:
    now, then = row.now, row.then
    return tuple(
        f"{_WORDS[name]} {_asked(getattr(then, name), then.currency)} (now {_asked(getattr(now, name), now.currency)})"
        for name in row.moved
    )


def _asked(price: Decimal | None, currency: str | None) -> str:
    return "unknown" if price is None else display.asks(price, currency)
