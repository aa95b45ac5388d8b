"""Two to five offerings side by side: prices, what the month costs, limits and needs, the best of each line marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.charts.renderer import can_draw
from llmpricing.domain.observations import TOLD
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue import freshness, listing
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.catalogue.model_list import ModelFilter
from llmpricing.services.catalogue.offering_detail import PriceDetail
from llmpricing.services.catalogue.same_model import models_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused
from llmpricing.web.known_then import SHOW, items_then, left_out
from llmpricing.web.list_query import CLOCKS, most_like, own_ids, read_clocks, standing
from llmpricing.web.need_query import ASKED, ASKED_REPEATABLE, read_asked
from llmpricing.web.site import display
from llmpricing.web.site.addresses import clock_query, with_undated
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.agreed import agreed_ids
from llmpricing.web.site.announced import AnnouncedStep, announced_steps, of_base
from llmpricing.web.site.asked import ASKED_ON_PAGES
from llmpricing.web.site.basket import ADD, ADDING, FEWEST, MOST, read_basket
from llmpricing.web.site.compared_charts import chart_queries, stated_clocks
from llmpricing.web.site.compared_limits import limit_lines
from llmpricing.web.site.compared_lines import DASH, MEANINGS, ComparedLine, are_sold, line_of
from llmpricing.web.site.compared_months import ComparedMonths, compared_months, names_of, totals_of
from llmpricing.web.site.compared_needs import groups_of_needs
from llmpricing.web.site.compared_prices import (
    lists_named,
    origin_lines,
    prices_then,
    sources_of,
    with_steps,
)
from llmpricing.web.site.compared_scores import score_lines
from llmpricing.web.site.keeping import escaped, permalink, table
from llmpricing.web.site.model_facts import model_lines
from llmpricing.web.site.stated_prices import stated_of
from llmpricing.web.site.unsaid import lists_saying
from llmpricing.web.site.workload import WORKLOAD, month_between, tidy_address
from llmpricing.web.site.workload_form import WORKLOAD_FIELDS, WorkloadForm
from llmpricing.web.workloads import workload_of

_READERS: Mapping[str, p.Reader] = {"models": p.text_of(2000), **WORKLOAD, **CLOCKS, **SHOW, **ASKED_ON_PAGES, **ADDING}
_REPEATABLE = ("models", *ASKED_REPEATABLE)
_NOT_THEN = "not known then"
_STEPS = "Requests with more input tokens are charged what stands behind “above” or “from”."


def show(request: Request) -> dict[str, Any]:
    """The page; with fewer than two ids it says how to choose, with one that is unknown what is most like it."""
    tidy_address(request)
    values = p.read_parameters(request, _READERS, _REPEATABLE)
    wanted = read_asked(request, values) or ModelFilter()
    asked = [one.strip() for text in values.get("models", ()) for one in text.split(",") if one.strip()]
    slugs = list(dict.fromkeys(own_ids(request, asked)))
    clocks, workload = read_clocks(values, request.period.start, request.book), workload_of(values)
    enough = FEWEST <= len(slugs) <= MOST
    stands_on = standing(request, clocks)
    basket = read_basket(request, clocks, workload, slugs, values.get(ADD, ""), stands_on)
    stated = _items(request, clocks, slugs, stands_on) if enough else []
    items = items_then(request, clocks, stated, stands_on)
    models = models_of(request.reads, request.book, clocks, slugs, stands_on) if items else {}
    scored = score_lines(request, clocks, items, models) if items else []
    names = {slug: name for slug, name, *_ in providers(request.reads)}
    sold = [(model, row) for slug in slugs if (model := models.get(slug)) for row in model.rows if row.id == slug]
    months = compared_months(request, clocks, workload, wanted.min_context, models, names, stands_on)
    prices = prices_then(request, clocks, slugs, stands_on) if items else {}
    then = _then(values, clocks, request.period.start)
    base = {slug: of_base(of_it) for slug, of_it in prices.items()}
    totals = dict(zip((item.id for item in items), totals_of(items, months.costs), strict=True))
    announced = announced_steps(request, clocks, workload, base, totals, stands_on)
    at_makers = {item.id: models[item.id].status_at_maker(item) for item in items}
    lent = frozenset(row.id for model, row in sold if wanted.lends(model, row))
    known_at = clocks.known_at if "known_at" in values else None
    ages = freshness.source_ages(request.reads, then, known_at)
    telling = freshness.source_ages(request.reads, then, known_at, TOLD) if wanted.needs else []
    days = {age.source: age.last_success for age in telling}
    between = [month_between(one.price_state, months.costs.get(one.id)) for one in items]
    groups = groups_of_needs(wanted, sold, items, days, between) if items else []
    lists = [stated_of(request.reads, request.period.start, item.id, prices[item.id]) for item in items]
    origins = origin_lines([prices[item.id] for item in items], lists, then)
    costs_and_limits = _groups(months, items, stated, prices, origins, models, announced) if items else []
    groups[-1:-1] = costs_and_limits
    groups += [("Model", model_lines(items, models, clocks.as_of.date()))] if items else []
    groups += [("Scores", scored)] if scored else []
    lines = [line for _, group in groups for line in group]
    names_now = names_of(slugs, models, names) if items else {}
    kept = [pair for pair in request.GET.items() if pair[0] in (*WORKLOAD, *SHOW, *ASKED) and pair[1].strip()]
    link = permalink(request, clocks, [("models", ",".join(slugs)), *kept])
    return {
        "show": display,
        "slugs": slugs,
        "basket": basket,
        "items": items,
        "models": models,
        "groups": groups,
        "agreed": agreed_ids(request, clocks, slugs),
        "findings": months.findings(items, models, names, lent),
        "announced": [(names_now.get(slug, slug), step) for slug, step in announced.items()],
        "workload": workload,
        "month": WorkloadForm(request.GET, workload),
        "others": [pair for pair in request.GET.items() if pair[0] not in (*WORKLOAD_FIELDS, ADD)],
        "provider_names": names,
        "most": MOST,
        "permalink": link,
        "charts": chart_queries(request, slugs, months, items),
        "can_draw": can_draw(),
        "scored": bool(scored),
        "markdown": _markdown(
            names_now,
            [_statuses(item, at_makers[item.id]) for item in items],
            lines,
            workload,
            f"{link} ({_sources(prices, clocks)})",
        ),
        "meanings_of_cells": _meanings(lines),
        "steps": _STEPS if _has_steps(lines) else None,
        "as_of": values.get("as_of"),
        "known_at": clocks.known_at if "known_at" in values else None,
        "of_now": urlencode([pair for pair in request.GET.items() if pair[0] not in CLOCKS]),
        "csv": "/api/v1/compare?"
        + urlencode([("models", ",".join(slugs)), ("format", "csv"), *stated_clocks(request)]),
        "clock_query": clock_query(request),
        "with_undated": with_undated(request) if any(map(left_out, stated, items)) else None,
        "at_makers": at_makers,
        "lent": lent,
        **_ages(ages, prices, lists_saying(telling, models.values(), wanted.needs)),
    }


def _ages(
    ages: Sequence[freshness.SourceAge], prices: Mapping[str, Any], of_needs: Sequence[freshness.SourceAge]
) -> dict[str, Any]:
    """How old the lists are that the compared prices are of, all of them where none is compared, and those that tell
    what is asked for.
    """
    sources = sources_of(prices)
    return ages_shown([age for age in ages if age.source in sources] or ages, of_needs)


def _then(values: Mapping[str, Any], clocks: Clocks, now: datetime) -> datetime:
    """When ages are told of: now, or the time whose knowledge is asked for."""
    return min(now, max(clocks.as_of, clocks.known_at)) if "known_at" in values else now


def _items(request: Request, clocks: Clocks, slugs: Sequence[str], stands_on: StandsOn) -> list[OfferingItem]:
    """The offerings in the order asked; a 404 that names what is most like the first unknown one."""
    found = {item.id: item for item in listing.get_offerings(request.reads, clocks, slugs, stands_on)}
    for slug in slugs:
        if slug not in found:
            like = most_like(request, clocks, slug)
            raise Refused(404, "MODEL_NOT_FOUND", f"No offering has the id {slug[:100]!r}.", suggestions=like)
    return [found[slug] for slug in slugs]


def _groups(
    months: ComparedMonths,
    items: Sequence[OfferingItem],
    stated: Sequence[OfferingItem],
    prices: Mapping[str, Sequence[PriceDetail]],
    origins: Sequence[ComparedLine],
    models: Mapping[str, SoldModel],
    announced: Mapping[str, AnnouncedStep],
) -> list[tuple[str, list[ComparedLine]]]:
    """What is shown of the offerings, under headings, what it costs before all; where ``stated`` alone has a price, the
    line says that it was not known then.
    """
    later_too = totals_of(stated, months.costs)
    of_each, sold = [prices[item.id] for item in items], are_sold(items)
    base = [
        with_steps(
            _known_then(line_of(title, _prices(name, items), display.price, min, sold), _prices(name, stated)),
            name,
            of_each,
        )
        for title, name in _PRICES
    ]
    first, *rest = months.lines(items, of_each)
    coming = [announced[item.id].of_month if item.id in announced else "" for item in items]
    month = [first.also(coming), *rest, months.line_per_mtok(items)]
    hidden = [left_out(*pair) or None for pair in zip(stated, items, strict=True)]
    return [
        ("Cost", [_known_then(line, later_too) for line in month]),
        ("Prices per million tokens", [*base, *(_known_then(line, hidden) for line in origins)]),
        ("Limits", limit_lines(items, models)),
    ]


def _prices(name: str, items: Sequence[OfferingItem]) -> list[Decimal | None]:
    return [getattr(item, name) if item.currency == "USD" else None for item in items]


def _known_then(line: ComparedLine, stated: Sequence[object | None]) -> ComparedLine:
    """The line, which says of what is stated and not shown that it was not known then."""
    told = zip(line.cells, stated, strict=True)
    cells = [_NOT_THEN if cell == DASH and value is not None else cell for cell, value in told]
    return replace(line, cells=cells)


_PRICES = (
    ("Input", "input_per_mtok"),
    ("Output", "output_per_mtok"),
    ("Cache read", "cache_read_per_mtok"),
    ("Cache write", "cache_write_per_mtok"),
)


def _sources(prices: Mapping[str, Sequence[PriceDetail]], clocks: Clocks) -> str:
    """Whose lists the prices are of, and to when they are pinned."""
    pinned = f"as of {display.long_day(clocks.as_of)}, as known on {display.long_day(clocks.known_at)}"
    return f"{lists_named(prices) or 'no list'}; {pinned}"


def _has_steps(lines: Sequence[ComparedLine]) -> bool:
    return any(note.startswith(("above ", "from ")) for line in lines for note in line.notes)


def _meanings(lines: Sequence[ComparedLine]) -> list[tuple[str, str]]:
    """The words of cells that have to be told the meaning of, with it."""
    written = {cell.partition(",")[0] for line in lines for cell in line.cells}
    return [(cell, meaning) for cell, meaning in MEANINGS.items() if cell in written]


def _statuses(item: OfferingItem, at_maker: str | None) -> str:
    """How the offering is sold, as the table's head marks it: nothing of one that is sold as ever."""
    own = display.words(item.status) if item.status not in (None, "active") else None
    return ", ".join(filter(None, [own, at_maker and display.at_maker(at_maker)]))


def _markdown(
    names: Mapping[str, str], statuses: Sequence[str], lines: Sequence[ComparedLine], workload: Workload, source: str
) -> str:
    """The table for a document, ``names`` by id, the best in bold; signs that would break a table or be run are
    escaped.
    """
    head = ["", *map(escaped, names.values())]
    rows = [["Id", *map(escaped, names)]]
    rows += [["Status", *statuses]] if any(statuses) else []
    rows += [[line.title, *(_cell(line, place) for place in range(len(names)))] for line in lines]
    about = [f"Prices in USD per million tokens; my month is {display.workload_of_requests(workload)}."]
    about += [_STEPS] if _has_steps(lines) else []
    about += [f"{cell}: {meaning}." for cell, meaning in _meanings(lines)]
    return f"{table([head, *rows])}\n\n{' '.join(about)}\nSource: {source}\n"


def _cell(line: ComparedLine, place: int) -> str:
    cell = escaped(line.cells[place])
    told = [f"**{cell}**" if place in line.best else cell, line.note(place)]
    return ", ".join(filter(None, told))
