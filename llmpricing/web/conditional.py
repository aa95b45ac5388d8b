"""Answers that stay the same between the price book's changes and the steps of its prices: ETag, 304, Cache-Control."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from http.client import OK as HTTP_OK
from pathlib import Path
from typing import Any

import msgspec
from pyramid.request import Request
from pyramid.response import Response

import llmpricing
from llmpricing.services.catalogue.steps import StablePeriod, stable_period
from llmpricing.services.price_book import BookState, book_state
from llmpricing.web.access import is_private

FRESH_S = 60  # a decision or an import, which nobody foresees, is seen this much later at the most
STALE_FRESH_S = 5  # while nobody knows whether there are newer prices
STALE_S = 600  # and by who lets a cache revalidate behind, this much

Answering = Callable[[Request], Any]


def includeme(config: Any) -> None:
    """Give requests ``book``, the state of the price book that answers them, and the ``period`` that now lies in."""
    config.add_request_method(_book, "book", reify=True)
    config.add_request_method(_period, "period", reify=True)


def _book(request: Request) -> BookState:
    return book_state(request.reads)


def _period(request: Request) -> StablePeriod:
    return stable_period(request.reads, request.book, datetime.now(UTC))


def conditional(view: Answering, *, tells_ages: bool = False) -> Answering:
    """The view of an answer that only the book's version and the period change; asked with its ETag it is a 304.

    One that ``tells_ages`` changes with the period whatever time it is asked for.
    """

    def answering(request: Request) -> Any:
        until = request.period.until if tells_ages else valid_until(request)
        headers = {"ETag": _tag(request, until), "Cache-Control": lifetime(request, until)}
        if _holds(request, headers["ETag"]):
            return Response(status=304, headers=headers)
        request.response.headers.update(headers)
        answer = view(request)
        if request.response.status_int != HTTP_OK:  # a form with what is wrong in it
            del request.response.headers["ETag"]
            request.response.headers["Cache-Control"] = "no-store"
        return answer

    return answering


def valid_until(request: Request) -> datetime | None:
    """The next known step of the answer; None where its time was stated, so that only a change of the book ends it."""
    return None if request.GET.get("as_of", "").strip() else request.period.until


def stale_since(request: Request) -> datetime | None:
    """Since when nobody knows whether there are newer prices, where the answer comes from such a book."""
    held = request.held
    return held.stale_since if held else None


def _tag(request: Request, until: datetime | None) -> str:
    """Weak, for a compressed answer bears the same one."""
    start = None if until is None else request.period.start
    asked = sorted(request.GET.items())
    by, book = request.caller.scopes, request.book
    key = (release(), by, book.book, book.version, stale_since(request), start, request.path_info, asked)
    return f'W/"{sha256(msgspec.json.encode(key)).hexdigest()[:24]}"'


def _holds(request: Request, tag: str) -> bool:
    """Whether the client says that it has this answer; ``*``, which says any, would hide what is not there."""
    stated = request.headers.get("If-None-Match", "")
    return tag.removeprefix("W/") in (one.strip().removeprefix("W/") for one in stated.split(","))


def lifetime(request: Request, until: datetime | None) -> str:
    """The Cache-Control of an answer: never fresh, nor served stale, beyond ``until``, the next known step."""
    if stale_since(request):
        return f"{'private, ' if is_private(request) else ''}max-age={STALE_FRESH_S}"
    left_s = FRESH_S + STALE_S if until is None else max(0, int((until - datetime.now(UTC)).total_seconds()))
    fresh_s = min(FRESH_S, left_s)
    kind = "private, " if is_private(request) else ""
    return f"{kind}max-age={fresh_s}, stale-while-revalidate={min(STALE_S, left_s - fresh_s)}"


@cache
def release() -> str:
    """A digest of the program itself: another release may answer otherwise."""
    digest = sha256()
    for file in sorted(Path(llmpricing.__file__).parent.rglob("*")):
        if file.suffix in (".py", ".jinja2", ".css", ".js", ".svg"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
