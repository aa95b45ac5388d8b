"""A price that was first listed after the day asked for is not shown as that day's, unless one asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from webtest import TestApp

from llmpricing.book.file import open_book
from llmpricing.domain.components import ComponentKey
from llmpricing.services.catalogue.first_seen import as_known_then, late_meters, late_prices
from llmpricing.services.catalogue.listed_models import listed_models
from llmpricing.services.catalogue.model_list import shelf
from llmpricing.services.clocks import Clocks
from llmpricing.services.decisions.reviews_and_pins import Decider, HeldPrice, hold_price
from llmpricing.services.memory.budget import BUDGET
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import book_state
from llmpricing.services.price_book.folder import keep_book
from tests.conftest import running_app

LARGE = "acme/acme-large"  # first listed on 10 November 2026, without a date of its own
BEFORE, SINCE = "2026-01-31", "2026-11-12"
SHOW = "&show=undated"


def spoken(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


def ids(page: Any) -> list[str]:
    return [box["value"] for box in page.html.select("input.mark")]


@pytest.fixture(scope="module")
def fullapp(full_book_of_module: str, redis_url: str) -> Iterator[TestApp]:
    """The application over all bundled prices."""
    with running_app(full_book_of_module, redis_url) as found:
        yield found


CACHED = {"tokens": "20000000", "input_share": "0.7", "cached_share": "0.7", "requests": "10000"}
O3, DAY = "openai/o3", "2026-11-01"  # its cache price was first listed on 10 November, its other prices before


def dollars(text: str) -> Decimal:
    return Decimal(text.split()[0].lstrip("$").replace(",", ""))


def month_of_quote(app: TestApp, cached: int) -> Decimal:
    """What the API quotes for that month on that day, ``cached`` of its input tokens being read from a cache."""
    usage = {"input_tokens": 14_000_000, "output_tokens": 6_000_000, "cache_read_tokens": cached, "requests": 10_000}
    query = "&".join(f"{name}={count}" for name, count in usage.items())
    return Decimal(app.get(f"/api/v1/quote?model={O3}&at={DAY}&{query}").json["data"]["total"])


@pytest.mark.parametrize("later_too", [False, True])
def test_my_month_counts_a_cache_price_that_was_not_known_then_on_request_alone(
    fullapp: TestApp, later_too: bool
) -> None:
    """What is read from a cache costs what input does where no price of its own is known, as in a quote."""
    shown = {"as_of": DAY, **({"show": "undated"} if later_too else {})}
    expected = month_of_quote(fullapp, 9_800_000 if later_too else 0)
    assert month_of_quote(fullapp, 0) != month_of_quote(fullapp, 9_800_000)
    rows = fullapp.get("/", {"q": "o3", "provider": "openai", "sort": "month", **CACHED, **shown}).html
    (row,) = (one for one in rows.select("table.offerings tbody tr") if one.select_one("input.mark")["value"] == O3)
    assert dollars(spoken(row.select_one(".month"))) == round(expected, 2)
    page = fullapp.get(f"/models/{O3}", {**CACHED, **shown})
    assert f"${expected:.2f} for 20M tokens" in spoken(page.html.main)
    others = {"models": f"{O3},openai/gpt-4o", **CACHED, **shown}
    assert dollars(dict_of(fullapp.get("/compare", others))["My month"]) == round(expected, 2)
    chart = fullapp.get("/charts/costs.csv", others).text
    assert dict(line.split(",")[:2] for line in chart.splitlines()[1:])[O3] == str(expected.normalize())
    one = {"input_tokens": "1400", "cache_read_tokens": "980", "output_tokens": "600", "requests": "10000", **shown}
    ranked = fullapp.get("/calculator.csv", {**one, "model": O3}).text
    assert next(line.split(",")[3] for line in ranked.splitlines() if f",{O3}," in line) == str(expected.normalize())
    assert ("Not known then." in fullapp.get("/calculator", {**one, "model": O3}).text) is not later_too


def dict_of(page: Any) -> dict[str, str]:
    """The lines of a comparison of the first offering."""
    return {
        spoken(row.th): spoken(row.select_one("td")) for row in page.html.select("table.compared tbody tr:not(.group)")
    }


@pytest.mark.parametrize("more", ["", "&sort=input_per_mtok", "&group=none", "&max_input_price=5"])
def test_the_list_leaves_it_out_and_offers_it_at_one_click(testapp: TestApp, more: str) -> None:
    assert LARGE not in ids(testapp.get(f"/?q=large&as_of={BEFORE}{more}"))
    assert LARGE in ids(testapp.get(f"/?q=large&as_of={BEFORE}&show=undated{more}"))
    assert LARGE in ids(testapp.get(f"/?q=large&as_of={SINCE}{more}"))


def test_the_switch_of_the_list_leads_on_to_the_page_of_the_model(testapp: TestApp) -> None:
    page = testapp.get(f"/?q=large&as_of={BEFORE}")
    assert "not known then" in spoken(page.html.select_one(".switches"))
    shown = page.click("not known then")
    assert LARGE in ids(shown)
    model = testapp.get(shown.html.select_one(f'a.name[href*="{LARGE}"]')["href"])
    assert spoken(model.html.select_one(".tiles dd")) == "$ 2.50"


def test_its_page_says_so_in_the_place_of_each_price(testapp: TestApp) -> None:
    page = testapp.get(f"/models/{LARGE}?as_of={BEFORE}")
    tiles = [spoken(one) for one in page.html.select(".tiles dd")]
    assert tiles == ["not known then"] * 3 + ["not stated"]  # nobody states a cache write
    cells = [spoken(cell) for cell in page.html.select("table.matrix td")]
    assert cells == ["not known then"] * 3
    for table in ("charged", "sellers"):
        assert "2.50" not in spoken(page.html.select_one(f"table.{table}"))
    assert "$ 2.50" in [spoken(one) for one in page.click("show it too").html.select(".tiles dd")]


def test_what_is_left_out_bears_no_mark_of_its_price_and_no_list_says_it(testapp: TestApp) -> None:
    page = testapp.get(f"/models/{LARGE}?as_of={BEFORE}")
    assert [spoken(tag) for tag in page.html.select("h1 .tag")] == ["not known then"]
    assert page.html.select_one(".meanings") is None
    assert "No list of that time states a price." in spoken(page.html.select_one("section[aria-labelledby=stated]"))
    sold = testapp.get(f"/providers/acme?as_of={BEFORE}").html
    row = next(row for row in sold.select("table tbody tr") if LARGE in spoken(row.th))
    assert [spoken(tag) for tag in row.select(".tag")] == ["not known then"]


def test_what_was_known_then_stays(testapp: TestApp) -> None:
    page = testapp.get(f"/models/{LARGE}?as_of={SINCE}")
    assert "not known then" not in page.text
    assert spoken(page.html.select_one(".tiles dd")) == "$ 2.50"


def test_what_the_list_itself_tells_of_that_time_stays(testapp: TestApp) -> None:
    """A price until a stated day, before which the list was not read."""
    page = testapp.get(f"/models/acme/acme-dated?as_of={BEFORE}")
    assert spoken(page.html.select_one(".tiles dd")) == "$ 8.00"
    assert "acme/acme-dated" in ids(testapp.get(f"/?q=dated&as_of={BEFORE}"))


def test_what_another_source_ended_is_not_told_by_its_own_list(engine: Engine, tmp_path: Path) -> None:
    """A person's price since June 2026 ends the one that was first listed in November."""
    june = HeldPrice(
        LARGE, ComponentKey("input_tokens", ""), Decimal(3), 1_000_000, since=datetime(2026, 6, 1, tzinfo=UTC)
    )
    with Session(engine) as session, session.begin():
        hold_price(session, june, Decider("Ada", datetime.now(UTC)))
    path = keep_book(engine, tmp_path)
    assert path is not None
    book = open_book(path).price_book
    clocks = Clocks(datetime(2026, 1, 31, tzinfo=UTC), book.last_change)
    with Session(engine) as session:
        for reads in (book, session):
            BUDGET.forget_all()  # what was made of the other
            state = book_state(reads)
            standing = names_of(reads, state).standing(clocks.known_at)
            late = late_meters(reads, state, clocks, standing)
            assert late[book.numbers[LARGE]]["input_tokens"]
            assert not late[book.numbers["acme/acme-dated"]]["input_tokens"]
            assert len(late_prices(reads, state, clocks, {LARGE}, standing)) == 3
            # as batch, of which no day is told
            assert len(late_prices(reads, state, clocks, {"acme/acme-dated"}, standing)) == 2


INPUT = 3  # its place among the lines, behind those of the month
TWO = f"/compare?models={LARGE},acme/acme-dated"


def column(page: Any, name: str) -> list[str]:
    """What the comparison says of an offering, line by line."""
    place = next(i for i, cell in enumerate(page.html.select("table.compared thead th")) if name in cell.get_text())
    return [
        spoken(row.find_all(["th", "td"])[place]) for row in page.html.select("table.compared tbody tr:not(.group)")
    ]


def test_a_comparison_says_so_in_the_place_of_each_price_and_ranks_the_others(testapp: TestApp) -> None:
    page = testapp.get(f"{TWO}&as_of={BEFORE}")
    assert column(page, LARGE).count("not known then") >= 5
    assert column(page, "acme-dated")[INPUT].startswith("$8.00")
    assert "not known then" not in column(page, "acme-dated")
    assert "2.50" not in page.html.find("textarea").get_text()
    shown = page.click("show them too")
    assert column(shown, LARGE)[INPUT].startswith("$2.50")
    assert "show=undated" in shown.html.find("a", string="This comparison for good")["href"]
    assert "not known then" not in testapp.get(f"{TWO}&as_of={SINCE}").text


def test_a_comparison_says_so_of_nothing_else_and_of_the_csv_that_has_it(testapp: TestApp) -> None:
    page, shown = testapp.get(f"{TWO}&as_of={BEFORE}"), testapp.get(f"{TWO}&as_of={BEFORE}{SHOW}")
    titles = [spoken(row.th) for row in page.html.select("table.compared tbody tr:not(.group)")]
    told, later_too = (dict(zip(titles, column(one, LARGE), strict=True)) for one in (page, shown))
    assert told["Cache read"] == "not known then"
    assert told["Cache write"] == later_too["Cache write"] == "– no list says"
    assert told["prompt caching"] == later_too["prompt caching"] == "yes"
    assert ["first listed later" in spoken(one.html.find("a", string="As CSV").parent) for one in (page, shown)] == [
        True,
        False,
    ]


def test_the_chart_of_a_comparison_shows_no_more_than_its_table(testapp: TestApp) -> None:
    path = f"/charts/costs.csv?models={LARGE},acme/acme-dated&preset=small&as_of={BEFORE}"
    totals = [dict(row.split(",")[:2] for row in testapp.get(path + more).text.splitlines()[1:]) for more in ("", SHOW)]
    assert [bool(one[LARGE]) for one in totals] == [False, True]
    assert f"{LARGE},,USD,undated" in testapp.get(path).text
    assert all(one["acme/acme-dated"] for one in totals)


def test_the_calculator_reckons_with_it_on_request_alone(testapp: TestApp) -> None:
    path = f"/calculator?model={LARGE}&input_tokens=1000&output_tokens=10&requests=100&as_of={BEFORE}"
    page = testapp.get(path)
    assert "Not known then." in page.html.select_one("section[aria-labelledby=result]").get_text()
    assert not page.html.select("table.lines")
    assert LARGE not in page.html.select_one("table.ranked tbody").get_text()
    assert "Counted" not in page.html.find("textarea").get_text()
    csv = testapp.get(path.replace("/calculator", "/calculator.csv"))
    assert LARGE not in csv.text
    assert LARGE in testapp.get(path.replace("/calculator", "/calculator.csv") + SHOW).text
    assert "not known then" in spoken(page.html.select_one("section[aria-labelledby=ranked]"))
    shown = page.click("reckon with them all the same")
    assert shown.html.select("table.lines")
    assert LARGE in shown.html.select_one("table.ranked tbody").get_text()
    assert shown.html.find("input", {"name": "show"})["value"] == "undated"
    assert testapp.get(path.replace(BEFORE, SINCE)).html.select("table.lines")


def test_the_page_of_a_seller_says_so_of_each_offering(testapp: TestApp) -> None:
    def row(page: Any) -> Any:
        return page.html.select_one(f'table tbody th a[href*="{LARGE}"]').find_parent("tr")

    page = testapp.get(f"/providers/acme?as_of={BEFORE}")
    assert "not known then" in spoken(row(page))
    assert "2.50" not in spoken(row(page))
    assert "2.50" in spoken(row(page.click("show it too")))
    assert "2.50" in spoken(row(testapp.get(f"/providers/acme?as_of={SINCE}")))


DAYS = [datetime(*day, tzinfo=UTC) for day in ((2024, 6, 1), (2025, 9, 1), (2026, 2, 1), (2026, 5, 1), (2026, 8, 1))]


@pytest.mark.parametrize("at", DAYS, ids=lambda at: f"{at:%Y-%m-%d}")
def test_nothing_is_shown_of_a_day_before_its_model_was_there(full_book_of_module: str, at: datetime) -> None:
    """But of what a list had on that day or says by its own date: an alias such as -latest meant another model then."""
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session:
        state = book_state(session)
        clocks = state.clocks(at, None)
        standing = names_of(session, state).standing(clocks.known_at)
        models = listed_models(session, state, clocks, standing)
        seen = set(session.scalars(SEEN_BY, {"at": at}))
        new = {row.id for model in models for row in model.rows if (_new(model) or at.date()) > at.date()}
        then = as_known_then(session, state, clocks, models, standing)
    assert all((_new(model) or at.date()) <= at.date() for model in then)
    shown = {row.id: row.number for model in then for row in model.rows if shelf(row) == "priced"}
    assert len(shown) > 5
    assert {slug for slug, number in shown.items() if slug in new and number not in seen} == set()


SEEN_BY = text("select offering_id from price where coalesce(fresh_from, lower(valid)) <= :at")


def _new(model: Any) -> Any:
    return model.released_on or model.seen_since


def test_a_chart_begins_where_the_table_knows_the_price(fullapp: TestApp) -> None:
    """Mistral Large 4 was first seen in October 2026, and its list says until when its first price held."""
    slug = "openrouter/mistralai/mistral-large-4-0"
    told = fullapp.get(f"/api/v1/history/{slug}").json["data"]
    (first,) = (
        one for one in told if one["meter"] == "input_tokens" and one["conditions"] == "" and one["valid_until"]
    )
    assert first["valid_from"] is None
    day = first["counts_from"][:10]
    assert f"input_tokens,,{first['counts_from']}," in fullapp.get(f"/charts/history.csv?model={slug}").text
    lines = fullapp.get(f"/charts/history.vl.json?model={slug}").json["layer"]
    points = [row["at"] for one in lines if one["mark"]["type"] == "line" for row in one["data"]["values"]]
    assert min(points) == datetime.fromisoformat(first["counts_from"]).timestamp() * 1000
    before = datetime.fromisoformat(day) - timedelta(1)
    tiles = [
        fullapp.get(f"/models/{slug}?as_of={at}").html.select_one(".tiles dd") for at in (f"{before:%Y-%m-%d}", day)
    ]
    assert [spoken(one) for one in tiles] == ["not known then", "$ 0.68"]
    assert (
        f"input_tokens,,,{first['valid_until']}" in fullapp.get(f"/charts/history.csv?model={slug}&show=undated").text
    )


def test_a_price_of_a_unit_that_was_not_known_then_is_no_price_of_that_day(fullapp: TestApp) -> None:
    asked = "/?kind=audio&as_of=2025-01-01&show=deprecated&columns=unit"
    voice = "x-ai/grok-voice-think-fast-1.0"

    def told(path: str) -> str:
        rows = fullapp.get(path).html.select("table.offerings tbody tr")
        (row,) = [row for row in rows if row.select_one("input.mark")["value"] == voice]
        return spoken(row.select_one("td[data-label='Unit price']"))

    assert told(asked) == "– not known then"
    assert told(f"{asked}{SHOW}&q=grok-voice-think") == "$0.05 per minute"
