"""What a process keeps of a request that it answered: nothing, also before the collector of garbage comes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from jinja2.runtime import Context
from pyramid.interfaces import IRequestFactory
from pyramid.request import Request
from webtest import TestApp

from tests.conftest import running_app
from tests.functional.addresses import EXAMPLES, FEEDS
from tests.unplugged.faults import wait_until

REFUSED = {
    "no_address": "/no-such",
    "no_offering": "/api/v1/models/acme/no-such",
    "no_page": "/models/acme/no-such",
    "no_number": "/api/v1/models?limit=x",
    "no_filter": "/?max_input_price=x",
    "redirect": "/?q=",
    "unknown_name": "/api/v1/resolve?model=nobody-knows-it",
    "no_model": "/compare?models=acme/no-such",
    "no_text": "/models/%ff",
}


@pytest.fixture
def held(book_url: str, redis_url: str, tmp_path: Path) -> Iterator[TestApp]:
    """The application with the book in memory."""
    with running_app(book_url, redis_url, book_dir=tmp_path) as app:
        wait_until(lambda: app.get("/api/health/ready", status="*").json["book"] is not None, 60)
        yield app


def ask(app: TestApp, path: str, json: Any = None) -> None:
    """As a server asks: no client keeps a request or an answer."""
    where, _, query = path.partition("?")
    body = {} if json is None else {"method": "POST", "content_type": "application/json", "body": dumps(json).encode()}
    asked = {"QUERY_STRING": query, "PATH_INFO": where.replace("%ff", "\xff")}
    given = Request.blank("/", **body).environ | asked
    answer = app.app(given, lambda status, headers, exc_info=None: None)
    b"".join(answer)
    getattr(answer, "close", lambda: None)()


@contextmanager
def garbage() -> Iterator[list[Any]]:
    """What refers to itself and nothing else refers to after the block."""
    found: list[Any] = []
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found += gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_an_answered_request_waits_for_no_collector_of_garbage(held: TestApp) -> None:
    left = {}
    for name, path in (EXAMPLES | FEEDS | REFUSED).items():
        ask(held, path)  # what is made once and kept
        with garbage() as found:
            ask(held, path)
        left[name] = [type(one) for one in found if isinstance(one, Request | Context | FrameType)]
    assert {name: types for name, types in left.items() if types} == {}


def test_an_answer_with_refusals_in_it_waits_for_none_either(held: TestApp) -> None:
    refused = [{"model": "nobody-knows-it"}, {"model": "acme/acme-large", "price_ids": [1]}, {"model": 3}]
    with garbage() as found:
        ask(held, "/api/v1/quotes", {"items": [one | {"usage": {"input_tokens": 1}} for one in refused]})
    assert [type(one) for one in found if isinstance(one, Request | Context | FrameType)] == []


def test_a_quick_quote_leaves_nothing_for_the_collector(held: TestApp) -> None:
    left = {}
    for asked in ("model=acme/acme-large&input_tokens=9", "model=acme/no-such&input_tokens=9", "model=a&no_meter=1"):
        for _ in range(3):
            ask(held, f"/api/v1/quote?{asked}")  # by the view first, which learns who asks
        with garbage() as found:
            ask(held, f"/api/v1/quote?{asked}")
        left[asked] = [type(one) for one in found]
    assert {asked: types for asked, types in left.items() if types} == {}


def test_all_requests_are_of_one_class(held: TestApp) -> None:
    factory = held.app.registry.getUtility(IRequestFactory)
    seen: set[type] = set()

    class Seen(factory):  # type: ignore[misc,valid-type]
        def __setattr__(self, name: str, value: Any) -> None:
            seen.add(type(self))
            super().__setattr__(name, value)

    router = held.app
    made, router.request_factory = router.request_factory, Seen
    try:
        ask(held, "/api/v1/models")
        ask(held, "/api/v1/quote?model=acme/acme-large&input_tokens=9")
    finally:
        router.request_factory = made
    assert seen == {Seen}
