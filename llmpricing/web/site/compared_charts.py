"""The charts of a comparison, as queries of /charts/costs: the same months at the same offerings."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.services.catalogue.listing import OfferingItem
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.known_then import SHOW
from llmpricing.web.list_query import CLOCKS
from llmpricing.web.site.compared_months import ComparedMonths
from llmpricing.web.site.month_links import exact_month


def chart_queries(
    request: Request, slugs: Sequence[str], months: ComparedMonths, items: Sequence[OfferingItem]
) -> list[tuple[int | None, str]]:
    """The queries by which the chart of costs shows the same months at the same offerings: in requests of so many
    tokens, None: as the month is stated.
    """
    usual = _chart(request, slugs, months.workload)
    if not months.long or not months.at_length(items):
        return [(None, usual)]
    length = months.long.length
    return [(length, f"{usual}&min_context={length}"), (None, usual)]


def _chart(request: Request, slugs: Sequence[str], workload: Workload) -> str:
    asked = [("models", ",".join(slugs)), *exact_month(workload)]
    asked += [pair for pair in request.GET.items() if pair[0] in SHOW]
    return urlencode([*asked, *stated_clocks(request)])


def stated_clocks(request: Request) -> list[tuple[str, str]]:
    """The clocks of this address."""
    return [pair for pair in request.GET.items() if pair[0] in CLOCKS and pair[1].strip()]
