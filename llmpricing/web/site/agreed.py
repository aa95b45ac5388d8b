"""Where a month rests on rates of one's own, so that a figure beside other prices does not stand there unexplained."""

from __future__ import annotations

from collections.abc import Iterable

from pyramid.request import Request

from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.terms import terms_at


def agreed_ids(request: Request, clocks: Clocks, slugs: Iterable[str]) -> frozenset[str]:
    """Those of these offerings of which a contract rate holds that the reader may see."""
    if not request.caller.sees_rates:
        return frozenset()
    terms = terms_at(request.reads, request.book.book, clocks.known_at)
    return frozenset(slug for slug in slugs if terms.rates_at(slug, clocks.as_of))
