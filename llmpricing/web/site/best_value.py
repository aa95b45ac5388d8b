"""/best-value: models by quality against price, by one's own weights, at any date, with one's own scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.charts.renderer import can_draw
from llmpricing.domain.money import ratio_text, to_text
from llmpricing.domain.names.companies import company_names
from llmpricing.domain.quotes.hours import HourTotal
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.domain.scores.best_value import LEAST_SCORES, BestValue, ExcludedModel, WhyExcluded
from llmpricing.domain.scores.score_file import FailedRow, StatedScore
from llmpricing.services.catalogue.freshness import SourceAge, source_ages
from llmpricing.services.catalogue.listed_models import SoldModel, listed_models
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.catalogue.model_list import ModelFilter
from llmpricing.services.catalogue.same_model import models_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload
from llmpricing.services.scores.kept_scores import count_scores, models_sold
from llmpricing.web.known_then import SHOW, costs_then, leaves_out
from llmpricing.web.list_query import CLOCKS, read_clocks, standing
from llmpricing.web.need_query import ASKED, read_asked
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.addresses import address, with_undated
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.asked import ASKED_ON_PAGES
from llmpricing.web.site.charts.frontier import frontier_chart
from llmpricing.web.site.charts.views import WIDTHS, answer
from llmpricing.web.site.given_up import lead_given_up
from llmpricing.web.site.month_links import exact_month, month_pairs
from llmpricing.web.site.needs_form import needs_form
from llmpricing.web.site.own_scores import sent_scores
from llmpricing.web.site.unsaid import lists_of_needs
from llmpricing.web.site.workload import WORKLOAD, month_hours, month_total
from llmpricing.web.site.workload_form import WorkloadForm
from llmpricing.web.value_query import VALUE, VALUE_REPEATABLE, ask_for_value, read_value_question, stated_month
from llmpricing.web.workloads import workload_of

WHY = {
    WhyExcluded.FEW_SCORES: f"fewer than {LEAST_SCORES} scores that have a weight",
    WhyExcluded.BELOW_FLOOR: "below the least quality",
    WhyExcluded.NOT_AS_ASKED: "no seller of it is what you ask for",
    WhyExcluded.UNSAID: "no list says whether a seller of it is what you ask for",
    WhyExcluded.UNKNOWN_PRICE: "no seller’s price of both input and output is known",
    WhyExcluded.OTHER_CURRENCY: "priced in another currency only",
}
_NO_MONTH = "no seller’s price of my month is known, or it depends on what the month does not state, such as a place"
_NOT_THEN = "no seller’s price of both input and output was known then"
_VALUE = {**VALUE, **ASKED_ON_PAGES, **WORKLOAD}
_TAKEN_ALONG = (*WORKLOAD, *ASKED, *CLOCKS, *SHOW)  # to a comparison
_MOST_FAILED = 50  # rows that are shown
_MOST_IN_SIGHT = 8  # models left out for one reason; more are folded under it


def show(request: Request) -> dict[str, Any]:
    """The page by kept scores. An address with empty parameters leads to the one without."""
    values = read_parameters(request, _VALUE, VALUE_REPEATABLE)
    stated = [(name, text) for name, text in request.GET.items() if text.strip()]
    if len(stated) < len(request.GET):
        raise HTTPSeeOther(f"{request.path}?{urlencode(stated)}" if stated else request.path)
    return _page(request, values)


def show_with_own(request: Request) -> dict[str, Any]:
    """The page with the scores of a CSV file that is sent along; nothing of it is kept."""
    values = read_parameters(request, _VALUE, VALUE_REPEATABLE)
    request.response.headers["Cache-Control"] = "no-store"
    rows = sent_scores(request)
    own = [stated for _, stated in rows if stated is not None]
    return _page(request, values, own, [row for row, stated in rows if stated is None])


def chart(request: Request) -> Response:
    """GET /charts/frontier: the same question as a chart."""
    values = read_parameters(request, {**_VALUE, **WIDTHS}, VALUE_REPEATABLE)
    clocks = read_clocks(values, request.period.start, request.book)
    question = {name: str(value) for name, value in values.items()} | {"rates": str(request.caller.sees_rates)}
    question |= {"clocks": str(clocks), "prices": "dated" if leaves_out(request) else "all"}

    def build() -> Any:
        found, _ = ask_for_value(request, values)
        by_month = stated_month(values) is not None
        return frontier_chart(found.ranked, _names(_sold(request, clocks, found)), by_month=by_month)

    return answer(request, "frontier", question, build)


def _page(
    request: Request, values: dict[str, Any], own: Sequence[StatedScore] = (), failed: Sequence[FailedRow] = ()
) -> dict[str, Any]:
    question, clocks = read_value_question(values), read_clocks(values, request.period.start, request.book)
    month = stated_month(values)
    found, unknown = ask_for_value(request, values, own)
    workload, sold = workload_of(values), _sold(request, clocks, found)
    lent = _lent(request, values, sold)
    query = urlencode([(name, text) for name, text in request.GET.items() if text.strip()])
    data = [pair for pair in request.GET.items() if pair[1].strip() and pair[0] not in (*WORKLOAD, "min_context")]
    data += [("min_context", str(values["min_context"]))] if "min_context" in values else []
    data += exact_month(month) if month else []
    return {
        "show": display,
        "ratio": ratio_text,
        "decimal": Decimal,
        "number": to_text,
        "benchmarks": list(BENCHMARKS.values()),
        "counts": count_scores(request.reads, clocks),
        "weights": question.weights,
        "own_weights": any(name.startswith("weight_") for name in values),
        "floor": values.get("floor", Decimal(0)),
        "as_of": values["as_of"].astimezone(UTC).date() if "as_of" in values else None,
        "known_at": request.GET.get("known_at", ""),
        "found": found,
        "left_out": _names_left_out(request, clocks, found),
        "excluded": _by_reason(found, _reasons(request, month)),
        "most_in_sight": _MOST_IN_SIGHT,
        "few_weights": _few_weights(question.weights),
        "least_scores": LEAST_SCORES,
        "with_undated": with_undated(request) if not own and leaves_out(request) and _is_any_unknown(found) else None,
        "shows": request.GET.get("show", ""),
        "data_query": f"?{urlencode(data)}" if data else "",
        "workload": workload,
        "companies": company_names(providers(request.reads)),
        "taken_along": [pair for pair in request.GET.items() if pair[0] in _TAKEN_ALONG and pair[1].strip()],
        "month": WorkloadForm(request.GET, workload),
        "by_month": month is not None,
        "months": _months(request, clocks, workload, [row for _, row in sold.values()]),
        "month_open": bool(month_pairs(request)),
        "needs": needs_form(request),
        "is_asked": any(name in values for name in ASKED),
        "unsaid": _unsaid(request, values, found),
        "sold": sold,
        "lent": lent,
        "led": lead_given_up(found.ranked, sold),
        "stated": address([*request.GET.items(), ("stated", "1")]) if lent and "stated" not in values else None,
        "finding": frontier_chart(found.ranked, _names(sold), by_month=month is not None).finding,
        "query": f"?{query}" if query else "",
        "can_draw": can_draw() and not own,
        "own": own,
        "unknown": unknown[:_MOST_FAILED],
        "failed": failed[:_MOST_FAILED],
        "failed_count": len(failed),
        **ages_shown(source_ages(request.reads, request.period.start), _of_needs(request, clocks, values)),
    }


def _of_needs(request: Request, clocks: Clocks, values: dict[str, Any]) -> Sequence[SourceAge]:
    """The lists that tell what models can, where that is asked."""
    models = listed_models(request.reads, request.book, clocks, standing(request, clocks))
    return lists_of_needs(request.reads, request.period.start, models, values.get("capability", ()))


_Named = TypeVar("_Named")
_Month = tuple[Decimal | None, tuple[HourTotal, ...]]


_RankedRows = Mapping[str, tuple[SoldModel, Any]]


def _sold(request: Request, clocks: Clocks, found: BestValue) -> _RankedRows:
    """The offerings that are ranked, by id, each with its model."""
    slugs = [one.offering.id for one in (*found.ranked, *found.free)]
    models = models_of(request.reads, request.book, clocks, slugs, standing(request, clocks)) if slugs else {}
    return {row.id: (model, row) for model in models.values() for row in model.rows if row.id in models}


def _names(sold: _RankedRows) -> dict[str, str]:
    """What the list calls the models of these offerings, by id; what it calls two of them alike, by their ids."""
    apart = _told_apart({model: model.name for model, _ in sold.values()})  # one may be ranked and free too
    return {slug: apart[model] for slug, (model, _) in sold.items() if model in apart}


def _names_left_out(request: Request, clocks: Clocks, found: BestValue) -> dict[str, str]:
    """The same of the models in no ranking, by their ids."""
    sold = models_sold(request.reads, clocks, {one.model for one in found.excluded})
    models = models_of(request.reads, request.book, clocks, sorted(sold), standing(request, clocks)) if sold else {}
    return _told_apart({sold[slug]: model.name for slug, model in models.items()})


def _told_apart(names: Mapping[_Named, str]) -> dict[_Named, str]:
    once = Counter(names.values())
    return {one: name for one, name in names.items() if once[name] == 1}


def _lent(request: Request, values: dict[str, Any], sold: _RankedRows) -> frozenset[str]:
    """Those of them, by id, that are what is asked for by what lists say of the model alone."""
    wanted = read_asked(request, values) or ModelFilter()
    return frozenset(slug for slug, (model, row) in sold.items() if wanted.lends(model, row))


def _months(request: Request, clocks: Clocks, workload: Workload, rows: Sequence[Any]) -> dict[str, _Month]:
    """What the month costs at the offerings of these rows, by id, and what in each of the hours of a week."""
    costs = costs_then(request, clocks, workload, rows, standing(request, clocks))
    totals = {row.id: month_total(row.price_state, costs.get(row.id)) for row in rows}
    return {slug: (total, month_hours(total, costs.get(slug))) for slug, total in totals.items()}


def _unsaid(request: Request, values: dict[str, Any], found: BestValue) -> tuple[int, str] | None:
    """How many models are left out of which no list says enough, with the address that takes them in."""
    count = sum(one.why is WhyExcluded.UNSAID for one in found.excluded)
    return (count, address([*request.GET.items(), ("unsaid", "1")])) if count and "unsaid" not in values else None


def _reasons(request: Request, month: Workload | None) -> Mapping[WhyExcluded, str]:
    """Why models are in no ranking, in words, by what is asked of prices."""
    unknown = _NOT_THEN if leaves_out(request) else _NO_MONTH if month else WHY[WhyExcluded.UNKNOWN_PRICE]
    return {**WHY, WhyExcluded.UNKNOWN_PRICE: unknown}


def _by_reason(found: BestValue, why: Mapping[WhyExcluded, str]) -> list[tuple[str, list[ExcludedModel]]]:
    """The models in no ranking under the reason in words, the reason of the fewest first."""
    by_reason: dict[str, list[ExcludedModel]] = {}
    for one in found.excluded:
        by_reason.setdefault(why[one.why], []).append(one)
    return sorted(by_reason.items(), key=lambda pair: len(pair[1]))


def _few_weights(weights: Mapping[str, Decimal]) -> int | None:
    """How many benchmarks have a weight, where these are too few to rank any model; else None."""
    given = sum(1 for weight in weights.values() if weight)
    return given if given < LEAST_SCORES else None


def _is_any_unknown(found: BestValue) -> bool:
    return any(one.why is WhyExcluded.UNKNOWN_PRICE for one in found.excluded)
