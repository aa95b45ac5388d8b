"""GET /charts/costs and /charts/scores: several offerings side by side, of the ids in ``models``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.names.companies import company_names
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listed_sellers import providers
from llmpricing.services.catalogue.listing import OfferingItem, get_offerings
from llmpricing.services.catalogue.same_model import models_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.scores.kept_scores import KeptScore, scores_of
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.known_then import SHOW, costs_then, items_then, leaves_out
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
    clocks, stated = _asked(request, values, MOST)
    models = [item.id for item in stated]
    month, length, kind = workload_of(values), values.get("min_context"), "dated" if leaves_out(request) else "all"
    long = lengthened(month, length)
    workload = long or month
    question = {"clocks": str(clocks), "models": ",".join(models), "workload": str(workload), "prices": kind}
    question |= {"length": str(length)} if long else {}
    agreed = agreed_ids(request, clocks, models)
    question |= {"agreed": ",".join(sorted(agreed))} if agreed else {}

    def build() -> Any:
        stands_on = standing(request, clocks)
        of_each = models_of(request.reads, request.book, clocks, models, stands_on)
        items = items_then(request, clocks, stated, stands_on)
        rows = [row for slug in models for row in of_each[slug].rows if row.id == slug]
        return costs_chart(
            items,
            costs_then(request, clocks, workload, rows, stands_on),
            _names(request, of_each),
            length=length if long else None,
            hindered={item.id: why for item in items if (why := hindrance(item, length))} if long and length else None,
            agreed=agreed,
        )

    return answer(request, "costs", question, build)


def _names(request: Request, models: Mapping[str, SoldModel]) -> dict[str, str]:
    return names_of(list(models), models, company_names(providers(request.reads)))


def scores(request: Request) -> Response:
    """What each one's model scored."""
    values = read_parameters(request, _MODELS)
    clocks, stated = _asked(request, values, MOST_SCORED)
    models = [item.id for item in stated]
    question = {"clocks": str(clocks), "models": ",".join(models)}

    def build() -> Any:
        of_each = models_of(request.reads, request.book, clocks, models, standing(request, clocks))

        def told(slug: str) -> list[KeptScore]:
            return scores_of(request.reads, clocks, [slug, *(row.id for row in of_each[slug].rows)])

        return scores_chart({slug: told(slug) for slug in models}, _names(request, of_each))

    return answer(request, "scores", question, build)


def _asked(request: Request, values: dict[str, Any], most: int) -> tuple[Clocks, list[OfferingItem]]:
    """The clocks and the offerings in the order asked; 400 for too many or none, 404 where one is unknown."""
    asked = [one.strip() for one in values.get("models", "").split(",") if one.strip()]
    models = list(dict.fromkeys(own_ids(request, asked)))
    if not 1 <= len(models) <= most:
        raise invalid("models", f"models takes 1 to {most} ids with commas between them.")
    clocks = read_clocks(values, request.period.start, request.book)
    found = {one.id: one for one in get_offerings(request.reads, clocks, models, standing(request, clocks))}
    if unknown := [one for one in models if one not in found]:
        message = "No offering has one of these ids. Ids look like openai/gpt-4o."
        raise Refused(404, "MODEL_NOT_FOUND", message, field="models", unknown=unknown)
    return clocks, [found[slug] for slug in models]
