"""/api/ratio_config: the published prices in the shape and at the address from which new-api takes ratios."""

from __future__ import annotations

import msgspec
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.feeds.ratio_config import ratio_config, without_ratios
from llmpricing.web.api.feed_bytes import ASKS, answer, asks_net, clocks_of, remembered
from llmpricing.web.api.feed_reports import REPORT_LIMIT, REPORT_PARAMETERS, ReportMeta, report_meta
from llmpricing.web.operations import Operation
from llmpricing.web.paging import page_of

LACKING = (
    "new-api keeps the ratios that it has of a name that is left out; of a name without any it refuses the calls, "
    "unless it runs in self-use mode."
)


class RatioFields(msgspec.Struct, forbid_unknown_fields=True):
    """By field the number of each name; a name is in none of them where ratios cannot say what is asked."""

    model_ratio: dict[str, float]
    completion_ratio: dict[str, float]
    cache_ratio: dict[str, float]
    create_cache_ratio: dict[str, float]
    model_price: dict[str, float]


class RatioAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What new-api reads; ``success`` is always true."""

    success: bool
    data: RatioFields


class LeftOutName(msgspec.Struct, forbid_unknown_fields=True):
    """A name without ratios, or (``field``) without that one alone, and why."""

    name: str
    field: str | None
    reason: str


class RatioReportAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of what is left out of the ratios at a moment."""

    data: list[LeftOutName]
    meta: ReportMeta


def show(request: Request) -> Response:
    """The ratios at the moment that is asked for."""
    return answer(request, "ratio-config", "application/json", _bytes)


def _bytes(request: Request) -> bytes:
    return ratio_config(request.reads, request.book, clocks_of(request), net=asks_net(request)).as_json()


def report(request: Request) -> RatioReportAnswer:
    """A page of the names that are left out at the moment that is asked for."""
    values = RATIO_REPORT.read(request)
    found = remembered(request, "ratio-config", list[LeftOutName], _reported)
    page, following = page_of(request, values, found, [[one.name, one.field] for one in found], REPORT_LIMIT)
    return RatioReportAnswer(page, report_meta(request, len(found), following, LACKING))


def _reported(request: Request) -> list[LeftOutName]:
    found = without_ratios(request.reads, request.book, clocks_of(request), net=asks_net(request))
    return [LeftOutName(*one) for one in found]


RATIO_CONFIG = Operation(
    name="ratio_config",
    path="/api/ratio_config",
    view=show,
    title="The published prices as new-api's ratios",
    parameters=ASKS,
    answers=(RatioAnswer,),
    asks_the_book=True,
    has_tag=True,
)
RATIO_REPORT = Operation(
    name="ratio_config_report",
    path="/api/ratio_config/report",
    view=report,
    title="Which names have no ratios, and why",
    parameters=REPORT_PARAMETERS,
    answers=(RatioReportAnswer,),
    rows=LeftOutName,
    asks_the_book=True,
    is_lasting=True,
)
