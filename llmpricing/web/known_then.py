"""What pages and API tell of a day before a price counts: that it was not known then, unless it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.first_seen import (
    as_known_then,
    items_as_known_then,
    late_cache_reads,
    rows_as_known_then,
)
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload, costs_of_book
from llmpricing.web import parameters as p

SHOW: Mapping[str, p.Reader] = {
    "show": p.one_of(UNDATED).of(f"{UNDATED}: at as_of also by prices that are not known to have been asked then")
}


def leaves_out(request: Request) -> bool:
    """Whether prices that were first listed after the day asked for are left out: where a day is asked for."""
    shown = map(str.strip, request.GET.getall("show"))
    return bool(request.GET.get("as_of", "").strip()) and UNDATED not in shown


def models_then(request: Request, clocks: Clocks, models: Sequence[SoldModel], standing: StandsOn) -> list[SoldModel]:
    """The models as the address asks for them: without the prices that are left out."""
    return as_known_then(request.reads, request.book, clocks, models, standing) if leaves_out(request) else list(models)


def rows_then(request: Request, clocks: Clocks, rows: Sequence[Any], standing: StandsOn) -> list[Any]:
    """The same of rows of ``all_rows``."""
    return (
        rows_as_known_then(request.reads, request.book, clocks, rows, standing) if leaves_out(request) else list(rows)
    )


def items_then(
    request: Request, clocks: Clocks, items: Sequence[OfferingItem], standing: StandsOn
) -> list[OfferingItem]:
    """The same of offerings."""
    return (
        items_as_known_then(request.reads, request.book, clocks, items, standing)
        if leaves_out(request)
        else list(items)
    )


def costs_then(
    request: Request,
    clocks: Clocks,
    workload: Workload,
    rows: Sequence[Any],
    standing: StandsOn,
    currency: str = "USD",
) -> dict[str, WorkloadCost]:
    """What the workload costs at the offerings of these rows, by id; where the price of a cache read is left out, its
    tokens are billed as input, as a quote bills them that finds no price of their own.
    """

    def costs(of: Workload, slugs: Sequence[str]) -> dict[str, WorkloadCost]:
        rates = request.caller.sees_rates
        return costs_of_book(request.reads, request.book, clocks, of, slugs, with_rates=rates, currency=currency)

    found = costs(workload, [row.id for row in rows])
    if late := late_caches(request, clocks, workload, rows, standing):
        found |= costs(uncached(workload), late)
    return found


def late_caches(
    request: Request, clocks: Clocks, workload: Workload, rows: Sequence[Any], standing: StandsOn
) -> list[str]:
    """Those of these rows, by id, at which the workload reads from a cache whose price is left out."""
    if not workload.cached_share or not leaves_out(request):
        return []
    return late_cache_reads(request.reads, request.book, clocks, rows, standing)


def uncached(workload: Workload) -> Workload:
    """The same tokens, none of them from a cache."""
    return replace(workload, cached_share=Decimal(0))


def left_out(stated: OfferingItem, shown: OfferingItem) -> frozenset[str]:
    """The columns of prices that are left out of what is shown."""
    return frozenset(name for name in BASE_METERS if getattr(stated, name) is not None and getattr(shown, name) is None)


def is_undated(one: Any) -> bool:
    """Whether the offering's input or output price is left out."""
    return bool(one.price_state == UNDATED)
