"""The pages in a real browser: what only a layout engine can tell."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from tests.browser import chromium
from tests.browser.accessibility import BEYOND_THE_SCREEN, breaches
from tests.browser.chromium import Browser
from tests.unplugged.faults import closed_port
from tests.unplugged.serving import serving

pytestmark = pytest.mark.skipif(chromium.missing() is not None, reason=str(chromium.missing()))

PATHS = ["/", "/?max_input_price=abc", "/models/acme/acme-long", "/models/acme/acme-large", "/nowhere"]
PATHS += ["/compare?models=acme/acme-large,acme/acme-long,bazaar/acme/acme-large"]
PATHS += ["/best-value", "/bill", "/changes", "/sources", "/providers/acme"]
PATHS += ["/docs", "/docs/how-prices", "/docs/notices", "/docs/operations"]
PATHS += ["/calculator?model=acme/acme-large&input_tokens=1000&output_tokens=10&service_tier=flex"]
PATHS += ["/?q=zzz", "/models/acme/acme-lrge", "/calculator?input_tokens=abc"]  # nothing, the nearest, and a refusal
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


@pytest.mark.parametrize("widths", [(320, 360, 735), (800, 1380, 1440)])
@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_wider_than_the_screen(browser: Browser, site: str, path: str, widths: tuple[int, ...]) -> None:
    browser.resize(widths[0])
    browser.open(site + path)
    for width in widths:
        browser.resize(width)
        assert browser.run("return window.innerWidth") == width
        assert browser.run(BEYOND_THE_SCREEN) <= 0, width


@pytest.mark.parametrize("path", [*PATHS, "/?q=acme&capability=vision"])
def test_every_text_stands_out_from_its_ground(browser: Browser, site: str, path: str) -> None:
    browser.resize(1440)
    browser.open_styled(site + path)
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        dark = browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(16, 19, 18)"
        assert dark is (scheme == "dark")
        assert browser.run(TOO_FAINT) == [], scheme


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_breach_of_wcag_on_any_page(browser: Browser, site: str, path: str) -> None:
    browser.open_styled(site + path)
    assert breaches(browser) == []


@pytest.mark.parametrize("path", ["/", "/models/acme/acme-large"])
def test_browser_asks_nobody_else_and_has_nothing_to_complain_of(browser: Browser, site: str, path: str) -> None:
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
    browser.run("document.querySelector('.who > summary').click()")
    until = monotonic() + 5
    while not browser.run(shown):  # the browser unfolds at its next frame
        assert monotonic() < until


def test_common_needs_stand_open_and_rare_ones_fold_away_on_a_phone(browser: Browser, site: str) -> None:
    shown = "return document.querySelector('[value=%s] + span').checkVisibility({contentVisibilityAuto: true})"
    for width, visible in ((1400, True), (390, False)):
        browser.resize(width)
        browser.open(f"{site}/?capability=pdf")
        assert browser.run(shown % "pdf") is visible
        assert browser.run(shown % "reasoning") is True
    assert "(1 chosen)" in browser.run("return document.querySelector('.asked .panel summary').textContent")


@pytest.mark.parametrize(("path", "width"), [("/", 1400), ("/", 390), ("/?capability=vision", 390)])
def test_the_first_row_is_seen_without_scrolling(browser: Browser, site: str, path: str, width: int) -> None:
    browser.resize(width)
    browser.open(site + path)
    top = "return document.querySelector('table.offerings tbody tr').getBoundingClientRect().top"
    assert browser.run(top) < (560 if width == 1400 else 720)


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


def test_axe_finds_nothing_where_a_usage_file_cannot_be_read(browser: Browser, site: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("to do\nbuy milk\n")
    browser.open_styled(f"{site}/bill")
    browser.choose_file("input[type=file]", str(file))
    browser.click("main form button")
    browser.wait_for("location.pathname === '/bill/audit' && document.querySelector('main h1')")
    assert breaches(browser) == []


def test_axe_finds_nothing_on_the_page_of_a_service_whose_database_is_away(browser: Browser, tmp_path: Path) -> None:
    away = {
        "sqlalchemy.url": f"postgresql+psycopg2://nobody:none@127.0.0.1:{closed_port()}/none",
        "redis.url": f"redis://127.0.0.1:{closed_port()}/0",
        "llmpricing.environment": "development",
    }
    with serving(tmp_path, away) as running:
        browser.open_styled(f"http://127.0.0.1:{running.port}/")
        assert "503" in browser.run("return document.querySelector('.status').textContent")
        assert breaches(browser) == []


COMPARED = ("acme/acme-large", "acme/acme-long", "bazaar/acme/acme-large", "acme/acme-small", "acme/acme-dated")
SEEN = """const edge = document.documentElement.clientWidth;
return [...document.querySelectorAll('.sides td, .sides .id, .sides .best')]
    .filter(one => one.getBoundingClientRect().right > edge || one.scrollWidth > one.clientWidth + 1).length"""


@pytest.mark.parametrize("number", [2, 3, 4])
def test_what_is_compared_is_seen_on_a_phone_without_scrolling_sideways(
    browser: Browser, site: str, number: int
) -> None:
    browser.resize(390)
    browser.open_styled(f"{site}/compare?models={','.join(COMPARED[:number])}")
    assert browser.run("return document.querySelectorAll('.sides .best').length") > 0
    assert browser.run(SEEN) == 0
    browser.run("scrollTo(0, document.querySelector('.sides').getBoundingClientRect().top + 300)")
    assert browser.run("return document.querySelector('.sides thead').getBoundingClientRect().top") == 0  # names stay


def test_five_are_scrolled_sideways_on_a_phone_and_the_names_of_lines_stay(browser: Browser, site: str) -> None:
    browser.resize(390)
    browser.open_styled(f"{site}/compare?models={','.join(COMPARED)}")
    assert "sideways" in browser.run("return document.querySelector('.sideways').innerText")
    left = "document.querySelector('.sides tbody tr:nth-child(2) th').getBoundingClientRect().left"
    before = browser.run(f"return {left}")
    moved = browser.run(
        "const table = document.querySelector('.scroll'); table.scrollLeft = 60; return table.scrollLeft"
    )
    assert moved > 0
    assert browser.run(f"return {left}") == before
