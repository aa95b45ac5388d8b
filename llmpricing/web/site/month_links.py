"""The reader's month in the addresses of other pages, so that it is typed once."""

from __future__ import annotations

from fractions import Fraction

from pyramid.request import Request
from webob.multidict import MultiDict

from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.web import parameters as p
from llmpricing.web.errors import Refused
from llmpricing.web.list_query import CLOCKS
from llmpricing.web.site.filters import WORKLOAD_FIELDS, address
from llmpricing.web.site.workload import WORKLOAD
from llmpricing.web.workloads import workload_of


def kept_query(request: Request) -> str:
    """The month and the clocks of this address, as the list, a model's page and a comparison take them."""
    stated = _stated(request)
    found = [(name, text) for name, text in stated.items() if name in (*WORKLOAD_FIELDS, *CLOCKS) and text.strip()]
    found += [pair for pair in stated.items() if pair == ("show", UNDATED)]
    return address(found) if found else ""


def _stated(request: Request) -> MultiDict:
    """The parameters of the address; none where it is no text, which the page that says so shows links beside."""
    try:
        return request.GET
    except UnicodeDecodeError:
        return MultiDict()


def with_kept(request: Request, query: str) -> str:
    """A query of another page with what is kept of this address before it."""
    kept = kept_query(request)
    return f"{kept}&{query}" if kept else f"?{query}"


def calculator_query(request: Request) -> str:
    """The month as the calculator takes it, by the request; nothing where the address states none, or where no request
    of whole tokens makes it up: another month would be another number.
    """
    stated = _stated(request)
    given = {name: stated.getall(name) for name in WORKLOAD_FIELDS if stated.get(name, "").strip()}
    if not given:
        return ""
    try:
        workload = workload_of(p.read_values(given, WORKLOAD))
    except Refused:
        return ""
    whole = workload.quantities
    each = {name: Fraction(count, workload.requests) for name, count in whole.items() if count and name != "requests"}
    if any(count.denominator != 1 for count in each.values()):
        return ""
    clocks = [(name, text) for name, text in request.GET.items() if name in CLOCKS and text.strip()]
    return address(
        [*((name, str(count)) for name, count in each.items()), ("requests", str(workload.requests)), *clocks]
    )
