"""What stands beside the rows of a feed's report, and how it is asked for page by page."""

from __future__ import annotations

from pyramid.request import Request

from llmpricing.web.api.answers import ClocksMeta, book_meta
from llmpricing.web.api.feed_bytes import ASKS, clocks_of
from llmpricing.web.paging import page_readers

REPORT_LIMIT = 100
REPORT_PARAMETERS = ASKS | page_readers(REPORT_LIMIT)


class ReportMeta(ClocksMeta, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How many rows there are, where the next page begins, and what the client makes of a name without a price."""

    count: int
    next: str | None
    lacking: str


def report_meta(request: Request, count: int, following: str | None, lacking: str) -> ReportMeta:
    """The same of the moment that is asked for."""
    clocks = clocks_of(request)
    told = book_meta(request)
    return ReportMeta(
        count=count, next=following, lacking=lacking, as_of=clocks.as_of, known_at=clocks.known_at, **told
    )
