"""/api/v1/export/...: the files that other programs read, at a moment; ready bytes with a strong ETag."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any

import msgspec
from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.money import to_text
from llmpricing.exports.overlay import Laid
from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.kept_lists import NoListError
from llmpricing.services.feeds.registry import OVERLAYS, OverlayFeed
from llmpricing.web import parameters as p
from llmpricing.web.api.answers import ClocksMeta, DecimalText, book_meta
from llmpricing.web.caching import cached
from llmpricing.web.conditional import lifetime, release
from llmpricing.web.errors import RETRY_AFTER_S, Refused
from llmpricing.web.operations import Operation

CACHE_TTL_S = 3600
ASKED_MOMENT_TTL_S = 60  # of a list for a moment that somebody names: there is no end of them
PATIENCE_S = 4.0  # for lists that others build; LiteLLM itself waits 5 s
_BUILDS = BoundedSemaphore(2)  # a map takes most of a second, and holds the interpreter
JSON = "application/json"
AT = {"at": p.time.of("the prices of that moment; those of now where it is left out")}


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
        return answer(request, f"feed {self.feed.name}", JSON, self._bytes)

    def digest(self, request: Request) -> Response:
        """The list's SHA-256, as sha256sum writes it."""
        packed = kept(request, f"feed {self.feed.name}", self._bytes)
        digest = f"{sha256(gzip.decompress(packed)).hexdigest()}  {self.feed.file}\n"
        found = Response(digest, content_type="text/plain", charset="ascii")
        found.headers.update({"Cache-Control": lifetime(request, _until(request)), "ETag": f'"{_tag(packed)}-sha256"'})
        return found

    def report(self, request: Request) -> ReportAnswer:
        """Every field that is not as it was listed."""
        clocks = clocks_of(request)
        request.response.headers["Cache-Control"] = lifetime(request, _until(request))
        return cached(
            request,
            "feed-report",
            f"{self.feed.name}:{clocks.as_of}",
            CACHE_TTL_S,
            ReportAnswer,
            lambda: self._reported(request),
        )

    def _bytes(self, request: Request) -> bytes:
        return _laid(request, self.feed).as_json()

    def _reported(self, request: Request) -> ReportAnswer:
        notes = _laid(request, self.feed).notes
        fields = [
            ChangedField(n.name, n.field, n.change, _text(n.listed), _text(n.exported), n.price_id) for n in notes
        ]
        clocks = clocks_of(request)
        meta = ClocksMeta(as_of=clocks.as_of, known_at=clocks.known_at, **book_meta(request))
        return ReportAnswer(FeedReport(self.feed.lacking, fields), meta)


def answer(request: Request, name: str, media: str, build: Callable[[Request], bytes]) -> Response:
    """A file as the client takes it, with a strong ETag of its bytes; a 304 where the client has them."""
    return packed_answer(request, media, kept(request, name, build), _until(request))


def packed_answer(request: Request, media: str, packed: bytes, until: datetime | None) -> Response:
    """The same of bytes that are packed by gzip, good ``until`` the next known step."""
    takes_gzip = "gzip" in (one for one, _ in request.accept_encoding.acceptable_offers(["gzip"])) and bool(
        request.headers.get("Accept-Encoding")
    )
    tag = f'"{_tag(packed)}{"-gzip" if takes_gzip else ""}"'
    headers = {"ETag": tag, "Cache-Control": lifetime(request, until), "Vary": "Accept-Encoding"}
    if tag in (one.strip() for one in request.headers.get("If-None-Match", "").split(",")):
        return Response(status=304, headers=headers)
    found = Response(packed if takes_gzip else gzip.decompress(packed), content_type=media, charset=None)
    found.headers.update(headers)
    if takes_gzip:
        found.content_encoding = "gzip"
    return found


def kept(request: Request, name: str, build: Callable[[Request], bytes]) -> bytes:
    """The bytes packed by gzip, made once for a version of the price book and a moment. Raises the 503 that names the
    command, where the list that they need was never imported.
    """
    key = f"{name}:{release()}:{request.book.book}:{request.book.version}:{clocks_of(request).as_of:%Y%m%dT%H%M%S%f}"
    ttl = ASKED_MOMENT_TTL_S if "at" in request.GET else CACHE_TTL_S
    try:
        packed: bytes = request.cache.remember(
            key, ttl, lambda: gzip.compress(_in_turn(request, build), 6, mtime=0), _is_whole
        )
    except NoListError as error:
        raise _not_yet(error) from None
    return packed


def _laid(request: Request, feed: OverlayFeed) -> Laid:
    try:
        return feed.lay(request.reads, request.book, clocks_of(request))
    except NoListError as error:
        raise _not_yet(error) from None


def _in_turn(request: Request, build: Callable[[Request], bytes]) -> bytes:
    """What is built, a few at a time; raises the 503 where others take too long."""
    if not _BUILDS.acquire(timeout=PATIENCE_S):
        message = "Others build lists just now: ask again in some seconds."
        raise Refused(503, "UNAVAILABLE", message, headers={"Retry-After": RETRY_AFTER_S})
    try:
        return build(request)
    finally:
        _BUILDS.release()


def _not_yet(error: NoListError) -> Refused:
    return Refused(503, "UNAVAILABLE", f"There is nothing to export yet: {error}")


def _is_whole(packed: bytes) -> bool:
    try:
        return bool(gzip.decompress(packed))
    except (OSError, EOFError):
        return False


def _tag(packed: bytes) -> str:
    return sha256(packed).hexdigest()[:32]


def clocks_of(request: Request) -> Clocks:
    """The moment that is asked for, by what is known now."""
    stated = p.read_parameters(request, AT).get("at")
    clocks: Clocks = request.book.clocks(stated or request.period.start, None)
    return clocks


def _until(request: Request) -> datetime | None:
    return None if request.GET.get("at", "").strip() else request.period.until


def _text(value: Any) -> str | None:
    return None if value is None else to_text(value)


def _word(feed: OverlayFeed) -> str:
    return feed.name.replace("-", "_").replace(".", "_")


def _operations(feed: OverlayFeed) -> tuple[Operation, ...]:
    answers = _Answers(feed)
    path = f"/api/v1/export/{feed.file}"
    shared: dict[str, Any] = {"parameters": AT, "asks_the_book": True}
    return (
        Operation(
            name=f"feed_{_word(feed)}",
            path=path,
            view=answers.list,
            title=f"{feed.title} with the published prices",
            answers=(feed.shape,),
            **shared,
        ),
        Operation(
            name=f"feed_{_word(feed)}_sha256",
            path=f"{path}.sha256",
            view=answers.digest,
            title=f"The SHA-256 of {path}",
            answers=(str,),
            media="text/plain",
            **shared,
        ),
        Operation(
            name=f"feed_{_word(feed)}_report",
            path=f"/api/v1/export/{feed.name}/report",
            view=answers.report,
            title=f"What differs in {path} from the list as it came, and which names have no price",
            answers=(ReportAnswer,),
            **shared,
        ),
    )


FEEDS = tuple(operation for feed in OVERLAYS.values() for operation in _operations(feed))
