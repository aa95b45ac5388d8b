"""What happened, for readers and chat bots: each event once, by an id that stays, and nothing where nothing changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from tests.conftest import running_app
from tests.functional.addresses import FEEDS
from tests.functional.test_held_book import wait_for

JSON, ATOM = FEEDS["changes_json"], FEEDS["changes_atom"]
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
LATER = TODAY + timedelta(days=30)
NAMESPACE = {"atom": "http://www.w3.org/2005/Atom"}


def model(id_: str, price: float, later: float | None = None, begins: datetime = LATER, **more: Any) -> dict[str, Any]:
    """A model in genai-prices' shape: its price of input now, and the one that begins later."""
    now = {"prices": {"input_mtok": price}}
    dated = (
        [] if later is None else [{"constraint": {"start_date": f"{begins:%Y-%m-%d}"}, "prices": {"input_mtok": later}}]
    )
    return {"id": id_, "match": {"equals": id_}, "prices": [now, *dated], **more}


def bring(url: str, days_ago: int, *models: dict[str, Any]) -> None:
    """Import a list of these models of acme that was published and read so many days ago."""
    data = json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]).encode()
    engine, at = create_engine(url, poolclass=NullPool), TODAY - timedelta(days=days_ago)
    with Session(engine) as session, session.begin():
        import_lists(session, [(SOURCES["genai-prices"], ReadList(data, at, at, "a test"))])
    engine.dispose()


A, B = model("a", 2), model("b", 5)
NEW = model("c", 1, name='<b>C & "D"</b>\x07')


@pytest.fixture
def url(empty_book_url: str) -> str:
    """A book of two models that began 20 days ago; a rose 10 days ago and c came, and 5 days ago b's fall was said."""
    bring(empty_book_url, 20, A, B)
    bring(empty_book_url, 10, model("a", 3), B, NEW)
    bring(empty_book_url, 5, model("a", 3), model("b", 5, later=4), NEW)
    return empty_book_url


@pytest.fixture
def app(url: str, redis_url: str) -> Iterator[TestApp]:
    with running_app(url, redis_url) as found:
        yield found


def items(app: TestApp, *models: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.get(JSON, [("model", one) for one in models]).json["items"]
    return found


def told(app: TestApp, *models: str) -> list[tuple[str, str]]:
    return [(one["_llmpricing"]["kind"], one["title"]) for one in items(app, *models)]


ROSE = ("changed", "acme/a: input_tokens, 3 USD per 1,000,000, was 2 USD per 1,000,000")
CAME = ("new", 'acme/c is new: <b>C & "D"</b>\x07')
SAID = (
    "announced",
    f"acme/b: input_tokens, 4 USD per 1,000,000 from {LATER:%Y-%m-%d} 00:00 UTC, was 5 USD per 1,000,000",
)


def test_each_event_is_told_once_the_newest_first(app: TestApp) -> None:
    assert told(app) == [SAID, ROSE, CAME]
    rose = items(app)[1]
    assert rose["url"] == "/models/acme/a"
    assert rose["tags"] == ["changed", "by_seller"]
    assert [one["_llmpricing"]["is_sellers"] for one in items(app)] == [True, True, None]
    assert rose["_llmpricing"]["old"] == {"state": "priced", "amount": "2", "per": 1_000_000, "currency": "USD"}
    assert rose["_llmpricing"]["new"]["amount"] == "3"


def test_an_import_that_changes_nothing_brings_nothing_new(url: str, app: TestApp) -> None:
    before = {path: app.get(path) for path in (JSON, ATOM)}
    bring(url, 2, model("a", 3), model("b", 5, later=4), NEW)
    for path, answer in before.items():
        assert app.get(path).body == answer.body
        assert app.get(path, headers={"If-None-Match": answer.headers["ETag"]}, status=304).body == b""


def test_ids_stay_when_more_happens(url: str, app: TestApp) -> None:
    before = [one["id"] for one in items(app)]
    bring(url, 1, model("a", 2), model("b", 5), NEW)
    after = items(app)
    assert [one["id"] for one in after][-3:] == before
    assert len({one["id"] for one in after}) == len(after) == 5
    assert [one["_llmpricing"]["kind"] for one in after[:2]] == ["changed", "withdrawn"]  # back at 2; b falls no more
    assert after[1]["title"] == (
        f"acme/b: input_tokens, 4 USD per 1,000,000 from {LATER:%Y-%m-%d} 00:00 UTC is called off"
    )


def test_what_was_announced_is_a_change_at_its_moment(url: str, app: TestApp) -> None:
    begins = TODAY - timedelta(days=1)
    bring(url, 3, model("a", 3, later=6, begins=begins), model("b", 5, later=4), NEW)
    found = [one for one in items(app, "acme/a") if one["_llmpricing"]["kind"] != "new"]
    assert [(one["_llmpricing"]["kind"], one["date_published"]) for one in found] == [
        ("changed", f"{begins:%Y-%m-%d}T00:00:00Z"),
        ("announced", f"{TODAY - timedelta(days=3):%Y-%m-%d}T00:00:00Z"),
        ("changed", f"{TODAY - timedelta(days=10):%Y-%m-%d}T00:00:00Z"),
    ]


def test_a_newcomer_has_the_changes_since_it_came(url: str, app: TestApp) -> None:
    bring(url, 3, model("a", 3), model("b", 5, later=4), model("c", 9, later=None))
    assert [kind for kind, _ in told(app, "acme/c")] == ["changed", "new"]


def test_only_the_models_that_are_asked_for_are_told(app: TestApp) -> None:
    assert told(app, "acme/a", "acme/c") == [ROSE, CAME]
    assert told(app, "acme/no-such") == []


def test_what_a_list_deprecates_is_retired(url: str, app: TestApp) -> None:
    bring(url, 1, model("a", 3, deprecated=True), model("b", 5, later=4), NEW)
    assert told(app)[0] == ("retired", "acme/a is deprecated: a")


def test_atom_tells_the_same_and_its_text_is_escaped(app: TestApp) -> None:
    answer = app.get(ATOM)
    assert answer.content_type == "application/atom+xml"
    feed = answer.xml
    entries = feed.findall("atom:entry", NAMESPACE)
    assert [one.findtext("atom:id", namespaces=NAMESPACE) for one in entries] == [one["id"] for one in items(app)]
    titles = [one.findtext("atom:title", namespaces=NAMESPACE) for one in entries]
    assert titles == [title.replace("\x07", "\N{REPLACEMENT CHARACTER}") for _, title in told(app)]
    assert b"<b>" not in answer.body
    updated = entries[0].findtext("atom:updated", namespaces=NAMESPACE)
    assert (
        feed.findtext("atom:updated", namespaces=NAMESPACE)
        == updated
        == f"{TODAY - timedelta(days=5):%Y-%m-%d}T00:00:00Z"
    )
    ids = {app.get(ATOM, query).xml.findtext("atom:id", namespaces=NAMESPACE) for query in ({}, {"model": "acme/a"})}
    assert len(ids) == 2


ONCE = {"id", "title", "updated"}
FEED_ONCE, ENTRY_ONCE = {"subtitle", "generator", "icon", "logo", "rights"}, {"published", "summary", "content"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def against_the_rfc(element: Element, may_once: set[str]) -> Iterator[str]:
    """What of a feed or an entry RFC 4287 forbids (4.1.1, 4.1.2): how often an element stands, and what it may hold."""
    found = [one.tag.removeprefix(f"{{{NAMESPACE['atom']}}}") for one in element]
    yield from (f"{name} stands {found.count(name)} times" for name in ONCE if found.count(name) != 1)
    yield from (f"{name} stands twice" for name in may_once if found.count(name) > 1)
    yield from (f"{name} has no place here" for name in set(found) - ONCE - may_once - {"author", "link", "category"})
    for one in element:
        name, text = one.tag.rpartition("}")[2], one.text or ""
        if name == "id" and not (urlsplit(text).scheme and text == text.strip()):
            yield f"{text!r} is no absolute IRI (4.2.6)"
        if name in ("updated", "published") and not _TIME.fullmatch(text):
            yield f"{text!r} is no time of RFC 3339 (3.3)"
        if name == "category" and not one.get("term"):
            yield "a category has no term (4.2.2)"
        if name in ("title", "content") and (one.get("type", "text") != "text" or len(one)):
            yield f"the text of {name} holds elements (3.1.1)"
        if name == "link" and not one.get("href"):
            yield "a link has no href (4.2.7)"
    if [one.get("rel", "alternate") for one in element.findall("atom:link", NAMESPACE)].count("alternate") > 1:
        yield "two links lead to the same in the same language"


def test_atom_keeps_the_rules_of_its_rfc(url: str, app: TestApp) -> None:
    bring(url, 1, model("a", 3, deprecated=True, name="<script>&"), model("b", 5), NEW)
    for asked in ({}, {"model": "acme/a"}, {"model": "acme/no-such"}):
        feed = app.get(ATOM, asked).xml
        entries = feed.findall("atom:entry", NAMESPACE)
        feed[:] = [one for one in feed if one not in entries]
        assert list(against_the_rfc(feed, FEED_ONCE)) == []
        assert feed.findtext("atom:author/atom:name", namespaces=NAMESPACE)  # which counts for all entries (4.1.1)
        assert [what for one in entries for what in against_the_rfc(one, ENTRY_ONCE)] == []
        ids = [one.findtext("atom:id", namespaces=NAMESPACE) for one in (feed, *entries)]
        assert len(set(ids)) == len(ids)
        assert (len(ids) > 1) == ("no-such" not in str(asked))


def test_the_book_in_memory_gives_the_same_bytes(url: str, redis_url: str, tmp_path: Path, app: TestApp) -> None:
    bring(url, 1, model("a", 3, deprecated=True), model("b", 5), NEW)
    with running_app(url, redis_url, book_dir=tmp_path / "books") as held:
        wait_for(held, lambda answer: answer["book"] is not None)
        for path in (JSON, ATOM):
            assert held.get(path).body == app.get(path).body
            assert held.get(path, {"model": "acme/b"}).body == app.get(path, {"model": "acme/b"}).body


def test_what_a_first_reading_announces_is_told_until_it_happens(empty_book_url: str, redis_url: str) -> None:
    """It came with its offering, before the time of which events are told; and in spite of many newcomers."""
    bring(empty_book_url, 40, A, model("b", 5, later=4))
    with running_app(empty_book_url, redis_url) as app:
        first = items(app)
        assert told(app) == [SAID]
        assert first[0]["date_published"] == f"{TODAY - timedelta(days=40):%Y-%m-%d}T00:00:00Z"
        many = [model(f"n{number}", 1) for number in range(600)]
        bring(empty_book_url, 2, A, model("b", 5, later=4), *many)
        found = items(app)
        assert len(found) == 500
        assert found[-1] == first[0]
        bring(empty_book_url, 1, A, model("b", 5), *many)
        assert [kind for kind, _ in told(app, "acme/b")] == ["withdrawn"]
