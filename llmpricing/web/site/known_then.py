"""What the pages show of a day before a price's first list: that it was not known then, unless it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.first_seen import as_known_then, items_as_known_then, late_cache_reads
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_plans import WorkloadTotal
from llmpricing.services.quotes.workloads import Workload, costs_of_book
from llmpricing.web import parameters as p
from llmpricing.web.site.addresses import address

SHOW: Mapping[str, p.Reader] = {"show": p.one_of(UNDATED)}


def leaves_out(request: Request) -> bool:
    """Whether prices that were first listed after the day asked for are left out: where a day is asked for."""
    return bool(request.GET.get("as_of", "").strip()) and UNDATED not in request.GET.getall("show")


def models_then(request: Request, clocks: Clocks, models: Sequence[SoldModel], standing: StandsOn) -> list[SoldModel]:
    """The models as the address asks for them: without the prices that are left out."""
    return as_known_then(request.reads, request.book, clocks, models, standing) if leaves_out(request) else list(models)


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
    request: Request, clocks: Clocks, workload: Workload, rows: Sequence[Any], standing: StandsOn
) -> dict[str, WorkloadTotal]:
    """What the workload costs at the offerings of these rows, by id; where the price of a cache read is left out, its
    tokens are billed as input, as a quote bills them that finds no price of their own.
    """

    def costs(of: Workload, slugs: Sequence[str]) -> dict[str, WorkloadTotal]:
        rates = request.caller.sees_rates
        return costs_of_book(request.reads, request.book, clocks, of, slugs, with_rates=rates)

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


def with_undated(request: Request) -> str:
    """The query of this address with what is left out."""
    return address([*request.GET.items(), ("show", UNDATED)])


def without_show(request: Request) -> list[tuple[str, str]]:
    """The parameters of this address that the API has too."""
    return [(name, text) for name, text in request.GET.items() if name != "show" and text.strip()]
