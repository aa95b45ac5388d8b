"""What a page answers whose month cannot be read: the form as it was typed, and what is wrong beside its field."""

from __future__ import annotations

from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.web import errors
from llmpricing.web.errors import Refused
from llmpricing.web.site.addresses import address
from llmpricing.web.site.filter_problems import problem_of
from llmpricing.web.site.workload_form import WORKLOAD_FIELDS, WorkloadForm

TEMPLATE = "llmpricing.web:templates/month_refused.jinja2"
PAGES = ("page_model", "page_compare", "page_best_value")  # whose month is a form beside what they show


def month_refused(refused: Refused, request: Request) -> Response:
    """A 400 that keeps the form where a field of the month is at fault, else what every refusal gets."""
    if refused.details.get("field") not in WORKLOAD_FIELDS or errors.wants_json(request):
        return errors.refused(refused, request)
    problem = problem_of(refused)
    others = [pair for pair in request.GET.items() if pair[0] not in WORKLOAD_FIELDS and pair[1].strip()]
    values = {
        "month": WorkloadForm(request.GET, None, {problem.field: problem.message}),
        "others": others,
        "without": address(others) if others else request.path,
    }
    response = render_to_response(TEMPLATE, values, request=request)
    response.status_int = refused.status
    response.cache_control = "no-store"
    return response
