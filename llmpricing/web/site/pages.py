"""The page of an offering: everything on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.charts.amounts import by_number
from llmpricing.charts.renderer import can_draw
from llmpricing.domain.choice.kinds import CHAT
from llmpricing.domain.choice.needs import NEEDS
from llmpricing.domain.money import to_text
from llmpricing.domain.names.companies import company_names
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.services.catalogue import freshness, offering_detail
from llmpricing.services.catalogue.doubtful_limits import LIMITS, doubt_of
from llmpricing.services.catalogue.first_seen import late_prices
from llmpricing.services.catalogue.knowledge_cutoffs import knowledge_cutoff
from llmpricing.services.catalogue.listed_models import SoldModel, with_sightings
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.catalogue.model_list import shelf
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.services.catalogue.offering_needs import meets, stated_needs
from llmpricing.services.catalogue.price_history import carried_back, price_history
from llmpricing.services.catalogue.same_model import model_of
from llmpricing.services.catalogue.sightings import offerings_seen
from llmpricing.services.clocks import Clocks
from llmpricing.services.scores.kept_scores import scores_of
from llmpricing.web.known_then import SHOW, is_undated, items_then, leaves_out, left_out, models_then
from llmpricing.web.list_query import CLOCKS, ask_for_one, read_clocks, standing
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.addresses import clock_query, with_undated
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.agreed import agreed_ids
from llmpricing.web.site.announced import announced_steps, of_base
from llmpricing.web.site.charts.history import history_chart
from llmpricing.web.site.compared_limits import words_of
from llmpricing.web.site.compared_lines import AS_MODEL, by_lists
from llmpricing.web.site.model_facts import beside
from llmpricing.web.site.model_sellers import rank_sellers
from llmpricing.web.site.price_matrix import blocks, place
from llmpricing.web.site.samples import samples
from llmpricing.web.site.score_days import measured
from llmpricing.web.site.stated_prices import stated_of
from llmpricing.web.site.workload import WORKLOAD, tidy_address
from llmpricing.web.site.workload_form import WorkloadForm
from llmpricing.web.workloads import workload_of


def model(request: Request) -> dict[str, Any]:
    """Everything on one offering, now or as of the time asked for."""
    tidy_address(request)
    now = request.period.start
    asked = read_parameters(request, {**CLOCKS, **WORKLOAD, **SHOW})
    workload = workload_of(asked)
    clocks = read_clocks(asked, now, request.book)
    item, stands_on = ask_for_one(request, clocks), standing(request, clocks)
    details = offering_detail.details(request.reads, request.book, clocks, item.id, stands_on)
    of_it = model_of(request.reads, request.book, clocks, item.id, stands_on)
    of_it = with_sightings(of_it, offerings_seen(request.reads, request.book, clocks))
    cutoff = knowledge_cutoff(of_it, clocks.as_of.date())
    late = _late(request, clocks, item.id, details.prices) if leaves_out(request) else []
    (of_it,) = models_then(request, clocks, [of_it], stands_on)
    stated, (item,) = item, items_then(request, clocks, [item], stands_on)
    sellers = rank_sellers(request, clocks, workload, of_it, item.id, stands_on)
    ages, sold_by = freshness.source_ages(request.reads, now), providers(request.reads)
    known = [price for price in details.prices if price.price_id not in late]
    sources = {price.source for price in details.prices}
    own = {code for price in known for code in price.codes} | set([] if is_undated(item) else item.codes)
    theirs = {code for one in sellers.ranked if not is_undated(one.item) for code in one.item.codes}
    base = {item.id: of_base(details.prices)}
    announced = announced_steps(request, clocks, workload, base, {item.id: sellers.total}, stands_on)
    past = price_history(request.reads, request.book, item.id, clocks.known_at, stands_on) or []
    return {
        "show": display,
        "item": item,
        "model": of_it,
        "cutoff": cutoff,
        "beside_cutoff": beside(cutoff),
        "doubts": {limit: words_of(doubt) for limit in LIMITS if (doubt := doubt_of(limit, item, of_it))},
        "tier": item.sold_as,
        "groups": _by_conditions(details.prices),
        "blocks": blocks(details.prices),
        "stated": stated_of(request.reads, now, item.id, known),
        "waiting": [price for price in details.prices if price.waiting],
        "sellers": sellers,
        "announced": announced.get(item.id),
        "agreed": agreed_ids(request, clocks, [item.id, *(one.item.id for one in sellers.ranked)]),
        "shelf": shelf,
        "workload": workload,
        "month": WorkloadForm(request.GET, workload),
        "codes": own,
        "codes_of_sellers": theirs - own,
        "provider_names": company_names(sold_by),
        "price_pages": {one.id: one.price_pages for one in sold_by},
        "needs_said": _needs_said(of_it, item.id),
        "aliases": [alias for alias in details.aliases if alias != item.id],
        "history": history_chart(item.id, carried_back(past) if "show" in asked else past, now),
        "history_query": urlencode({"model": item.id, **_given(request, "known_at", "show")}, safe="/"),
        "can_draw": can_draw(),
        "scores": scores_of(request.reads, clocks, [item.id, *(row.id for row in of_it.rows)]),
        "benchmarks": BENCHMARKS,
        "measured": measured,
        "number": to_text,
        "samples": samples(request.application_url, item.id, details.of_litellm if of_it.kind == CHAT else None),
        "as_of": asked.get("as_of"),
        "late": late,
        "left_out": left_out(stated, item),
        "with_undated": with_undated(request),
        "known_at": clocks.known_at if "known_at" in asked else None,
        "clocks": [(name, request.GET[name]) for name in asked if name in (*CLOCKS, "show")],
        "clock_query": clock_query(request),
        **ages_shown([age for age in ages if age.source in sources] or ages),
    }


def _given(request: Request, *names: str) -> dict[str, str]:
    return {name: request.GET[name] for name in names if request.GET.get(name, "").strip()}


def _needs_said(model: SoldModel, slug: str) -> list[tuple[str, list[str]]]:
    """What lists deny of the offering, and what they say of its model alone: words with those lists, and the needs."""
    row = next(row for row in model.rows if row.id == slug)
    denied = [(need, stated.lists) for need, stated in stated_needs(row).items() if meets(row, need) is False]
    lent = [(need, model.able[need]) for need in NEEDS if model.lends(row, need)]
    told: dict[str, list[str]] = {}
    for words, found in (("No", denied), (AS_MODEL.capitalize(), lent)):
        for need, lists in found:
            told.setdefault(words + by_lists(lists), []).append(NEEDS[need].words)
    return list(told.items())


def _late(request: Request, clocks: Clocks, slug: str, prices: Sequence[PriceDetail]) -> list[int]:
    """The prices, own and borrowed, that were first listed after the time asked for."""
    slugs = {slug, *(one.evidence.via for one in prices if one.evidence.via)}
    found = late_prices(request.reads, request.book, clocks, slugs, standing(request, clocks))
    return [one.price_id for one in prices if one.price_id in found]


def _by_conditions(prices: Sequence[PriceDetail]) -> list[tuple[list[str], list[PriceDetail]]]:
    """Prices under their conditions in words, the base prices first, input before output."""

    def words(price: PriceDetail) -> list[str]:
        return [display.condition(name, value) for name, value in price.conditions.items()]

    ordered = sorted(prices, key=lambda price: ([by_number(one) for one in words(price)], place(price.meter)))
    return [(conditions, list(group)) for conditions, group in groupby(ordered, key=words)]
