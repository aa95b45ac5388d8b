"""A comparison is a basket: each model can be taken away, and another added by what it is called, without script."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.functional.test_compare_page import TWO
from tests.functional.test_pages import spoken

KEPT = "tokens=20M&cached_share=70%25&capability=tools&min_context=200000&as_of=2026-11-20"


def compared(address: str) -> str:
    return address.partition("models=")[2].partition("&")[0].replace("%2F", "/").replace("%2C", ",")


def test_a_model_is_taken_away_and_month_and_needs_stay(testapp: TestApp) -> None:
    page = testapp.get(f"/compare?{TWO},acme/acme-long&{KEPT}")
    links = [one["href"] for one in page.html.select("thead a.drop")]
    assert [compared(one) for one in links] == [
        "bazaar/acme/acme-large,acme/acme-long",
        "acme/acme-large,acme/acme-long",
        "acme/acme-large,bazaar/acme/acme-large",
    ]
    assert all(
        one.endswith("tokens=20M&cached_share=70%25&capability=tools&min_context=200000&as_of=2026-11-20")
        for one in links
    )
    assert len(testapp.get(f"/compare{links[0]}").html.select("thead a.drop")) == 2


@pytest.mark.parametrize("typed", ["acme/acme-long", "ACME/acme-long", "acme-long"])
def test_what_means_one_model_is_added_and_month_and_needs_stay(testapp: TestApp, typed: str) -> None:
    form = testapp.get(f"/compare?{TWO}&{KEPT}").forms[0]
    assert form.action == "/compare"
    form["add"] = typed
    moved = form.submit(status=303)
    assert compared(moved.location).endswith("acme/acme-large,acme/acme-long")
    assert "add=" not in moved.location
    assert KEPT in moved.location
    assert len(moved.follow().html.select("thead a.drop")) == 3


def test_what_may_be_several_is_offered_each_a_click_away(testapp: TestApp) -> None:
    page = testapp.get(f"/compare?models=acme/acme-large&add=acme&{KEPT}")
    offered = [one["href"] for one in page.html.select(".offered a.chip")]
    assert 1 < len(offered) <= 8
    assert all(KEPT in one and compared(one).startswith("acme/acme-large,") for one in offered)
    assert len(testapp.get(f"/compare{offered[0]}").html.select("thead a.drop")) == 2


def test_what_means_nothing_is_said_beside_the_field_that_keeps_it(testapp: TestApp) -> None:
    page = testapp.get(f"/compare?{TWO}&add=%3Cb%3Enobody")
    assert spoken(page.html.select_one("#add-told")).startswith("No model here is called “<b>nobody”.")
    assert page.html.select_one("#add")["value"] == "<b>nobody"
    testapp.get(f"/compare?{TWO}&add={'x' * 201}", status=400)


def test_a_basket_with_one_says_what_is_in_it_and_takes_the_next(testapp: TestApp) -> None:
    page = testapp.get(f"/compare?models=acme/acme-large&{KEPT}")
    assert [spoken(one) for one in page.html.select(".basket a")] == ["Acme Large ×, take it away"]
    assert page.html.select_one("form.adding input[name=models]")["value"] == "acme/acme-large"
    full = testapp.get("/compare?models=a,b,c,d,e,f")
    assert not full.html.select("form.adding")
    assert len(full.html.select(".basket a")) == 6
