"""The page of an offering: everything on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from pyramid.request import Request

from llmpricing.services.catalogue import freshness, listing, offering_detail
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.web.conditional import stale_since
from llmpricing.web.list_query import CLOCKS, ask_for_one, read_clocks, standing
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.filters import clock_query


def model(request: Request) -> dict[str, Any]:
    """Everything on one offering, now or as of the time asked for."""
    now = request.period.start
    asked = read_parameters(request, CLOCKS)
    clocks = read_clocks(asked, now, request.book)
    item, stands_on = ask_for_one(request, clocks), standing(request, clocks)
    details = offering_detail.details(request.reads, request.book, clocks, item.id, stands_on)
    ages = freshness.source_ages(request.reads, now)
    sources = {price.source for price in details.prices}
    sellers = listing.get_offerings(request.reads, clocks, details.other_sellers, stands_on)
    names = {slug: name for slug, name, _ in listing.providers(request.reads)}
    return {
        "show": display,
        "item": item,
        "groups": _by_conditions(details.prices),
        "sellers": sellers,
        "codes": {code for one in (item, *sellers) for code in one.codes}
        | {c for p in details.prices for c in p.codes},
        "provider_names": names,
        "aliases": details.aliases,
        "as_of": asked.get("as_of"),
        "known_at": clocks.known_at if "known_at" in asked else None,
        "clock_query": clock_query(request),
        "stale_since": stale_since(request),
        **ages_shown([age for age in ages if age.source in sources] or ages),
    }


def _by_conditions(prices: Sequence[PriceDetail]) -> list[tuple[list[str], list[PriceDetail]]]:
    """Prices under their conditions in words, the base prices first, input before output."""

    def words(price: PriceDetail) -> list[str]:
        return [display.condition(name, value) for name, value in price.conditions.items()]

    ordered = sorted(prices, key=lambda price: (words(price), _place(price.meter)))
    return [(conditions, list(group)) for conditions, group in groupby(ordered, key=words)]


_FIRST_METERS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def _place(meter: str) -> tuple[int, str]:
    return (_FIRST_METERS.index(meter) if meter in _FIRST_METERS else len(_FIRST_METERS)), meter
