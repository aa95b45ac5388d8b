"""Reasoning, tools, a context of 200K, up to 5 USD, 20M tokens a month with 70 % of the input cached: chosen on the
bundled lists in less than ten clicks.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import webdriver
from tests.browser.visitor import FEW, NAMES, Visitor
from tests.browser.webdriver import Browser
from tests.servers import StoreUrls, new_database
from tests.unplugged.serving import serving

pytestmark = pytest.mark.skipif(webdriver.missing() is not None, reason=str(webdriver.missing()))

CELLS = "[...document.querySelectorAll('table.offerings td[data-label=\"%s\"]')].map(one => one.innerText)"


@pytest.fixture(scope="module")
def bundled(
    store_urls: StoreUrls, full_book: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the application over the lists that come with it."""
    with new_database(store_urls, full_book) as url:
        settings = {"sqlalchemy.url": url, "redis.url": redis_url, "llmpricing.environment": "development"}
        with serving(tmp_path_factory.mktemp("bundled"), settings) as running:
            yield f"http://127.0.0.1:{running.port}"


def test_the_stated_need_leads_to_a_comparison_that_justifies(browser: Browser, bundled: str) -> None:
    browser.resize(1400, 900)
    browser.open(f"{bundled}/")
    visitor = Visitor(browser, bundled)
    for need in ("reasoning", "tools"):
        visitor.click(f"[name=capability][value={need}]")
        browser.wait_for(f"location.search.includes('{need}')")
    asked = {"min_context": "200000", "max_output_price": "5", "tokens": "20M", "cached_share": "70%", "sort": "month"}
    for name, text in asked.items():
        visitor.fill(name, text)
    outputs = browser.wait_for(f"(found => found.length >= 20 && found)({CELLS % 'Output'})")
    assert all(0 < float(text.replace("$", "")) <= 5 for text in outputs)
    contexts = visitor.shown(CELLS % "Context")
    assert all(text.endswith("M") or float(text.removesuffix("K")) >= 200 for text in contexts)
    abilities = visitor.shown(CELLS % "Can")
    assert all("reasoning" in text and "tools" in text for text in abilities)
    months = [float(text.split()[0].replace("$", "")) for text in visitor.shown(CELLS % "My month")]
    assert months == sorted(months)
    names = visitor.shown(NAMES)[:5]

    visitor.click(".comparing p > a")
    browser.wait_for("location.pathname === '/compare' && document.querySelector('#markdown')")
    assert visitor.clicks < FEW
    assert visitor.shown("[...document.querySelectorAll('thead a')].map(one => one.textContent)") == names
    text = str(visitor.shown("document.querySelector('#markdown').value"))
    assert "20M tokens a month: 12M in (70% cached), 8M out" in text
    assert f"| My month | **${months[0]:.2f}** |" in text
    assert browser.complaints() == []
