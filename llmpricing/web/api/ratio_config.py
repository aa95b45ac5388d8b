"""/api/ratio_config: the published prices in the shape and at the address from which new-api takes ratios."""

from __future__ import annotations

import msgspec
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.feeds.ratio_config import ratio_config
from llmpricing.web.api.feed_bytes import ASKS, answer, asks_net, clocks_of
from llmpricing.web.operations import Operation


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


def show(request: Request) -> Response:
    """The ratios at the moment that is asked for."""
    return answer(request, "ratio-config", "application/json", _bytes)


def _bytes(request: Request) -> bytes:
    return ratio_config(request.reads, request.book, clocks_of(request), net=asks_net(request)).as_json()


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
