"""GET /api/v1/sources: where the prices are from, and how fresh each source is."""

from __future__ import annotations

import msgspec
from pyramid.request import Request

from llmpricing.services.catalogue.sources import SourceItem, read_sources
from llmpricing.web.api.answers import StaleMeta, stale_meta
from llmpricing.web.operations import Operation
from llmpricing.web.paging import page_of, page_readers


class SourcesMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True):
    """What stands beside the sources."""

    count: int
    next: str | None
    catalogue_version: int


class SourcesAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of sources."""

    data: list[SourceItem]
    meta: SourcesMeta


def list_sources(request: Request) -> SourcesAnswer:
    """A page of sources, the most trusted first, each with what its newest list held."""
    values = SOURCES_READ.read(request)
    found = read_sources(request.reads, request.period.start)
    page, following = page_of(request, values, found, [one.source for one in found])
    return SourcesAnswer(page, SourcesMeta(len(found), following, request.book.version, **stale_meta(request)))


SOURCES_READ = Operation(
    name="sources",
    path="/api/v1/sources",
    view=list_sources,
    title="Who feeds the price book, and how fresh each is",
    parameters=page_readers(),
    answers=(SourcesAnswer,),
    asks_the_book=True,
    rows=SourceItem,
    is_lasting=True,
)
