"""The page of an offering: everything on it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from pyramid.request import Request

from llmpricing.services.catalogue import freshness, listing, offering_detail
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload, costs_of_book
from llmpricing.web.list_query import CLOCKS, ask_for_one, read_clocks, standing
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.filters import PRESET_OPTIONS, clock_query
from llmpricing.web.site.price_matrix import blocks, place
from llmpricing.web.site.workload import WORKLOAD, month_total
from llmpricing.web.workloads import workload_of


def model(request: Request) -> dict[str, Any]:
    """Everything on one offering, now or as of the time asked for."""
    now = request.period.start
    asked = read_parameters(request, {**CLOCKS, **WORKLOAD})
    workload = workload_of(asked)
    clocks = read_clocks(asked, now, request.book)
    item, stands_on = ask_for_one(request, clocks), standing(request, clocks)
    details = offering_detail.details(request.reads, request.book, clocks, item.id, stands_on)
    ages = freshness.source_ages(request.reads, now)
    sources = {price.source for price in details.prices}
    sellers = listing.get_offerings(request.reads, clocks, details.other_sellers, stands_on)
    costs = _costs(request, clocks, workload, [item, *sellers])
    names = {slug: name for slug, name, _ in listing.providers(request.reads)}
    return {
        "show": display,
        "item": item,
        "groups": _by_conditions(details.prices),
        "blocks": blocks(details.prices),
        "sellers": sorted(sellers, key=lambda one: (one.id not in costs, costs.get(one.id, 0))),
        "workload": workload,
        "costs": costs,
        "typed": {name: request.GET.get(name, "") for name in WORKLOAD},
        "presets": PRESET_OPTIONS,
        "codes": {code for one in (item, *sellers) for code in one.codes}
        | {c for p in details.prices for c in p.codes},
        "provider_names": names,
        "aliases": details.aliases,
        "as_of": asked.get("as_of"),
        "known_at": clocks.known_at if "known_at" in asked else None,
        "clocks": [(name, request.GET[name]) for name in asked if name in CLOCKS],
        "clock_query": clock_query(request),
        **ages_shown([age for age in ages if age.source in sources] or ages),
    }


def _costs(request: Request, clocks: Clocks, workload: Workload, items: Sequence[OfferingItem]) -> dict[str, Decimal]:
    """What the workload costs at each of these, in USD; those that nobody knows are left out."""
    slugs, rates = [one.id for one in items], request.caller.sees_rates
    costs = costs_of_book(request.reads, request.book, clocks, workload, slugs, with_rates=rates)
    totals = {one.id: month_total(one.price_state, costs.get(one.id)) for one in items}
    return {slug: total for slug, total in totals.items() if total is not None}


def _by_conditions(prices: Sequence[PriceDetail]) -> list[tuple[list[str], list[PriceDetail]]]:
    """Prices under their conditions in words, the base prices first, input before output."""

    def words(price: PriceDetail) -> list[str]:
        return [display.condition(name, value) for name, value in price.conditions.items()]

    ordered = sorted(prices, key=lambda price: (words(price), place(price.meter)))
    return [(conditions, list(group)) for conditions, group in groupby(ordered, key=words)]
