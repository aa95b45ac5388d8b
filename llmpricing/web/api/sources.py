"""GET /api/v1/sources: where the prices are from, and how fresh each source is."""

from __future__ import annotations

import msgspec
from pyramid.request import Request

from llmpricing.services.catalogue.sources import SourceItem, read_sources
from llmpricing.web.api.answers import StaleMeta, stale_meta
from llmpricing.web.operations import Operation


class SourcesMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True):
    """What stands beside the sources."""

    count: int
    catalogue_version: int


class SourcesAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """All sources."""

    data: list[SourceItem]
    meta: SourcesMeta


def list_sources(request: Request) -> SourcesAnswer:
    """Every source, the most trusted first, with what its newest list held."""
    SOURCES_READ.read(request)
    found = read_sources(request.reads, request.period.start)
    return SourcesAnswer(found, SourcesMeta(len(found), request.book.version, **stale_meta(request)))


SOURCES_READ = Operation(
    name="sources",
    path="/api/v1/sources",
    view=list_sources,
    title="Who feeds the price book, and how fresh each is",
    answers=(SourcesAnswer,),
    asks_the_book=True,
    rows=SourceItem,
    is_lasting=True,
)
