"""The reader's month in the addresses of other pages, so that it is typed once."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from pyramid.request import Request
from webob.multidict import MultiDict

from llmpricing.domain.money import to_text
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.list_query import CLOCKS
from llmpricing.web.need_query import ASKED
from llmpricing.web.site.addresses import address
from llmpricing.web.site.workload_form import WORKLOAD_FIELDS


def asked_query(request: Request) -> str:
    """The same with what this address asks of models, for the pages that take it: the list, comparisons, best value."""
    return _query(request, (*WORKLOAD_FIELDS, *CLOCKS, *ASKED))


def kept_query(request: Request) -> str:
    """The month and the clocks of this address, as the list, a model's page and a comparison take them."""
    return _query(request, (*WORKLOAD_FIELDS, *CLOCKS))


def _query(request: Request, names: Collection[str]) -> str:
    stated = _stated(request)
    found = [(name, text) for name, text in stated.items() if name in names and text.strip()]
    found += [pair for pair in stated.items() if pair == ("show", UNDATED)]
    return address(found) if found else ""


def month_query(request: Request) -> str:
    """The month alone, for pages that have no clocks: they take it on to the next page."""
    pairs = month_pairs(request)
    return address(pairs) if pairs else ""


def month_pairs(request: Request) -> list[tuple[str, str]]:
    """The same as names and texts."""
    return [(name, text) for name, text in _stated(request).items() if name in WORKLOAD_FIELDS and text.strip()]


def exact_month(workload: Workload) -> list[tuple[str, str]]:
    """The month of an address as the API and charts take it: in plain numbers, whatever preset or words it is by."""
    shares = (("input_share", workload.input_share), ("cached_share", workload.cached_share))
    whole = [("tokens", str(workload.tokens)), ("requests", str(workload.requests))]
    return whole + [(name, to_text(share)) for name, share in shares if isinstance(share, Decimal)]


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
