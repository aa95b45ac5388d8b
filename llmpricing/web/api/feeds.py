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
from llmpricing.web.api.answers import ClocksMeta, DecimalText, book_meta
from llmpricing.web.api.feed_bytes import (
    ASKS,
    answer,
    asks_net,
    clocks_of,
    kept,
    remembered,
)
from llmpricing.web.conditional import holds, lifetime
from llmpricing.web.operations import Operation

JSON = "application/json"


class ChangedField(msgspec.Struct, forbid_unknown_fields=True):
    """A field of the list that is not as it came; both prices are for one unit of the field, in USD."""

    name: str
    field: str
    change: str
    listed: DecimalText | None
    exported: DecimalText | None
    price_id: int | None


class FeedReport(msgspec.Struct, forbid_unknown_fields=True):
    """What differs from the list, and what the client makes of a name without a price."""

    lacking: str
    fields: list[ChangedField]


class ReportAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """What laying the published prices over a list changed."""

    data: FeedReport
    meta: ClocksMeta


@dataclass(frozen=True)
class _Answers:
    """The answers of one feed."""

    feed: OverlayFeed

    def list(self, request: Request) -> Response:
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
        """Every field that is not as it was listed."""
        return remembered(request, self.feed.name, ReportAnswer, self._reported)

    def _bytes(self, request: Request) -> bytes:
        return self._laid(request).as_json()

    def _laid(self, request: Request) -> Laid:
        return self.feed.lay(request.reads, request.book, clocks_of(request), net=asks_net(request))

    def _reported(self, request: Request) -> ReportAnswer:
        fields = [
            ChangedField(n.name, n.field, n.change, _text(n.listed), _text(n.exported), n.price_id or None)
            for n in self._laid(request).notes
        ]
        clocks = clocks_of(request)
        meta = ClocksMeta(as_of=clocks.as_of, known_at=clocks.known_at, **book_meta(request))
        return ReportAnswer(FeedReport(self.feed.lacking, fields), meta)


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
            view=answers.list,
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
            is_lasting=True,
            **shared,
        ),
    )


FEEDS = tuple(operation for feed in OVERLAYS.values() for operation in _operations(feed))
