"""GET /charts/costs and /charts/scores: several offerings side by side, of the ids in ``models``."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.names.companies import company_names
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.catalogue.listing import get_offerings, rows_of
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.catalogue.same_model import model_of, models_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workload_hours import WorkloadCost
from llmpricing.services.quotes.workloads import Workload, workload_costs
from llmpricing.services.scores.kept_scores import KeptScore, scores_of
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.known_then import SHOW, is_undated, items_then, late_caches, leaves_out, uncached
from llmpricing.web.list_query import CLOCKS, own_ids, read_clocks, standing
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site.agreed import agreed_ids
from llmpricing.web.site.charts.costs import costs_chart
from llmpricing.web.site.charts.scores import scores_chart
from llmpricing.web.site.charts.views import WIDTHS, answer
from llmpricing.web.site.compared_months import names_of
from llmpricing.web.site.long_months import lengthened
from llmpricing.web.site.request_limits import hindrance
from llmpricing.web.workloads import PRESETS, workload_of

MOST = 12  # bars that can still be read
MOST_SCORED = 5  # series that can still be told apart
_MODELS = {"models": p.text_of(2000), **CLOCKS, **WIDTHS}
_WORKLOAD = {
    "preset": p.one_of(*PRESETS),
    "tokens": p.whole(1, 10**12),
    "requests": p.whole(1, 10**9),
    "input_share": p.share,
    "cached_share": p.share,
    "batch_share": p.share,
    "min_context": p.whole(1, 10**12),  # in requests as long as that
}


def costs(request: Request) -> Response:
    """What a workload costs at each in USD, by the contract rates that the reader may see, as a comparison has it."""
    values = read_parameters(request, _MODELS | _WORKLOAD | dict(SHOW))
    clocks, models = _asked(request, values, MOST)
    stated, length, kind = workload_of(values), values.get("min_context"), "dated" if leaves_out(request) else "all"
    long = lengthened(stated, length)
    workload = long or stated
    question = {"clocks": str(clocks), "models": ",".join(models), "workload": str(workload), "prices": kind}
    question |= {"length": str(length)} if long else {}
    agreed = agreed_ids(request, clocks, models)
    question |= {"agreed": ",".join(sorted(agreed))} if agreed else {}

    def costs_at(of: Workload, slugs: list[str]) -> dict[str, WorkloadCost]:
        costs = workload_costs(request.reads, clocks, of, slugs, "USD", with_rates=request.caller.sees_rates)
        return {one.offering: one for one in costs}

    def build() -> Any:
        late = _late_caches(request, clocks, workload, models)
        of_input = costs_at(uncached(workload), late) if late else {}
        found = [of_input.get(slug, one) for slug, one in costs_at(workload, models).items()]
        undated = _undated(request, clocks, models) if leaves_out(request) else set()
        return costs_chart(
            [one._replace(total=None, state=UNDATED) if one.offering in undated else one for one in found],
            _names(request, clocks, models),
            length=length if long else None,
            hindered=_hindered(request, clocks, models, length) if long and length else None,
            agreed=agreed,
        )

    return answer(request, "costs", question, build)


def _names(request: Request, clocks: Clocks, slugs: list[str]) -> dict[str, str]:
    of_each = models_of(request.reads, request.book, clocks, slugs, standing(request, clocks))
    return names_of(slugs, of_each, company_names(providers(request.reads)))


def _hindered(request: Request, clocks: Clocks, models: list[str], length: int) -> dict[str, str]:
    """Why some cannot run the workload in requests of such a length, by id."""
    items = get_offerings(request.reads, clocks, models, standing(request, clocks))
    return {item.id: why for item in items if (why := hindrance(item, length))}


def _late_caches(request: Request, clocks: Clocks, workload: Workload, models: list[str]) -> list[str]:
    """Those at which the workload reads from a cache whose price was first listed after the day asked for."""
    if not leaves_out(request):
        return []
    stands_on = standing(request, clocks)
    return late_caches(request, clocks, workload, rows_of(request.reads, clocks, models, stands_on), stands_on)


def _undated(request: Request, clocks: Clocks, models: list[str]) -> set[str]:
    """Those whose prices were first listed after the day asked for."""
    stands_on = standing(request, clocks)
    items = items_then(request, clocks, get_offerings(request.reads, clocks, models, stands_on), stands_on)
    return {item.id for item in items if is_undated(item)}


def scores(request: Request) -> Response:
    """What each one's model scored."""
    values = read_parameters(request, _MODELS)
    clocks, models = _asked(request, values, MOST_SCORED)
    question = {"clocks": str(clocks), "models": ",".join(models)}
    stands_on = standing(request, clocks)

    def told(slug: str) -> list[KeptScore]:
        of_it = model_of(request.reads, request.book, clocks, slug, stands_on)
        return scores_of(request.reads, clocks, [slug, *(row.id for row in of_it.rows)])

    def build() -> Any:
        return scores_chart({slug: told(slug) for slug in models}, _names(request, clocks, models))

    return answer(request, "scores", question, build)


def _asked(request: Request, values: dict[str, Any], most: int) -> tuple[Clocks, list[str]]:
    """The clocks and the ids; 400 for too many or none, 404 where one is unknown."""
    asked = [one.strip() for one in values.get("models", "").split(",") if one.strip()]
    models = list(dict.fromkeys(own_ids(request, asked)))
    if not 1 <= len(models) <= most:
        raise invalid("models", f"models takes 1 to {most} ids with commas between them.")
    clocks = read_clocks(values, request.period.start, request.book)
    found = {one.id for one in get_offerings(request.reads, clocks, models)}
    if unknown := [one for one in models if one not in found]:
        message = "No offering has one of these ids. Ids look like openai/gpt-4o."
        raise Refused(404, "MODEL_NOT_FOUND", message, field="models", unknown=unknown)
    return clocks, models
