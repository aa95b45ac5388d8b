"""/changes, /sources and /providers/{id}: what moved by week, how far lists agree, what a seller sells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.services.catalogue.agreement import ListAgreement, agreement_of, agreements
from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from llmpricing.web.site import changes
from llmpricing.web.site.changes import FOLDED, OF_EACH, OF_OFFERING, WEEKS
from llmpricing.web.site.charts.agreement import agreement_chart
from tests.commands import commands_on
from tests.conftest import running_app
from tests.lists import cost_map, listed
from tests.servers import new_database

FIRST = datetime.now(UTC) - timedelta(days=20)
LATER = datetime.now(UTC) - timedelta(days=3)
API = f"/api/v1/changes?since={(datetime.now(UTC) - timedelta(days=14)):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def app(store_urls: Any, empty_book: str, redis_url: str) -> Iterator[TestApp]:
    """A price book in which three weeks ago two offerings had prices, and lately one moved and one came."""
    lists = [
        (FIRST, listed("acme", {"acme-large": (2, 8), "acme-small": (1, 2)})),
        (LATER, listed("acme", {"acme-large": (1, 8), "acme-small": (1, 2), "acme-new": (3, 4)})),
    ]
    with new_database(store_urls, empty_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session:
            for at, content in lists:
                with session.begin():
                    import_lists(session, [(SOURCES["genai-prices"], ReadList(content, at, at, "file"))])
        with running_app(url, redis_url) as app:
            yield app


def test_changes_stand_by_week_with_old_and_new_price(app: TestApp) -> None:
    page = app.get("/changes?days=14").html
    monday = LATER.date() - timedelta(days=LATER.weekday())
    assert page.find("h2", id=f"week-{monday}") is not None
    (moved,) = page.select("section ul.moves li ul li")
    assert " ".join(moved.get_text().split()).startswith(
        "input tokens: $2.00 per million tokens → $1.00 per million tokens −50 %"
    )
    arrived = page.find("section", {"aria-labelledby": "arrived"})
    assert [link.get_text() for link in arrived.select("a")] == ["acme/acme-new"]
    assert "$3.00 in, $4.00 out per million tokens says genai-prices" in " ".join(arrived.li.get_text().split())


def test_what_a_list_told_of_for_the_first_time_stands_apart(store_urls: Any, empty_book: str, redis_url: str) -> None:
    entries = json.loads(cost_map(**{"acme-large": 2, "acme-small": 1}))
    caching = json.dumps({key: entry | {"cache_read_input_token_cost": 5e-7} for key, entry in entries.items()})
    lists = [
        ("genai-prices", FIRST, listed("acme", {"acme-large": (2, 8), "acme-small": (1, 4)})),
        ("litellm", LATER, caching.encode()),
        ("genai-prices", LATER, listed("acme", {"acme-large": (1, 8), "acme-small": (1, 4)})),
    ]
    with new_database(store_urls, empty_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session:
            for source, at, content in lists:
                with session.begin():
                    import_lists(session, [(SOURCES[source], ReadList(content, at, at, "file"))])
        with running_app(url, redis_url) as app:
            page = app.get("/changes?days=14&tokens=20M")
            (moved,) = page.html.select("section ul.moves li ul li")
            assert "−50 %" in moved.get_text()
            (turned,) = [link for link in page.html.select(".intro a") if "arrived in our lists" in link.get_text()]
            assert turned.get_text() == "+ 1 price that arrived in our lists"
            learnt = app.get(turned["href"])
            assert "tokens=20M" in turned["href"]
            said = [one.get_text() for one in learnt.html.select("section ul.moves li ul li")]
            (only,) = (
                said  # of acme-large it asks for another input now, so that its cache price is none of this tariff
            )
            assert "cache read" in only
            assert "new price" in only
            told = {(one["offering"], one["meter"]): one["is_sellers"] for one in app.get(API).json["data"]}
            assert told == {
                ("acme/acme-large", "input_tokens"): True,
                ("acme/acme-small", "cache_read_tokens"): False,
            }
            feed = app.get("/changes.json").json["items"]
            by = {(one["_llmpricing"]["offering"], one["_llmpricing"]["meter"], one["tags"][1]) for one in feed}
            assert ("acme/acme-large", "input_tokens", "by_seller") in by
            assert {(slug, who) for slug, meter, who in by if meter != "input_tokens"} >= {
                ("acme/acme-small", "by_list")
            }
            titles = [one["title"] for one in feed if one["tags"] == ["new", "by_list"]]
            assert all(one.endswith("told by litellm for the first time: no move of the seller") for one in titles)
            assert titles
            assert 'term="by_list"' in app.get("/changes.atom").text


def _dated(*prices: tuple[datetime | None, float]) -> bytes:
    """A list of acme/acme-large whose input price begins on these days."""
    segments = [
        {"prices": {"input_mtok": amount}} | ({"constraint": {"start_date": f"{day:%Y-%m-%d}"}} if day else {})
        for day, amount in prices
    ]
    models = [{"id": "acme-large", "match": {"equals": "acme-large"}, "prices": segments}]
    return json.dumps([{"id": "acme", "name": "Acme", "api_pattern": "acme", "models": models}]).encode()


def test_a_book_of_today_tells_the_moves_that_its_list_dates_and_what_it_announces(
    store_urls: Any, empty_book: str, redis_url: str
) -> None:
    """One list, read just now: 5 before, 4 since ten days ago, 3 in twenty days; nothing of it was seen to move."""
    now = datetime.now(UTC)
    content = _dated((None, 5), (now - timedelta(days=10), 4), (now + timedelta(days=20), 3))
    with new_database(store_urls, empty_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            import_lists(session, [(SOURCES["genai-prices"], ReadList(content, now, now, "file"))])
        with running_app(url, redis_url) as app:
            page = app.get("/changes?days=28").html
            (ahead, moved) = [" ".join(one.get_text().split()) for one in page.select("section ul.moves li ul li")]
            assert "$5.00 per million tokens → $4.00 per million tokens −20 %" in moved
            assert "$4.00 per million tokens → $3.00 per million tokens −25 %" in ahead
            assert "This price book began on" in page.select_one(".intro").get_text()
            assert not app.get("/changes?days=7").html.select("[id^=week]")
            since = f"{now - timedelta(days=28):%Y-%m-%dT%H:%M:%SZ}"
            told = app.get(f"/api/v1/changes?since={since}").json
            assert [(one["old"]["amount"], one["new"]["amount"]) for one in told["data"]] == [("5", "4")]
            assert told["meta"]["since"] < told["meta"]["known_since"]


def test_long_weeks_and_long_lists_of_newcomers_are_folded_by_seller(
    store_urls: Any, empty_book: str, redis_url: str
) -> None:
    names = [f"acme-{number}" for number in range(FOLDED + 1)]
    lists = [
        (FIRST, listed("acme", dict.fromkeys(names, (2, 8)))),
        (LATER, listed("acme", dict.fromkeys([*names, *(f"new-{name}" for name in names)], (1, 8)))),
    ]
    with new_database(store_urls, empty_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session:
            for at, content in lists:
                with session.begin():
                    asked = [(SOURCES["genai-prices"], ReadList(content, at, at, "file", allow_changes=True))]
                    import_lists(session, asked)
        with running_app(url, redis_url) as app:
            page = app.get("/changes?days=14").html
            folded = [" ".join(one.summary.get_text().split()) for one in page.select("section details")]
            assert folded == [f"acme {len(names)} offerings"] * 2
            assert len(page.select("section details ul.moves > li")) == 2 * OF_EACH
            link = page.select_one("section details > p a")
            assert link.get_text() == f"All {len(names)} at acme"
            at_acme = app.get(link["href"]).html
            assert len(at_acme.select("section details ul.moves > li")) == 2 * len(names)
            assert f"{len(names)} offerings new in our lists" in page.select_one(".lead").get_text()


def test_many_weeks_stand_on_pages_and_an_offering_with_many_prices_folds_the_rest(
    store_urls: Any, empty_book: str, redis_url: str
) -> None:
    """Each model moved in a week of its own, by a date that the list states."""
    now = datetime.now(UTC)
    before = {"input_mtok": 5, "output_mtok": 9, "cache_read_mtok": 1, "cache_write_mtok": 6, "input_audio_mtok": 7}
    models = []
    for number in range(WEEKS + 2):
        day = f"{now - timedelta(days=7 * number + 1):%Y-%m-%d}"
        after = {"prices": {meter: 2 * price for meter, price in before.items()}, "constraint": {"start_date": day}}
        models.append({"id": f"m{number}", "match": {"equals": f"m{number}"}, "prices": [{"prices": before}, after]})
    content = json.dumps([{"id": "acme", "name": "Acme", "models": models}]).encode()
    with new_database(store_urls, empty_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            import_lists(session, [(SOURCES["genai-prices"], ReadList(content, now, now, "file"))])
        with running_app(url, redis_url) as app:
            page = app.get("/changes?days=365&tokens=20M").html
            offered = page.select("[aria-labelledby^=week] > ul.moves > li")
            assert [one.a.get_text() for one in offered] == [f"acme/m{number}" for number in range(WEEKS)]
            assert [len(one.select(":scope > ul > li")) for one in offered] == [OF_OFFERING] * WEEKS
            assert offered[0].summary.get_text() == f"{len(before) - OF_OFFERING} more prices of acme/m0"
            older = page.select_one("a[rel=next]")
            assert older.get_text() == "2 older weeks"
            assert "tokens=20M" in older["href"]
            rest = app.get(older["href"]).html
            assert [one.a.get_text() for one in rest.select("[aria-labelledby^=week] > ul.moves > li")] == [
                f"acme/m{WEEKS}", f"acme/m{WEEKS + 1}"
            ]  # fmt: skip
            assert rest.select_one("a[rel=next]") is None
            assert not rest.select("#arrived, #coming")


def test_one_model_or_another_seller_is_asked_for_by_address(app: TestApp) -> None:
    assert "$1.00" in app.get("/changes?days=14&model=acme/acme-large").html.main.get_text()
    assert "$1.00" in app.get("/changes?days=14&model=ACME/acme-large&provider=Acme").html.main.get_text()
    assert "No list dates a move" in app.get("/changes?days=14&model=acme/acme-small").html.main.get_text()


@pytest.mark.parametrize(
    "path",
    ["/changes?days=0", "/changes?days=x", "/changes?provider=nobody", "/sources?page=0", "/providers/acme?x=1"],
)
def test_what_cannot_be_read_is_a_400(app: TestApp, path: str) -> None:
    app.get(path, status=400)


def test_the_month_travels_through_pages_that_have_none_of_their_own(app: TestApp) -> None:
    kept = "tokens=20M&cached_share=70"
    for path in ("/changes?days=14&", "/sources?", "/providers/acme?"):
        page = app.get(path + kept).html
        pages = [link["href"] for link in page.select("header nav a") if link["href"] not in ("/bill", "/docs")]
        assert len(pages) == 6
        assert all(kept in link for link in pages)
        within = [link["href"] for link in page.select("main a") if link["href"].startswith(("/models/", "/changes?"))]
        assert all(kept in link for link in within)
        assert within or path == "/sources?"  # where one list alone says something nothing differs
    compared = app.get(f"/compare?models=acme/acme-large,acme/acme-small&{kept}").html
    assert {link["href"] for link in compared.select("thead a:not(.drop)")} == {
        f"/models/acme/acme-large?{kept}",
        f"/models/acme/acme-small?{kept}",
    }


def test_a_seller_is_shown_with_what_it_sells_and_what_moved(app: TestApp) -> None:
    page = app.get("/providers/acme").html
    assert (
        page.select_one("details.ages summary").get_text() == app.get("/").html.select_one(".ages summary").get_text()
    )
    assert [row.th.a.get_text() for row in page.select("table.value tbody tr")] == [
        "Acme Large",
        "Acme New",
        "Acme Small",
    ]
    nothing = app.get("/providers/acme?page=9").html.find("section", {"aria-labelledby": "sells"})
    assert nothing.find("table") is None
    assert "There are none here: start again" in nothing.get_text()
    assert "−50 %" in page.find("section", {"aria-labelledby": "moved"}).get_text()
    assert app.get("/providers/ACME", status=301).location.endswith("/providers/acme")
    assert not app.get("/providers/nobody", status=404).html.select(".like a")
    assert [link["href"] for link in app.get("/providers/acm", status=404).html.select(".like a")] == [
        "/providers/acme"
    ]
    assert app.get("/changes?provider=acme").html.h1.get_text() == f"What changed at {page.h1.get_text()}"


def test_what_a_seller_sells_stands_on_pages(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmpricing.web.site.sources.PAGE", 2)
    first = app.get("/providers/acme?tokens=21M").html
    assert "3 offerings, 3 with a price" in first.select_one(".lead").get_text()
    assert [row.th.a.get_text() for row in first.select("table.value tbody tr")] == ["Acme Large", "Acme New"]
    second = app.get(first.select_one("a[rel=next]")["href"])
    assert second.request.GET == {"tokens": "21M", "page": "2"}
    assert [row.th.a.get_text() for row in second.html.select("table.value tbody tr")] == ["Acme Small"]
    assert second.html.select_one("a[rel=next]") is None
    assert second.html.select_one(".pager a")["href"] == "/providers/acme?tokens=21M"
    assert "start again" in app.get("/providers/acme?page=9").html.main.get_text()


@pytest.mark.parametrize("path", ["/changes?days=x", "/sources?page=0"])
def test_what_was_refused_leads_back_to_the_page_without_it(app: TestApp, path: str) -> None:
    links = [link["href"] for link in app.get(path, status=400).html.select(".error a")]
    assert path.partition("?")[0] in links


def test_sources_tell_their_lists_and_where_to_begin(testapp: TestApp) -> None:
    text = testapp.get("/sources").html.main.get_text()
    assert "10 Nov 2026" in text
    assert "No price stands in two lists yet" in testapp.get("/charts/agreement.vl.json").text


def test_steps_of_a_price_stand_by_how_many_tokens() -> None:
    def moved(key: str, meter: str = "input_tokens") -> Any:
        return SimpleNamespace(offering="acme/large", meter=meter, condition_key=key)

    every = [moved("", "output_tokens"), moved("above=128000"), moved("above=32000"), moved("")]
    ((_, told),) = changes._by_offering(every)
    assert [(one.meter, one.condition_key) for one in told] == [
        ("input_tokens", ""),
        ("input_tokens", "above=32000"),
        ("input_tokens", "above=128000"),
        ("output_tokens", ""),
    ]


AGREED = [ListAgreement("a", "b", 10, 2, 1, 4), ListAgreement("a", "c", 30, 3, 0, 0)]


def test_the_agreement_of_lists_is_told_for_each_two_and_each_one() -> None:
    assert agreement_of(AGREED, "a") == ListAgreement("a", "", 40, 5, 1, 4)
    assert agreement_of(AGREED, "b") == ListAgreement("b", "", 10, 2, 1, 4)
    chart = agreement_chart(AGREED)
    assert chart.finding == "88 % of 40 figures that a list states beside the price that counts agree with it"
    assert chart.rows[0] == ["a", "b", 10, 8, 2, 1, 4]


def test_two_lists_are_compared_price_by_price(empty_session: Session) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    content = listed("acme", {"large": (2, 9), "small": (1, 4)})
    for source, text in (("genai-prices", content), ("litellm", cost_map(large=2, small=1))):
        import_lists(empty_session, [(SOURCES[source], ReadList(text, at, at, "file"))])
    assert agreements(empty_session, datetime.now(UTC)) == [ListAgreement("genai-prices", "litellm", 4, 1, 0, 0)]


def test_page_api_command_and_feed_tell_the_same_moves(
    store_urls: Any, empty_book: str, redis_url: str, tmp_path: Path
) -> None:
    """A price that came and went back, one that another list tells too, and one that moved for good."""
    now = datetime.now(UTC)
    lists = [
        ("genai-prices", 25, listed("acme", {"acme-large": (2, 8)})),
        ("genai-prices", 18, listed("acme", {"acme-large": (4, 8)})),
        ("genai-prices", 11, listed("acme", {"acme-large": (2, 8)})),
        ("litellm", 9, cost_map(**{"acme-large": 2})),
        ("genai-prices", 3, listed("acme", {"acme-large": (2, 6)})),
    ]
    with new_database(store_urls, empty_book) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session:
            for source, days, content in lists:
                at = now - timedelta(days=days)
                with session.begin():
                    import_lists(session, [(SOURCES[source], ReadList(content, at, at, "file"))])
        with running_app(url, redis_url) as app:
            api = app.get(f"/api/v1/changes?since={now - timedelta(days=21):%Y-%m-%dT%H:%M:%SZ}").json["data"]
            page = [one.get_text() for one in app.get("/changes?days=21").html.select("section ul.moves li ul li")]
            feed = [one["_llmpricing"] for one in app.get("/changes.json").json["items"] if one["tags"][0] == "changed"]
        command = commands_on(tmp_path, url, redis_url).json("changes --since 21d")["changes"]
    moves = [(one["meter"], one["old"]["amount"], one["new"]["amount"], one["is_sellers"]) for one in api]
    assert moves == [
        ("input_tokens", "2", "4", True),
        ("input_tokens", "4", "2", True),
        ("output_tokens", "8", "6", True),
    ]
    assert [{name: one[name] for name in api[0]} for one in command] == api
    told = [(one["meter"], one["old"]["amount"], one["new"]["amount"], one["is_sellers"]) for one in feed]
    assert sorted(told) == moves
    lines = [f"{meter.replace('_', ' ')}: ${old}.00 per million tokens → ${new}.00" for meter, old, new, _ in moves]
    assert sorted(line for line in lines if any(line in " ".join(one.split()) for one in page)) == sorted(lines)
    assert len(page) == len(lines)
