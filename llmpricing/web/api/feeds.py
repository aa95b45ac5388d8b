"""/api/v1/export/...: the files that other programs read, at a moment; ready bytes with a strong ETag."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.money import to_text
from llmpricing.exports.overlay import Laid
from llmpricing.services.feeds.registry import OVERLAYS, OverlayFeed
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import DecimalText
from llmpricing.web.api.feed_bytes import (
    ASKS,
    answer,
    asks_net,
    clocks_of,
    kept,
    remembered,
)
from llmpricing.web.api.feed_reports import REPORT_LIMIT, REPORT_PARAMETERS, ReportMeta, report_meta
from llmpricing.web.conditional import holds, lifetime
from llmpricing.web.operations import Operation, selection
from llmpricing.web.paging import page_of

JSON = "application/json"


class ChangedField(msgspec.Struct, forbid_unknown_fields=True):
    """A field of the list that is not as it came; both prices are for one unit of the field, in USD."""

    name: str
    field: str
    change: str
    listed: DecimalText | None
    exported: DecimalText | None
    price_id: int | None


class ReportAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """A page of what laying the published prices over a list changed."""

    data: list[ChangedField]
    meta: ReportMeta


@dataclass(frozen=True)
class _Answers:
    """The answers of one feed."""

    feed: OverlayFeed

    def file(self, request: Request) -> Response:
        """The list itself."""
        return answer(request, self.feed.name, JSON, self._bytes)

    def digest(self, request: Request) -> Response:
        """The list's SHA-256, as sha256sum writes it."""
        packed = kept(request, self.feed.name, self._bytes)
        digest = f"{sha256(gzip.decompress(packed.data)).hexdigest()}  {self.feed.file}\n"
        headers = {"Cache-Control": lifetime(request, packed.until), "ETag": f'"{packed.tag}-sha256"'}
        if holds(request.headers.get("If-None-Match", ""), headers["ETag"]):
            return Response(status=304, headers=headers)
        found = Response(digest, content_type="text/plain", charset="ascii")
        found.headers.update(headers)
        return found

    def report(self, request: Request) -> ReportAnswer:
        """A page of the fields that are not as they were listed."""
        values = p.read_parameters(request, REPORT_PARAMETERS | selection(ChangedField))
        found = remembered(request, self.feed.name, list[ChangedField], self._reported)
        places = [[one.name, one.field, one.change] for one in found]
        page, following = page_of(request, values, found, places, REPORT_LIMIT)
        return ReportAnswer(page, report_meta(request, len(found), following, self.feed.lacking))

    def _bytes(self, request: Request) -> bytes:
        return self._laid(request).as_json()

    def _laid(self, request: Request) -> Laid:
        return self.feed.lay(request.reads, request.book, clocks_of(request), net=asks_net(request))

    def _reported(self, request: Request) -> list[ChangedField]:
        return [
            ChangedField(n.name, n.field, n.change, _text(n.listed), _text(n.exported), n.price_id or None)
            for n in self._laid(request).notes
        ]


def _text(value: Any) -> str | None:
    return None if value is None else to_text(value)


def _word(feed: OverlayFeed) -> str:
    return feed.name.replace("-", "_").replace(".", "_")


def _operations(feed: OverlayFeed) -> tuple[Operation, ...]:
    answers = _Answers(feed)
    path = f"/api/v1/export/{feed.file}"
    shared: dict[str, Any] = {"parameters": ASKS, "asks_the_book": True}
    return (
        Operation(
            name=f"feed_{_word(feed)}",
            path=path,
            view=answers.file,
            title=f"{feed.title} with the published prices",
            answers=(feed.shape,),
            has_tag=True,
            **shared,
        ),
        Operation(
            name=f"feed_{_word(feed)}_sha256",
            path=f"{path}.sha256",
            view=answers.digest,
            title=f"The SHA-256 of {path}",
            answers=(str,),
            has_tag=True,
            media="text/plain",
            **shared,
        ),
        Operation(
            name=f"feed_{_word(feed)}_report",
            path=f"/api/v1/export/{feed.name}/report",
            view=answers.report,
            title=f"What differs in {path} from the list as it came, and which names have no price",
            answers=(ReportAnswer,),
            rows=ChangedField,
            is_lasting=True,
            asks_the_book=True,
            parameters=REPORT_PARAMETERS,
        ),
    )


FEEDS = tuple(operation for feed in OVERLAYS.values() for operation in _operations(feed))
