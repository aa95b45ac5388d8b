"""/sources and /providers/{id}: who feeds the price book and how far they agree; what one seller sells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.charts.renderer import can_draw
from llmpricing.domain.names.companies import company_names
from llmpricing.domain.names.model_groups import tier_of_id
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue import listing
from llmpricing.services.catalogue.agreement import ListAgreement, agreement_of, agreements, summed
from llmpricing.services.catalogue.disagreements import disagreements
from llmpricing.services.catalogue.first_seen import late_prices
from llmpricing.services.catalogue.freshness import source_ages
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.catalogue.listing_query import OfferingFilter
from llmpricing.services.catalogue.price_changes import moves_since
from llmpricing.services.catalogue.seller_regions import seller_regions
from llmpricing.services.catalogue.sources import read_sources
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.resolving import names_of
from llmpricing.web import parameters as p
from llmpricing.web.caching import cached
from llmpricing.web.errors import Refused
from llmpricing.web.known_then import SHOW, is_undated, items_then, leaves_out
from llmpricing.web.list_query import CLOCKS, moved_to, read_clocks, standing
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.addresses import with_undated
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.changes import amount_in_words, change_in_words
from llmpricing.web.site.charts.agreement import agreement_chart, share
from llmpricing.web.site.charts.views import WIDTHS, answer
from llmpricing.web.site.month_links import month_pairs
from llmpricing.web.site.regions_told import told_regions
from llmpricing.web.site.workload import WORKLOAD

_TTL_S = 3600
PAGE = 50  # disagreements, or what one seller sells
MOST_OFFERINGS = 10_000  # of one seller
_LONGEST_ID = 60  # of a seller, as it is looked for among those that are like it
MOST_MOVED = 50  # prices; the rest stand on the page of changes
_LATELY = timedelta(days=28)


def show_sources(request: Request) -> dict[str, Any]:
    """Every list with its age and agreement, and a page of disagreements, the farthest apart first."""
    values = read_parameters(request, {"page": p.whole(1, 10_000), **WORKLOAD})
    found = disagreements(request.reads, request.period.start)
    sources, number = read_sources(request.reads, request.period.start), values.get("page", 1)
    agreed = _agreements(request)
    return {
        "show": display,
        "sources": [(one, agreement_of(agreed, one.source)) for one in sources],
        "share": share,
        "disagreements": found[(number - 1) * PAGE : number * PAGE],
        "conditions": display.conditions,
        "count": len(found),
        "agreed": summed("all", agreed),
        "page": number,
        "month_of_pages": urlencode(month_pairs(request)),
        "pages": max(-(-len(found) // PAGE), 1),
        "finding": agreement_chart(agreed).finding,
        "can_draw": can_draw(),
    }


def agreement(request: Request) -> Response:
    """GET /charts/agreement: how far the lists agree."""
    read_parameters(request, WIDTHS)
    return answer(request, "agreement", {}, lambda: agreement_chart(_agreements(request)))


def _agreements(request: Request) -> list[ListAgreement]:
    """Kept with the book, for every price of every list is compared."""
    start = request.period.start
    return cached(request, "agreements", "all", _TTL_S, list[ListAgreement], lambda: agreements(request.reads, start))


def show_provider(request: Request) -> dict[str, Any]:
    """A page of what a seller sells, and on the first what moved there in four weeks."""
    values = read_parameters(request, {**CLOCKS, **SHOW, **WORKLOAD, "page": p.whole(1, 10_000)})
    clocks, number = read_clocks(values, request.period.start, request.book), values.get("page", 1)
    asked = request.matchdict["id"]
    sellers = providers(request.reads)
    folded = {one.id.casefold(): one.id for one in sellers}
    if asked not in folded.values():
        if named := folded.get(asked.rstrip("/").casefold()):
            raise moved_to(request, asked, named)
        like = get_close_matches(asked[:_LONGEST_ID].casefold(), sorted(folded))
        message = "No seller has this id. The field “Seller” on the page of prices names all of them."
        raise Refused(404, "NOT_FOUND", message, suggestions=[folded[one] for one in like])
    names, stands_on = company_names(sellers), standing(request, clocks)
    page = listing.list_offerings(
        request.reads,
        clocks,
        OfferingFilter(providers=(asked,)),
        sort="name",
        limit=MOST_OFFERINGS,
        standing=stands_on,
    )
    called = _names_of_models(request, clocks, stands_on, page.items)
    sold = sorted(page.items, key=lambda one: (called[one.id].casefold(), one.id))
    every = items_then(request, clocks, sold, stands_on)
    since = request.period.start - _LATELY
    slugs = {one.id for one in page.items}
    moved = moves_since(request.reads, since, request.period.start, slugs, _known_since(request, since))
    late = late_prices(request.reads, request.book, clocks, slugs, stands_on) if leaves_out(request) else ()
    return {
        "show": display,
        "amount": amount_in_words,
        "change": change_in_words,
        "conditions": display.conditions,
        "id": asked,
        "name": names[asked],
        "names": called,
        "price_pages": next(one.price_pages for one in sellers if one.id == asked),
        "count": page.count,
        "items": every[(number - 1) * PAGE : number * PAGE],
        "number": number,
        "pages": max(-(-page.count // PAGE), 1),
        "at_page": lambda at: _at_page(request, at),
        "month_of_pages": urlencode(month_pairs(request)),
        "as_of": clocks.as_of if request.GET.get("as_of", "").strip() else None,
        "with_undated": with_undated(request) if any(map(is_undated, every)) else None,
        "priced": sum(one.price_state == "priced" for one in every),
        **ages_shown(source_ages(request.reads, request.period.start)),
        "labs": sorted({(one.lab, names[one.lab]) for one in page.items if one.lab}),
        "regions": told_regions(seller_regions(request.reads, clocks, asked, late)),
        "changes": [one for one in moved if one.is_sellers][:MOST_MOVED],
    }


def _names_of_models(
    request: Request, clocks: Clocks, stands_on: StandsOn, items: Iterable[listing.OfferingItem]
) -> dict[str, str]:
    """By offering the model's name as the list and its own page write it, with the way it is sold."""
    models = listed_models(request.reads, request.book, clocks, stands_on)
    found = {row.id: model.name for model in models for row in model.rows}
    called = {one.id: found.get(one.id, one.name) for one in items}
    tiers = {one.id: tier_of_id(one.provider, one.id.partition("/")[2]) for one in items}
    return {slug: f"{name} {tiers[slug]}" if tiers[slug] else name for slug, name in called.items()}


def _known_since(request: Request, since: datetime) -> datetime:
    """At that time, or when the price book began where that is later: by the offerings that the process knows."""
    offerings = names_of(request.reads, request.book).offerings.values()
    return max(since, min((one.created_at for one in offerings), default=since))


def _at_page(request: Request, number: int) -> str:
    """The address of another page of what this one shows."""
    kept = [(name, text) for name, text in request.GET.items() if name != "page"]
    pairs = [*kept, *([("page", str(number))] if number > 1 else [])]
    return f"{request.path}?{urlencode(pairs)}" if pairs else str(request.path)
