"""/api/ratio_config: the published prices in the shape and at the address from which new-api takes ratios."""

from __future__ import annotations

import msgspec
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.feeds.ratio_config import ratio_config, without_ratios
from llmpricing.web.api.answers import ClocksMeta, book_meta
from llmpricing.web.api.feed_bytes import ASKS, answer, asks_net, clocks_of, remembered
from llmpricing.web.operations import Operation

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


class RatioReport(msgspec.Struct, forbid_unknown_fields=True):
    """The names that ratios cannot price, and what new-api makes of such a name."""

    lacking: str
    names: list[LeftOutName]


class RatioReportAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out of the ratios at a moment."""

    data: RatioReport
    meta: ClocksMeta


def show(request: Request) -> Response:
    """The ratios at the moment that is asked for."""
    return answer(request, "ratio-config", "application/json", _bytes)


def _bytes(request: Request) -> bytes:
    return ratio_config(request.reads, request.book, clocks_of(request), net=asks_net(request)).as_json()


def report(request: Request) -> RatioReportAnswer:
    """The names that are left out at the moment that is asked for."""
    return remembered(request, "ratio-config", RatioReportAnswer, _reported)


def _reported(request: Request) -> RatioReportAnswer:
    clocks = clocks_of(request)
    found = without_ratios(request.reads, request.book, clocks, net=asks_net(request))
    meta = ClocksMeta(as_of=clocks.as_of, known_at=clocks.known_at, **book_meta(request))
    return RatioReportAnswer(RatioReport(LACKING, [LeftOutName(*one) for one in found]), meta)


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
    parameters=ASKS,
    answers=(RatioReportAnswer,),
    asks_the_book=True,
    is_lasting=True,
)
