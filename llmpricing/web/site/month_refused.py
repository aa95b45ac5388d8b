"""What a page answers of which a field cannot be read: the form as it was typed, and what is wrong beside its field."""

from __future__ import annotations

from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.web import errors
from llmpricing.web.errors import Refused
from llmpricing.web.site.addresses import address
from llmpricing.web.site.filter_problems import LABELS, problem_of, worded
from llmpricing.web.site.workload_form import WORKLOAD_FIELDS, WorkloadForm
from llmpricing.web.value_query import WEIGHT

TEMPLATE = "llmpricing.web:templates/month_refused.jinja2"
PAGES = ("page_model", "page_compare", "page_best_value")  # whose month is a form beside what they show


def month_refused(refused: Refused, request: Request) -> Response:
    """A 400 that keeps the form where a field of the month is at fault, or one of best value, else what every refusal
    gets.
    """
    name = str(refused.details.get("field", ""))
    label = None if name in WORKLOAD_FIELDS else _label(request, name)
    if (name not in WORKLOAD_FIELDS and label is None) or errors.wants_json(request):
        return errors.refused(refused, request)
    problem, fields = problem_of(refused), WORKLOAD_FIELDS if label is None else (name,)
    others = [pair for pair in request.GET.items() if pair[0] not in fields and pair[1].strip()]
    values = {
        "month": WorkloadForm(request.GET, None, {problem.field: problem.message}) if label is None else None,
        "field": (name, label, request.GET.get(name, ""), worded(problem.message, name, label or name)),
        "others": others,
        "without": address(others) if others else request.path,
    }
    response = render_to_response(TEMPLATE, values, request=request)
    response.status_int = refused.status
    response.cache_control = "no-store"
    return response


def _label(request: Request, name: str) -> str | None:
    """What a field of best value beside the month is called; None of what that page has no field for."""
    if request.matched_route.name != "page_best_value" or name not in request.GET:
        return None
    weighed = BENCHMARKS.get(name.removeprefix(WEIGHT)) if name.startswith(WEIGHT) else None
    return f"Weight of {weighed.name}" if weighed else {"floor": "Least quality", **LABELS}.get(name)
