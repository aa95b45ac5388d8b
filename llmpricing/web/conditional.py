"""Answers that stay the same between the price book's changes and the steps of its prices: ETag, 304, Cache-Control."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from http.client import OK as HTTP_OK
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pyramid.request import Request
from pyramid.response import Response

import llmpricing
from llmpricing.book.price_book import PriceBook
from llmpricing.services.catalogue.steps import StablePeriod, stable_period
from llmpricing.services.price_book import BookState, book_state
from llmpricing.web.access import is_private

FRESH_S = 60  # a decision or an import, which nobody foresees, is seen this much later at the most
STALE_FRESH_S = 5  # while nobody knows whether there are newer prices
STALE_S = 600  # and by who lets a cache revalidate behind, this much

LASTING = "llmpricing.lasting"  # in the environ of a request whose answer is so

Answering = Callable[[Request], Any]


class Lasting(NamedTuple):
    """An answer that nothing changes but another book and the next known step, and by whom it was asked for."""

    book: PriceBook
    until: datetime | None
    route: str
    caller: str | None
    is_private: bool
    is_page: bool


def includeme(config: Any) -> None:
    """Give requests ``book``, the state of the price book that answers them, and the ``period`` that now lies in."""
    config.add_request_method(_book, "book", reify=True)
    config.add_request_method(_period, "period", reify=True)


def _book(request: Request) -> BookState:
    return book_state(request.reads)


def _period(request: Request) -> StablePeriod:
    return stable_period(request.reads, request.book, datetime.now(UTC), with_rates=request.caller.sees_rates)


def conditional(view: Answering, *, is_page: bool = False) -> Answering:
    """The view of an answer that only the book's version and the period change; asked with its ETag it is a 304.

    A page, or a part of one, tells the ages of lists too, so that it changes with the period whatever time it is asked
    for; and who has one asks each time whether it is the newest, so that a decision shows as soon as it is made.
    """

    def answering(request: Request) -> Any:
        until = request.period.until if is_page else valid_until(request)
        for_how_long = each_time(is_private(request)) if is_page else lifetime(request, until)
        headers = {"ETag": _tag(request, until), "Cache-Control": for_how_long}
        _say_what_changes_it(request, until, is_page)
        if holds(request.headers.get("If-None-Match", ""), headers["ETag"]):
            return Response(status=304, headers=headers)
        request.response.headers.update(headers)
        answer = view(request)
        if request.response.status_int != HTTP_OK:  # a form with what is wrong in it
            del request.response.headers["ETag"]
            request.response.headers["Cache-Control"] = "no-store"
        return answer

    return answering


def conditional_where_dated(view: Answering) -> Answering:
    """The view of an answer that tells the moment it is made for: where that is stated only the book's version changes
    it, so asked with its ETag it is a 304. Else each answer is another, and may be of another window of the day.
    """

    def answering(request: Request) -> Any:
        if not _states_time(request):
            return view(request)
        headers = {"ETag": _tag(request, None), "Cache-Control": lifetime(request, None)}
        if holds(request.headers.get("If-None-Match", ""), headers["ETag"]):
            return Response(status=304, headers=headers)
        request.response.headers.update(headers)
        return view(request)

    return answering


def kept_page(request: Request, *made_of: Any) -> Response | None:
    """The 304 of a page that is made of this release and ``made_of`` alone, where the reader holds it already; else its
    headers are set. Nothing is asked for that.
    """
    tag = _weak(request.path_info, stale_since(request), made_of)
    headers = {"ETag": tag, "Cache-Control": each_time(is_private(request))}
    if holds(request.headers.get("If-None-Match", ""), tag):
        return Response(status=304, headers=headers)
    request.response.headers.update(headers)
    return None


def valid_until(request: Request) -> datetime | None:
    """The next known step of the answer; None where its time was stated, so that only a change of the book ends it."""
    return None if _states_time(request) else request.period.until


def _states_time(request: Request) -> bool:
    return any(request.GET.get(name, "").strip() for name in ("as_of", "at"))


def stale_since(request: Request) -> datetime | None:
    """Since when nobody knows whether there are newer prices, where the answer comes from such a book."""
    held = request.held
    return held.stale_since if held else None


def _tag(request: Request, until: datetime | None) -> str:
    start = None if until is None else request.period.start
    by, book = request.caller.scopes, request.book
    return tag_of(by, book, stale_since(request), start, request.path_info, request.GET.items())


def tag_of(
    scopes: Sequence[str],
    book: BookState,
    stale: datetime | None,
    start: datetime | None,
    path: str,
    asked: Iterable[tuple[str, str]],
) -> str:
    """The ETag of what an address answers to who has these scopes, from a book and, where nobody stated a moment, for
    the period that begins at ``start``.
    """
    return _weak(scopes, book.book, book.version, stale, start, path, sorted(asked))


def _weak(*made_of: Any) -> str:
    """The ETag of what this release makes of these: weak, for a compressed answer bears the same one."""
    return f'W/"{sha256(msgspec.json.encode((release(), *made_of))).hexdigest()[:24]}"'


def _say_what_changes_it(request: Request, until: datetime | None, is_page: bool) -> None:
    """Leave word of it for who may give the same bytes again."""
    if request.held is not None and not stale_since(request):
        lasting = Lasting(
            request.held.book, until, request.matched_route.name, request.caller.name, is_private(request), is_page
        )
        request.environ[LASTING] = lasting


def holds(stated: str, tag: str) -> bool:
    """Whether the client's If-None-Match names this answer; ``*``, which says any, would hide what is not there."""
    return tag.removeprefix("W/") in (one.strip().removeprefix("W/") for one in stated.split(","))


def lifetime(request: Request, until: datetime | None) -> str:
    if stale_since(request):
        return f"{'private, ' if is_private(request) else ''}max-age={STALE_FRESH_S}"
    return lifetime_now(until, is_private(request))


def lifetime_now(until: datetime | None, is_for_one: bool) -> str:
    """The same of a book that is known to be the newest; ``is_for_one``: no shared cache may keep the answer."""
    left_s = FRESH_S + STALE_S if until is None else max(0, int((until - datetime.now(UTC)).total_seconds()))
    fresh_s = min(FRESH_S, left_s)
    kind = "private, " if is_for_one else ""
    return f"{kind}max-age={fresh_s}, stale-while-revalidate={min(STALE_S, left_s - fresh_s)}"


def each_time(is_for_one: bool) -> str:
    """The Cache-Control of what may be kept and is asked for anew each time."""
    return "private, no-cache" if is_for_one else "no-cache"


@cache
def release() -> str:
    """A digest of the program itself: another release may answer otherwise."""
    digest = sha256()
    for file in sorted(Path(llmpricing.__file__).parent.rglob("*")):
        if file.suffix in (".py", ".jinja2", ".css", ".js", ".svg"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
