"""The pages in a real browser: what only a layout engine can tell."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import pytest

from tests.browser import webdriver
from tests.browser.webdriver import Browser

pytestmark = pytest.mark.skipif(webdriver.missing() is not None, reason=str(webdriver.missing()))

PATHS = ["/", "/?max_input_price=abc", "/models/acme/acme-long", "/models/acme/acme-large", "/nowhere"]
PATHS += ["/compare?models=acme/acme-large,acme/acme-long,bazaar/acme/acme-large"]
PATHS += ["/best-value", "/bill", "/changes", "/sources", "/providers/acme"]
PATHS += ["/docs", "/docs/how-prices", "/docs/notices", "/docs/operations"]
PATHS += ["/calculator?model=acme/acme-large&input_tokens=1000&output_tokens=10&service_tier=flex"]
# Each breach of WCAG 2.1 at the levels A and AA that axe-core finds, with the first element at fault.
# What is folded away is unfolded first, to be looked at too.
BREACHES = """
for (const folded of document.querySelectorAll('details')) folded.open = true;
return axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations']})
  .then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`))
"""
BEYOND_THE_SCREEN = "return document.documentElement.scrollWidth - window.innerWidth"
FOREIGN = """return performance.getEntriesByType('resource').map(entry => entry.name)
    .filter(name => new URL(name).origin !== location.origin)"""
# Contrast by WCAG 2.1 (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio): every text against the ground it stands on.
TOO_FAINT = """
const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const numbers = color => color.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = element => {
  for (; element; element = element.parentElement) {
    const color = numbers(getComputedStyle(element).backgroundColor);
    if (color.length === 3 || color[3] === 1) return color;
  }
  return [255, 255, 255];
};
const faint = [];
for (const element of document.body.querySelectorAll('*')) {
  const written = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  if (!written || !element.checkVisibility()) continue;
  const pair = [light(numbers(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
  const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
  if (ratio < 4.5) faint.push(`${element.className || element.tagName}: ${ratio.toFixed(2)}`);
}
return [...new Set(faint)];
"""


@pytest.mark.parametrize("width", [320, 360, 735, 800, 1380, 1440])
@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_wider_than_the_screen(browser: Browser, site: str, path: str, width: int) -> None:
    browser.resize(width)
    browser.open(site + path)
    assert browser.run("return window.innerWidth") == width
    assert browser.run(BEYOND_THE_SCREEN) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PATHS, "/?q=acme&capability=vision", "/?q=zzz"])
def test_every_text_stands_out_from_its_ground(browser: Browser, site: str, path: str, scheme: str) -> None:
    browser.prefer(scheme)
    browser.resize(1440)
    browser.open_styled(site + path)
    dark = browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(16, 19, 18)"
    assert dark is (scheme == "dark")
    assert browser.run(TOO_FAINT) == []


@pytest.fixture(scope="module")
def axe() -> str:
    """The program of axe-core, to be run in a page."""
    found = find_spec("axe_core_python")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_name("axe.min.js").read_text()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("light", 390), ("dark", 1400), ("dark", 390)])
def test_axe_finds_no_breach_of_wcag_on_any_page(
    browser: Browser, site: str, axe: str, scheme: str, width: int
) -> None:
    browser.prefer(scheme)
    browser.resize(width)
    found = {}
    for path in PATHS:
        browser.open_styled(site + path)
        browser.run(axe)
        found[path] = browser.run(BREACHES)
    assert {path: breaches for path, breaches in found.items() if breaches} == {}


@pytest.mark.parametrize("path", ["/", "/models/acme/acme-large"])
def test_browser_asks_nobody_else_and_has_nothing_to_complain_of(browser: Browser, site: str, path: str) -> None:
    browser.complaints()
    browser.open(site + path)
    assert browser.run(FOREIGN) == []
    assert browser.run("return document.styleSheets.length") == 2
    assert browser.complaints() == []


def test_filters_stand_open_where_there_is_room_and_fold_away_on_a_phone(browser: Browser, site: str) -> None:
    shown = "return document.getElementById('provider').checkVisibility({contentVisibilityAuto: true})"
    for width, visible in ((1440, True), (390, False)):
        browser.resize(width)
        browser.open(f"{site}/")
        assert browser.run(shown) is visible
    browser.run("document.querySelector('summary').click()")
    until = monotonic() + 5
    while not browser.run(shown):  # the browser unfolds at its next frame
        assert monotonic() < until


def test_capabilities_fold_away_on_a_phone_also_where_one_is_chosen(browser: Browser, site: str) -> None:
    shown = "return document.querySelector('.checks').checkVisibility({contentVisibilityAuto: true})"
    for width, visible in ((1400, True), (390, False)):
        browser.resize(width)
        browser.open(f"{site}/?capability=vision")
        assert browser.run(shown) is visible
    assert "(1 chosen)" in browser.run("return document.querySelector('.panel .panel summary').textContent")


@pytest.mark.parametrize(("path", "width"), [("/", 1400), ("/", 390), ("/?capability=vision", 390)])
def test_the_first_row_is_seen_without_scrolling(browser: Browser, site: str, path: str, width: int) -> None:
    browser.resize(width)
    browser.open(site + path)
    top = "return document.querySelector('table.offerings tbody tr').getBoundingClientRect().top"
    assert browser.run(top) < 600


def test_points_of_prices_stand_below_each_other(browser: Browser, site: str) -> None:
    browser.resize(1440)
    browser.open(f"{site}/")
    places = browser.run("""return [...document.querySelectorAll('td[data-label=Input] .money')].map(money => {
        const digits = money.lastChild, range = document.createRange();
        const point = digits.data.indexOf('.');
        range.setStart(digits, point); range.setEnd(digits, point + 1);
        return Math.round(range.getBoundingClientRect().left);
    })""")
    assert len(places) > 3
    assert max(places) - min(places) <= 1
