"""What a comparison says of its prices: steps, whose they are, since when, how old, and to when it is pinned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from webtest import TestApp

from llmpricing.services.imports.fetches import ReadList
from llmpricing.services.imports.importing import import_lists
from llmpricing.sources.registry import SOURCES
from llmpricing.web.site.compared_lines import ComparedLine
from llmpricing.web.site.compared_prices import origin_lines, with_steps
from llmpricing.web.site.stated_prices import stated_prices
from tests.functional.test_compare_page import TWO, lines
from tests.functional.test_pages import spoken
from tests.lists import small_list

LONG = "/compare?models=acme/acme-long,acme/acme-large&tokens=1M&input_share=60%25"


def markdown(page: Any) -> str:
    return str(page.html.select_one("#markdown").get_text())


def test_a_price_with_a_step_says_so_on_the_page_and_in_the_copied_table(testapp: TestApp) -> None:
    page = testapp.get(LONG)
    found = lines(page)
    assert found["Input"] == ["$1.00 best above 200K: $2.00", "$2.50"]
    assert found["Output"] == ["$4.00 best above 200K: $6.00", "$10.00"]
    assert "| Input | **$1.00**, above 200K: $2.00 | $2.50 |" in markdown(page)
    assert "stands behind “above”" in markdown(page)
    assert "stands behind “above”" in page.html.select_one(".explained").get_text()
    assert "above" not in testapp.get(f"/compare?{TWO}").html.main.get_text()


@pytest.mark.parametrize(("requests", "month"), [("4", "$2.20 best"), ("2", "$3.60 best requests above 200K")])
def test_a_month_of_long_requests_says_that_they_are_beyond_the_step(
    testapp: TestApp, requests: str, month: str
) -> None:
    page = testapp.get(f"{LONG}&requests={requests}")
    assert lines(page)["My month"] == [month, "$5.50"]
    assert ("requests above 200K" in markdown(page)) is (requests == "2")


def test_each_price_says_whose_it_is_since_when_and_how_old(testapp: TestApp) -> None:
    page = testapp.get("/compare?models=acme/acme-dated,acme/acme-large&as_of=2026-11-25")
    found = lines(page)
    assert found["Price by"] == ["genai-prices"] * 2
    assert found["Other lists"] == ["none states these prices"] * 2
    assert found["Since"][0] == "1 Mar 2026, documented"
    assert found["Since"][1].endswith("no list says from when it is charged")
    days = [cell.partition(", ") for cell in found["Last listed"]]
    assert all(age.endswith("old") for _, _, age in days)
    source = markdown(page).splitlines()[-1]
    assert source.startswith("Source: http")
    assert f"(genai-prices of {days[0][0]}; as of 25 Nov 2026, as known on " in source


def test_a_pinned_comparison_says_so_and_grows_no_younger(testapp: TestApp, engine: Engine) -> None:
    page = testapp.get(f"/compare?{TWO}")
    assert not page.html.select(".warning")
    link = page.html.find("a", string="This comparison for good")["href"]
    before = spoken(page.html.select_one(".ages summary"))
    now = datetime.now(UTC)
    with Session(engine) as session, session.begin():
        import_lists(
            session, [(SOURCES["genai-prices"], ReadList(small_list(), now - timedelta(1), now, "a test's list"))]
        )
    pinned, later = testapp.get(link), testapp.get(f"/compare?{TWO}")
    assert spoken(pinned.html.select_one(".ages summary")) == before
    assert lines(pinned) == lines(page)
    assert markdown(pinned) == markdown(page)
    assert spoken(later.html.select_one(".ages summary")) != before
    told = spoken(pinned.html.select_one(".warning"))
    assert told.startswith("Pinned, whatever is imported later: prices as of ")
    assert "ages are those of then" in told
    today = pinned.click("Show today’s")
    assert lines(today) == lines(later)
    assert not today.html.select(".intro > .warning")


def detail(meter: str, amount: str, source: str = "one", via: str | None = None, **conditions: Any) -> Any:
    evidence = SimpleNamespace(via=via, last_seen=None, agrees=["three", "four"], differs=[])
    told = {"currency": "USD", "per": 1000, "source": source, "valid_from": None, "basis": "undated"}
    return SimpleNamespace(meter=meter, amount=Decimal(amount), conditions=conditions, evidence=evidence, **told)


def test_steps_are_told_in_their_order_and_as_the_list_means_them() -> None:
    prices = [
        detail("input_tokens", "0.003", input_tokens_from=200_001, applies_to="tokens beyond the bound"),
        detail("input_tokens", "0.002", input_tokens_above=100_000, applies_to="the whole request"),
        detail("input_tokens", "0.001"),
        detail("input_tokens", "0.009", input_tokens_above=1, applies_to="the whole request", service_tier="batch"),
    ]
    line = with_steps(ComparedLine("Input", ["$1.00"]), "input_per_mtok", [prices])
    assert line.note(0) == "above 100K: $2.00, from 200K on: $3.00 (of the tokens beyond)"


def test_prices_of_several_lists_are_each_under_their_own() -> None:
    prices = [
        detail("input_tokens", "1"),
        detail("output_tokens", "2"),
        detail("cache_read_tokens", "3", "two", via="a/b"),
    ]
    of_each = [prices, []]
    lists = [stated_prices(one) for one in of_each]
    by, others, since, listed = origin_lines(of_each, lists, datetime(2026, 11, 25, tzinfo=UTC))
    assert by.cells == ["input and output: one; cache read: two, that of a/b", "–"]
    assert others.cells == ["6 of 6 figures the same", "–"]
    assert since.cells == ["no list says from when it is charged", "–"]
    assert listed.cells == ["–", "–"]
