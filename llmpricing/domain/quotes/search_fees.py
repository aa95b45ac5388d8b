"""A search's fee and a request's fee that are one: lists write it under either meter, and a bill must count it once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.allocation import REQUESTS

_SEARCHES, _SIZE = "web_searches", "search_context_size"
# https://docs.perplexity.ai/getting-started/pricing: one fee a request, by the size of its search context.
_ONE_FEE = re.compile(r"perplexity/sonar(?:-pro|-reasoning|-reasoning-pro)?")


def with_one_fee(prices: Sequence[Price], offering: str) -> Sequence[Price]:
    """The prices; where a seller asks one fee a request and lists state it under both meters, those of searches by
    size become those of requests, and searches are included in them.
    """
    if not _ONE_FEE.fullmatch(offering) or not any(price.meter == REQUESTS for price in prices):
        return prices
    found: list[Price] = []
    for price in prices:
        if price.meter == _SEARCHES and any(name == _SIZE for name, _ in price.conditions.extra):
            found.append(replace(price, meter=REQUESTS))
            found.append(replace(price, state=State.INCLUDED, amount=None))
        else:
            found.append(price)
    return found
