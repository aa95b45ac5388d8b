"""A month costs the same whenever one asks, also where prices go by the hour: it is spread over the hours of a week."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from webtest import TestApp

from tests.conftest import running_app
from tests.functional.test_pages import spoken

HOURS = ("2026-11-27T07:00:00Z", "2026-11-27T05:00:00Z", "2026-11-27")  # at peak in China, off-peak, and the day
ONE = "deepseek/deepseek-v4-pro"
MONTH = "tokens=20M&cached_share=70%25"


@pytest.fixture(scope="module")
def app(full_book_of_module: str, redis_url: str) -> Iterator[TestApp]:
    """The application over all bundled lists."""
    with running_app(full_book_of_module, redis_url) as found:
        yield found


def figures(app: TestApp, path: str, chosen: str) -> list[set[str]]:
    """What a page says in the elements of a choice, at each of the hours."""
    pages = [app.get(f"{path}{'&' if '?' in path else '?'}as_of={at}&show=undated") for at in HOURS]
    return [{spoken(one) for one in page.html.select(chosen)} for page in pages]


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        pytest.param(f"/?q=deepseek-v4&sort=name&{MONTH}", "td.month", id="list"),
        pytest.param(f"/models/{ONE}?{MONTH}", ".sellers td[data-label='My month']", id="sellers"),
        pytest.param(f"/compare?models={ONE},openai/gpt-4o&{MONTH}", ".compared tr:nth-of-type(2)", id="compare"),
        pytest.param(f"/calculator?model={ONE}&{MONTH}", ".tiles dd", id="calculator"),
    ],
)
def test_no_page_takes_the_price_of_the_hour_for_that_of_a_month(app: TestApp, path: str, chosen: str) -> None:
    first, *others = figures(app, path, chosen)
    assert all(found == first for found in others)
    assert any("by the hour" in text or "off-peak to" in text for text in first)


def test_the_calculator_s_data_lies_between_the_hours(app: TestApp) -> None:
    answers = [app.get(f"/api/v1/calculator?model={ONE}&batch_share=0&as_of={at}").json["data"] for at in HOURS]
    assert answers[0] == answers[1] == answers[2]
    (found,) = answers[0]
    low, total, high = (Decimal(found[name]) for name in ("low", "total", "high"))
    assert high == 2 * low
    assert total == low + (high - low) * 35 / 168
    valued = [app.get(f"/api/v1/best-value?tokens=1000000&as_of={at}&limit=200").json["data"] for at in HOURS]
    assert valued[0] == valued[1] == valued[2]


def test_a_row_says_of_which_hours_its_prices_are(app: TestApp) -> None:
    page = app.get(f"/?q={ONE}")
    (mark,) = [one for one in page.html.select("th .tag") if "off-peak" in one.get_text()]
    assert "in 133 of the 168 hours of a week" in mark["title"]


def test_a_stated_hour_has_the_lines_of_that_hour_and_the_month_of_all(app: TestApp) -> None:
    at_peak, off_peak = (app.get(f"/calculator?model={ONE}&{MONTH}&as_of={at}") for at in HOURS[:2])
    assert spoken(at_peak.html.select_one(".tiles dd")) == spoken(off_peak.html.select_one(".tiles dd"))
    lines = [spoken(page.html.select_one("table.lines tbody tr td:nth-of-type(3)")) for page in (at_peak, off_peak)]
    assert lines[0] != lines[1]
    assert "The lines are those of the hour that is asked for" in spoken(at_peak.html.main)
