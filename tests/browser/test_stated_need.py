"""Reasoning, tools, a context of 200K, up to 5 USD, 20M tokens a month with 70 % of the input cached: chosen on the
bundled lists in nine acts, two models marked or the first three, on a wide screen and on a phone, with clicks that meet
what is seen.
"""

from __future__ import annotations

import pytest

from tests.browser import chromium
from tests.browser.chromium import Browser
from tests.browser.visitor import NAMES, Visitor

pytestmark = pytest.mark.skipif(chromium.missing() is not None, reason=str(chromium.missing()))

NINE = 9
# Rows are laid out when they come near: what is clicked stands still after that.
LAID_OUT = "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
CELLS = "[...document.querySelectorAll('table.offerings td[data-label=\"%s\"]')].map(one => one.textContent.trim())"


@pytest.mark.parametrize(("count", "by_marks"), [(2, True), (3, False)])
@pytest.mark.parametrize(("width", "height"), [(1400, 900), (390, 844)])
def test_the_stated_need_leads_to_a_comparison_that_justifies(
    browser: Browser, bundled: str, width: int, height: int, count: int, by_marks: bool
) -> None:
    browser.resize(width, height)
    browser.open(f"{bundled}/")
    visitor = Visitor(browser, bundled)
    chips = {"capability": ("reasoning", "tools"), "min_context": ("200000",), "preset": ("large",)}
    for name, values in chips.items():
        for value in values:
            visitor.meet(f"label:has([name={name}][value='{value}'])")
            browser.wait_for(f"new URLSearchParams(location.search).getAll('{name}').includes('{value}')")
    for name, text in {"max_output_price": "5", "cached_share": "70%"}.items():
        visitor.fill(name, text)
    outputs = browser.wait_for(f"(found => found.length >= 20 && found)({CELLS % 'Output'})")
    assert all(0 < float(text.replace("$", "")) <= 5 for text in outputs)
    contexts = visitor.shown(CELLS % "Context")
    assert all(text.endswith("M") or float(text.removesuffix("K")) >= 200 for text in contexts)
    abilities = visitor.shown(CELLS % "Can")
    assert all("reasoning" in text and "tools" in text for text in abilities)
    months = [float(text.split()[0].replace("$", "")) for text in visitor.shown(CELLS % "My month")]
    assert months == sorted(months)
    names = visitor.shown(NAMES)[:count]

    for place in range(1, count + 1) if by_marks else ():
        browser.run(f"document.querySelector('tbody tr:nth-child({place}) .mark').scrollIntoView({{block: 'center'}})")
        browser.run(LAID_OUT)
        visitor.meet(f"tbody tr:nth-child({place}) .mark")
        browser.wait_for(f"document.querySelector('.comparing strong')?.textContent === '{place} marked'")
    if by_marks:
        assert visitor.shown("[...document.querySelectorAll('.comparing a')].map(one => one.firstChild.data)") == names
        browser.run("scrollTo(0, 0)")
    visitor.meet(".comparing button" if by_marks else ".comparing a")  # which stay in sight
    browser.wait_for("location.pathname === '/compare' && document.querySelector('#markdown')")
    assert visitor.clicks <= NINE
    assert visitor.shown("[...document.querySelectorAll('thead a:not(.drop)')].map(one => one.textContent)") == names
    text = str(visitor.shown("document.querySelector('#markdown').value"))
    assert "20M tokens a month: 14M in (70% of it cached: 9.8M), 6M out" in text
    assert f"| My month | **${months[0]:.2f}** |" in text
    assert browser.complaints() == []
