"""Queries of pages' addresses: what is asked, and the clocks that are taken along."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.web.list_query import CLOCKS


def address(pairs: Iterable[tuple[str, str]]) -> str:
    """The query that the pairs make, to be appended to the page's path."""
    return "?" + urlencode(list(pairs))


def with_undated(request: Request) -> str:
    """The query of this address with the prices that are left out of its day."""
    return address([*request.GET.items(), ("show", UNDATED)])


def clock_query(request: Request) -> str:
    """The clocks of this address, to be kept on the way to another page."""
    kept = [pair for pair in request.GET.items() if pair == ("show", UNDATED)]
    clocks = [(name, text) for name, text in request.GET.items() if name in CLOCKS and text.strip()] + kept
    return address(clocks) if clocks else ""
