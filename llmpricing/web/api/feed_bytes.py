"""The bytes of a feed as its client takes them: made once, packed, with a strong ETag."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any, NamedTuple, TypeVar

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.clocks import Clocks
from llmpricing.services.feeds.kept_lists import NoListError
from llmpricing.web import parameters as p
from llmpricing.web.access import refuse_without
from llmpricing.web.caching import cached
from llmpricing.web.conditional import holds, lifetime, release
from llmpricing.web.errors import RETRY_AFTER_S, Refused

CACHE_TTL_S = 3600
ASKED_MOMENT_TTL_S = 60  # of a list for a moment that somebody names: there is no end of them
PATIENCE_S = 4.0  # for lists that others build; LiteLLM itself waits 5 s
_BUILDS = BoundedSemaphore(2)  # a list takes some seconds, and holds the interpreter
_ASKED_MOMENTS = BoundedSemaphore(1)  # which take no turn of those that ask for now
NET = "net"
RATES = p.one_of("list", NET).of(
    "net: less what was agreed with sellers, for who has the scope rates; list where left out"
)
ASKS = {"at": p.time.of("the prices of that moment; those of now where it is left out"), "rates": RATES}

Built = TypeVar("Built")


class Packed(NamedTuple):
    """Bytes packed by gzip, good ``until`` then (None: until the price book changes)."""

    data: bytes
    until: datetime | None

    @property
    def tag(self) -> str:
        return sha256(self.data).hexdigest()[:32]


def answer(request: Request, name: str, media: str, build: Callable[[Request], bytes]) -> Response:
    """The feed of that name as an answer."""
    return packed_answer(request, media, kept(request, name, build))


def packed_answer(request: Request, media: str, packed: Packed) -> Response:
    """The packed bytes as an answer, unpacked for who does not take them so."""
    takes_gzip = "gzip" in (one for one, _ in request.accept_encoding.acceptable_offers(["gzip"])) and bool(
        request.headers.get("Accept-Encoding")
    )
    tag = f'"{packed.tag}{"-gzip" if takes_gzip else ""}"'
    headers = {"ETag": tag, "Cache-Control": lifetime(request, packed.until), "Vary": "Accept-Encoding"}
    if holds(request.headers.get("If-None-Match", ""), tag):
        return Response(status=304, headers=headers)
    found = Response(packed.data if takes_gzip else gzip.decompress(packed.data), content_type=media, charset=None)
    found.headers.update(headers)
    if takes_gzip:
        found.content_encoding = "gzip"
    return found


def kept(request: Request, name: str, build: Callable[[Request], bytes]) -> Packed:
    """The feed's bytes, those that are ready or made once for a version of the price book and a moment. Raises the 503
    that names the command, where the list that they need was never imported.
    """
    p.read_parameters(request, ASKS)  # such a file is whole: it takes no others
    clocks, is_asked = clocks_of(request), asks_a_moment(request)
    name = f"{name}:{NET}" if asks_net(request) else name
    if not is_asked and request.ready_feeds is not None:
        ready = request.ready_feeds.find(name, request.book, request.period)
        if ready is not None:
            return Packed(*ready)
    key = f"feed {name}:{release()}:{request.book.book}:{request.book.version}:{clocks.as_of:%Y%m%dT%H%M%S%f}"
    ttl = ASKED_MOMENT_TTL_S if is_asked else CACHE_TTL_S
    packed = request.cache.remember(key, ttl, lambda: gzip.compress(in_turn(request, build), 6, mtime=0), _is_whole)
    return Packed(packed, until(request))


def remembered(request: Request, name: str, kind: type[Built], build: Callable[[Request], Built]) -> Built:
    """The report beside the feed of that name, made once for a version of the price book and a moment."""
    question = f"{name}:{asks_net(request)}:{clocks_of(request).as_of}"
    ttl = ASKED_MOMENT_TTL_S if asks_a_moment(request) else CACHE_TTL_S
    return cached(request, "feed-report", question, ttl, kind, lambda: in_turn(request, build))


def in_turn(request: Request, build: Callable[[Request], Built]) -> Built:
    """What is built, a few at a time; raises the 503 where others take too long, or where there is no list."""
    turns = _ASKED_MOMENTS if asks_a_moment(request) else _BUILDS
    if not turns.acquire(timeout=PATIENCE_S):
        message = "Others build lists just now: ask again in some seconds."
        raise Refused(503, "UNAVAILABLE", message, headers={"Retry-After": RETRY_AFTER_S})
    try:
        return build(request)
    except NoListError as error:
        raise Refused(503, "UNAVAILABLE", f"There is nothing to export yet: {error}") from None
    finally:
        turns.release()


def clocks_of(request: Request) -> Clocks:
    """The moment that is asked for, by what is known now."""
    clocks: Clocks = request.book.clocks(_asked(request).get("at") or request.period.start, None)
    return clocks


def asks_a_moment(request: Request) -> bool:
    """Whether the request names the moment of its prices."""
    return bool(request.GET.get("at", "").strip())


def asks_net(request: Request) -> bool:
    """Whether the request asks for prices less what was agreed; raises the error of who may not see that."""
    is_net: bool = _asked(request).get("rates") == NET
    if is_net and not request.caller.sees_rates:
        refuse_without(request.caller, "rates")
    return is_net


def _asked(request: Request) -> dict[str, Any]:
    """Which prices are asked for; what else the address takes, its operation reads."""
    return p.read_values({name: request.GET.getall(name) for name in ASKS}, ASKS)


def until(request: Request) -> datetime | None:
    """The next known step; None where the moment was named."""
    step: datetime = request.period.until
    return None if asks_a_moment(request) else step


def _is_whole(packed: bytes) -> bool:
    try:
        return bool(gzip.decompress(packed))
    except (OSError, EOFError):
        return False
