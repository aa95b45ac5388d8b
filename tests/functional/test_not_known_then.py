"""A price that was first listed after the day asked for is not shown as that day's, unless one asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

LARGE = "acme/acme-large"  # first listed on 10 November 2026, without a date of its own
BEFORE, SINCE = "2026-01-31", "2026-11-12"


def spoken(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


def ids(page: Any) -> list[str]:
    return [box["value"] for box in page.html.select("input.mark")]


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
    assert tiles[:3] == ["not known then"] * 3
    cells = [spoken(cell) for cell in page.html.select("table.matrix td")]
    assert cells == ["not known then"] * 3
    for table in ("charged", "sellers"):
        assert "2.50" not in spoken(page.html.select_one(f"table.{table}"))
    assert "$ 2.50" in [spoken(one) for one in page.click("show it too").html.select(".tiles dd")]


def test_what_was_known_then_stays(testapp: TestApp) -> None:
    page = testapp.get(f"/models/{LARGE}?as_of={SINCE}")
    assert "not known then" not in page.text
    assert spoken(page.html.select_one(".tiles dd")) == "$ 2.50"


def test_what_the_list_itself_tells_of_that_time_stays(testapp: TestApp) -> None:
    """A price until a stated day, before which the list was not read."""
    page = testapp.get(f"/models/acme/acme-dated?as_of={BEFORE}")
    assert spoken(page.html.select_one(".tiles dd")) == "$ 8.00"
    assert "acme/acme-dated" in ids(testapp.get(f"/?q=dated&as_of={BEFORE}"))
