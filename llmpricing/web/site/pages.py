"""The pages: the table of offerings, and everything on one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from pyramid.request import Request

from llmpricing.services.catalogue import freshness, listing, offering_detail
from llmpricing.services.catalogue.filter_values import filter_values
from llmpricing.services.catalogue.freshness import SourceAge
from llmpricing.services.catalogue.listing import Page
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.web.conditional import stale_since
from llmpricing.web.errors import Refused
from llmpricing.web.list_query import (
    CLOCKS,
    Question,
    ask,
    ask_for_one,
    next_cursor,
    read_clocks,
    read_question,
    standing,
)
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.filters import LABELS, Filters, address, read_filters

OLD_AFTER_DAYS = 30


def home(request: Request) -> dict[str, Any]:
    """The table. A filter that cannot be read is a 400 that keeps the form and says what is wrong beside the field."""
    now = request.period.start
    try:
        question = read_question(request, now)
    except Refused as refused:
        request.response.status_int = refused.status
        filters = read_filters(request.GET, filter_values(request.reads), refused)
        return _home(request, now, filters) | {"question": None, "page": Page([], 0, False), "next": None}
    filters = read_filters(request.GET, filter_values(request.reads))
    page = ask(request, question)
    return _home(request, now, filters) | {
        "question": question,
        "page": page,
        "next": _next_address(filters, question, page),
    }


def _home(request: Request, now: datetime, filters: Filters) -> dict[str, Any]:
    return {
        "show": display,
        "filters": filters,
        "first": address(filters.pairs),
        "labels": LABELS,
        "clock_query": _clock_query(request),
        "provider_names": {slug: name for slug, name, _ in filters.known.providers},
        "stale_since": stale_since(request),
        **_ages(freshness.source_ages(request.reads, now)),
    }


def _clock_query(request: Request) -> str:
    """The clocks of this address, to be kept on the way to another page."""
    clocks = [(name, text) for name, text in request.GET.items() if name in CLOCKS and text.strip()]
    return address(clocks) if clocks else ""


def _next_address(filters: Filters, question: Question, page: Page) -> str | None:
    cursor = next_cursor(question, page)
    return None if cursor is None else address([*filters.pairs, ("cursor", cursor)])


def _ages(ages: Sequence[SourceAge]) -> dict[str, Any]:
    """How old what we show is, and which of it is old."""
    old = [age for age in ages if age.age_days > OLD_AFTER_DAYS]
    return {"ages": ages, "old": old, "old_sources": {age.source: age.age_days for age in old}}


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
        "clock_query": _clock_query(request),
        "stale_since": stale_since(request),
        **_ages([age for age in ages if age.source in sources] or ages),
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
