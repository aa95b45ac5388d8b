"""The list of models: one row a model, its sellers folded beneath, and what the reader's workload would cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request

from llmpricing.domain.choice.kinds import KINDS
from llmpricing.domain.names.companies import company_names
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.filter_values import FilterValues, filter_values
from llmpricing.services.catalogue.freshness import SourceAge, source_ages
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.model_list import UNDATED, FoundModels, ModelRow, find_models, shelf
from llmpricing.services.catalogue.model_orders import in_order
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.catalogue.unit_prices import PricesOfUnits, order_of, unit_cost, unit_prices
from llmpricing.services.memory import SMALL, Memory
from llmpricing.web.errors import Refused
from llmpricing.web.known_then import leaves_out, models_then
from llmpricing.web.list_query import standing
from llmpricing.web.site import display
from llmpricing.web.site.addresses import address
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.agreed import agreed_ids
from llmpricing.web.site.basket import FEWEST, MOST
from llmpricing.web.site.columns import BY_THE_UNIT, Known, choices, few_known, known_values, shown_columns
from llmpricing.web.site.filter_problems import LABELS
from llmpricing.web.site.filters import MARKED, NEWEST, Filters, read_filters
from llmpricing.web.site.model_question import ALL, ModelQuestion, read_model_question, read_workload
from llmpricing.web.site.month_costs import bounded_month, column_cost, month_costs
from llmpricing.web.site.pasted import AUTO, FORMATS_OF_OBJECTS, PASTED, month_like
from llmpricing.web.site.shown_models import costs_of, shown_models
from llmpricing.web.site.unsaid import lists_of_needs, unsaid_among
from llmpricing.web.site.workload import month_total, tidy_address, weighing
from llmpricing.web.site.workload_form import WORKLOAD_FIELDS, WorkloadForm

FEW = 3  # that are compared at once beside as many as can be
_found: Memory[Any, tuple[FoundModels, Known]] = Memory(4, lambda found: SMALL + 150 * len(found[0].rows))


def home(request: Request) -> Any:
    """The list. A filter that cannot be read is a 400 that keeps the form and says what is wrong beside the field."""
    tidy_address(request)
    now = request.period.start
    known = filter_values(request.reads)
    try:
        if "usage" in request.GET:
            raise HTTPSeeOther(request.path_url + _with_month_like(request))
        question = read_model_question(request, now)
    except Refused as refused:
        request.response.status_int = refused.status
        return _page(request, now, read_filters(request.GET, known, refused), None) | {"models": []}
    stands_on = standing(request, question.clocks)
    filters = read_filters(request.GET, known, labs=_labs(request, question, stands_on, known))
    models = listed_models(request.reads, request.book, question.clocks, stands_on, joined=question.joined)
    kind, known_then = question.wanted.kind, stands_on if leaves_out(request) else None
    units = unit_prices(request.reads, request.book, question.clocks, kind, models, known_then)
    found, values = _find(request, question, stands_on, units)
    of_needs = lists_of_needs(request.reads, now, models, question.wanted.needs)
    few = few_known(values, len(found.rows))
    columns = shown_columns(question.columns, few, values, question.order.removeprefix("-"), kind)
    rows = _ordered(request, question, stands_on, found, units)
    first = (question.page - 1) * question.limit
    return _page(request, now, filters, question, of_needs) | {
        "found": found,
        "models_sold": len(listed_models(request.reads, request.book, question.clocks, stands_on)),
        "columns": columns,
        "few": few,
        "chosen_columns": choices(columns, filters.others("columns"), kind),
        "units": units,
        "by_the_unit": kind in BY_THE_UNIT,
        "models": shown_models(request, question, stands_on, rows[first : first + question.limit]),
        "tabs": _tabs(filters, found, question),
        "switches": _switches(filters, found, question),
        "next_page": filters.with_("page", str(question.page + 1)) if first + question.limit < len(rows) else None,
        "first": first,
        "agreed": agreed_ids(request, question.clocks, [row.shown.id for row in rows[first : first + question.limit]]),
        "undated": _undated(question, found),
        "unsaid": unsaid_among(found, of_needs),
        "marked_names": _marked_names(request, question, stands_on, filters),
        "most": MOST,
        "compare_first": _compare_first(filters, rows[first : first + question.limit]),
    }


def _compare_first(filters: Filters, rows: Sequence[ModelRow]) -> list[tuple[int, str]]:
    """How many of the first models can be compared at once, each with the address that does for the same month and
    needs.
    """
    ids = [row.shown.id for row in rows[:MOST]]
    counts = [count for count in (FEW, len(ids)) if FEWEST <= count <= len(ids)]
    return [
        (count, "/compare" + address([("models", ",".join(ids[:count])), *filters.taken_along]))
        for count in dict.fromkeys(counts)
    ]


def _marked_names(
    request: Request, question: ModelQuestion, stands_on: StandsOn, filters: Filters
) -> list[tuple[str, str]]:
    """(id, name) of what is marked, in the order of marking; the id where a name is marked twice."""
    marked = filters.values(MARKED)
    if not marked:
        return []
    models = listed_models(request.reads, request.book, question.clocks, stands_on, joined=question.joined)
    names = {row.id: model.name for model in models for row in model.rows if row.id in marked}
    twice = Counter(names.values())
    return [(id_, names.get(id_, id_) if twice[names.get(id_, id_)] < 2 else id_) for id_ in marked]


def _with_month_like(request: Request) -> str:
    """The query with the workload that a pasted usage object tells of, in its place."""
    stated = read_workload(request)
    month = month_like(stated["usage"], stated.get("usage_format", AUTO), stated)
    others = [pair for pair in request.GET.items() if pair[0] not in (*PASTED, *WORKLOAD_FIELDS)]
    return address([*others, *((name, str(value)) for name, value in month.items())])


def _labs(request: Request, question: ModelQuestion, stands_on: StandsOn, known: FilterValues) -> list[tuple[str, str]]:
    """The labs that there are models of, with how many."""
    models = listed_models(request.reads, request.book, question.clocks, stands_on, joined=question.joined)
    counts = Counter(model.lab for model in models if model.lab)
    names = company_names(known.providers)
    return sorted(((lab, f"{names[lab]} ({count:,})") for lab, count in counts.items()), key=lambda one: one[1].lower())


def _find(
    request: Request, question: ModelQuestion, stands_on: StandsOn, units: PricesOfUnits
) -> tuple[FoundModels, Known]:
    """What passes the filters and of how many each column is known, remembered for a version of the price book."""
    book, clocks, wanted = request.book, question.clocks, question.wanted

    def find() -> tuple[FoundModels, Known]:
        models = listed_models(request.reads, book, clocks, stands_on, joined=question.joined)
        models = models_then(request, clocks, models, stands_on)
        weigh, cost = weighing(question.workload), None
        if order == "month":
            cost = month_costs(request, clocks, question.workload, models, wanted.kind, stands_on)
        elif order in BASE_METERS:
            cost = column_cost(order)
        elif order == "unit":
            cost = unit_cost(units)
        month = bounded_month(request, clocks, question.workload, models, wanted, stands_on)
        found = find_models(models, wanted, clocks, weigh, cost, month=month)
        return found, known_values(found.rows, weigh, units)

    order = question.order.removeprefix("-")
    of_cost = order if order in ("month", "unit", *BASE_METERS) else ""
    key = (book.book, book.version, clocks, wanted, question.joined, question.workload, of_cost)
    rates = request.caller.sees_rates if of_cost == "month" or wanted.max_month is not None else None
    return _found.remember((*key, rates, leaves_out(request)), find)


def _ordered(
    request: Request, question: ModelQuestion, stands_on: StandsOn, found: FoundModels, units: PricesOfUnits
) -> list[ModelRow]:
    """The rows in order; the whole list is quoted only where it is ordered by what it costs."""
    if question.order.removeprefix("-") != "month":
        return in_order(found.rows, question.order, {slug: order_of(one) for slug, one in units.items()})
    costs = costs_of(request, question, stands_on, found.rows)
    totals = {
        row.shown.id: total
        for row in found.rows
        if (total := month_total(row.shown.price_state, costs.get(row.shown.id))) is not None
    }
    return in_order(found.rows, question.order, totals)


def _tabs(filters: Filters, found: FoundModels, question: ModelQuestion) -> list[tuple[str, int, str, bool]]:
    """(kind, how many models, address, whether it is the one shown) of every kind that there is."""
    shown = question.wanted.kind
    return [
        (kind, found.kinds[kind], filters.with_("kind", kind), kind == shown)
        for kind in KINDS
        if found.kinds[kind] or kind == shown
    ]


def _switches(filters: Filters, found: FoundModels, question: ModelQuestion) -> list[tuple[str, str]]:
    """(words, address) of what shows the models that are left out, and of what leaves out again what is shown."""
    wanted = question.wanted
    bounds = (wanted.min_context, wanted.max_month, wanted.released_since)
    told = len(wanted.needs) + bool(wanted.labs) + sum(one is not None for one in bounds)
    of_all = " all of it" if told > 1 else ""
    known, lesser = f"where no list says{of_all}", f"lesser known, where no list says{of_all}"
    more = (lesser, ALL) if question.wanted.unsaid else (known, "1")
    nobody = f", {found.unknown_month:,} of unknown month" if found.unknown_month else ""
    unsaid = [(f"+ {found.unsaid:,} {more[0]}{nobody}", filters.with_("unsaid", more[1]))] if found.unsaid else []
    added = [
        (f"+ {count:,} {_SHELF_WORDS.get(name, name)}", filters.adding("show", name))
        for name, count in found.hidden.most_common()
    ]
    taken = [
        (f"− {_SHELF_WORDS.get(name, name)}", filters.without("show", name)) for name in sorted(question.wanted.show)
    ]
    back = [(f"− {known}", filters.without_all("unsaid"))] if question.wanted.unsaid else []
    if not question.wanted.by_maker:
        back.append(("sold by its maker", filters.with_("by_maker", "1")))
    if question.wanted.stated:
        back.append(("+ said of the model, not of the seller", filters.without_all("stated")))
    elif found.lent:
        back.append((f"− {found.lent:,} said of the model, not of the seller", filters.with_("stated", "1")))
    return [*unsaid, *added, *taken, *back]


def _undated(question: ModelQuestion, found: FoundModels) -> int:
    """How many models stand last because nothing tells since when there are they."""
    known = (row.model.released_on or row.model.seen_since for row in found.rows)
    return sum(one is None for one in known) if question.order == NEWEST else 0


_SHELF_WORDS = {"unpriced": "without a price", "subscription": "in subscriptions", UNDATED: "not known then"}


def _page(
    request: Request,
    now: datetime,
    filters: Filters,
    question: ModelQuestion | None,
    of_needs: Sequence[SourceAge] = (),
) -> dict[str, Any]:
    workload = question.workload if question else None
    return {
        "show": display,
        "question": question,
        "workload": workload,
        "month": WorkloadForm(filters.typed, workload, filters.problems),
        "shelf": shelf,
        "filters": filters,
        "labels": LABELS,
        "formats": FORMATS_OF_OBJECTS,
        "provider_names": company_names(filters.known.providers),
        **ages_shown(source_ages(request.reads, now), of_needs),
    }
