"""How pages lie on a wide screen and on a phone: nothing cut, nothing beyond the edge, tables begin in sight."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from llmpricing.charts.embedding import embedded
from llmpricing.charts.renderer import ChartRenderer
from llmpricing.scripts.commands.audit_html import audit_charts, audit_page
from llmpricing.web.site.columns import IDS
from tests.browser import chromium
from tests.browser.accessibility import BEYOND_THE_SCREEN, breaches
from tests.browser.chromium import Browser
from tests.browser.test_pages import PATHS

pytestmark = pytest.mark.skipif(chromium.missing() is not None, reason=str(chromium.missing()))

SCREENS = ((1400, 900), (1280, 800), (390, 850))
ADMIN = ["", "/reviews", "/reviews?state=decided", "/pins", "/prices", "/rates", "/aliases", "/benchmarks", "/sources"]
EVERY = [
    *PATHS,
    "/?group=none&show=free&show=deprecated&show=removed&sort=name",
    "/?sort=month",
    "/?" + "&".join(f"columns={one}" for one in IDS),
    "/?as_of=2026-05-01",
    "/models/acme/acme-large?as_of=2026-05-01",
    "/calculator",
    "/calculator?model=acme-lrge",
    "/compare",
    "/changes?days=x",
    "/docs/settings",
    "/docs/usage-files",
    *(f"/admin{path}" for path in ADMIN),
    "/admin/log",
    "/admin/log?by=nobody",
]
WITH_A_TABLE = [
    "/",
    "/?capability=vision",
    "/models/acme/acme-large",
    "/models/acme/acme-long",
    "/models/acme/acme-small",
]
WITH_A_TABLE += ["/models/acme/acme-large?as_of=2026-05-01", "/calculator", "/providers/acme", "/sources"]
WITH_A_TABLE += [
    "/?capability=tools&capability=reasoning&min_context=100000&max_output_price=50&preset=large&cached_share=70%25",
    "/calculator?model=acme/acme-large",
    "/calculator?model=acme/acme-large&capability=tools&tokens=20M",
    "/calculator?model=acme/acme-large&input_tokens=12000&output_tokens=800",
    "/compare?models=acme/acme-large,acme/acme-small&capability=tools",
]
ON_BUNDLED_LISTS = [
    "/?capability=tools&capability=reasoning&min_context=200000&max_output_price=5&preset=large&cached_share=70%25",
    "/best-value",
    "/best-value?as_of=2026-05-01",
    "/best-value?capability=reasoning&capability=tools&tokens=20M",
    "/models/openai/gpt-5.6-terra",
    "/models/google/gemini-3.1-pro-preview",
]
# What does not fit into its box and is neither scrolled nor told elsewhere, and text beyond the edge of the screen.
AMISS = """
const amiss = [], pen = document.createElement('canvas').getContext('2d'), arrow = 16;
for (const one of document.querySelectorAll('select')) {
  const style = getComputedStyle(one);
  pen.font = style.font;
  const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - arrow;
  const words = one.selectedOptions[0]?.text ?? '';
  if (one.checkVisibility({contentVisibilityAuto: true}) && pen.measureText(words).width > room)
    amiss.push(`cut: SELECT ${one.name} ${words}`);
}
for (const one of document.querySelectorAll('body *')) {
  if (!one.checkVisibility({contentVisibilityAuto: true}) || one.closest('.sr, [title]')) continue;
  const does = getComputedStyle(one).overflowX;
  if (['hidden', 'clip'].includes(does) && one.scrollWidth > one.clientWidth + 1)
    amiss.push(`cut: ${one.tagName} ${one.className} ${(one.value || one.textContent).trim().slice(0, 60)}`);
  if (one.closest('.scroll, pre, .kinds, .switches, .comparing, textarea, select')) continue;
  for (const node of one.childNodes) {
    if (node.nodeType !== 3 || !node.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    if ([...range.getClientRects()].some(box => box.right > innerWidth + 1))
      amiss.push(`beyond: ${one.tagName} ${one.className} ${node.data.trim().slice(0, 60)}`);
  }
}
return [...new Set(amiss)];
"""


def test_nothing_is_cut_and_nothing_lies_beyond_the_screen(browser: Browser, site: str) -> None:
    found = []
    for path in EVERY:
        browser.resize(*SCREENS[0])
        browser.open_styled(site + path)
        for width, height in SCREENS:
            browser.resize(width, height)
            if browser.run("return window.innerWidth") != width or browser.run(BEYOND_THE_SCREEN) > 0:
                found.append(f"{path} {width}: wider than the screen")
            found += [f"{path} {width}: {one}" for one in browser.run(AMISS)]
    assert found == []


FIRST_ROW = "return document.querySelector('main table tbody tr')?.getBoundingClientRect().top ?? 9999"
AWAY = """document.querySelector('main').insertAdjacentHTML('afterbegin', '<p class="warning" role="status">'
  + '<strong>The database is away.</strong> These are the prices of 18:00 UTC, 28 Nov 2026; what changed since is not '
  + 'known here yet.</p>')"""


def test_the_first_row_of_a_table_stands_in_the_upper_two_thirds_of_a_screen(
    browser: Browser, site: str, bundled: str
) -> None:
    browser.resize(1400, 900)
    tops = {}
    for address in [*(site + path for path in WITH_A_TABLE), *(bundled + path for path in ON_BUNDLED_LISTS)]:
        browser.open_styled(address)
        tops[address] = browser.run(FIRST_ROW)
        browser.run(AWAY)  # said above all else
        tops[f"{address} while the database is away"] = browser.run(FIRST_ROW)
    assert {address: top for address, top in tops.items() if top >= 600} == {}


def test_the_last_card_of_a_list_shows_the_same_cells_as_the_others(browser: Browser, bundled: str) -> None:
    """On a phone, where a name tells the seller and a column of its own would push the prices aside."""
    browser.resize(390, 850)
    browser.open_styled(bundled + "/?group=none")
    assert browser.run("""return [...document.querySelectorAll('.offerings .seller')]
        .filter(one => getComputedStyle(one).display !== 'none').length""") == 0  # fmt: skip


def test_a_model_with_many_prices_and_its_seller_fit_a_phone(browser: Browser, bundled: str) -> None:
    """Of which addresses of the seller's own pages are told, and lists agree on tens of prices."""
    browser.resize(390, 850)
    for path in ("/models/openai/gpt-5.6-terra", "/providers/openai"):
        browser.open_styled(bundled + path)
        assert browser.run("return document.querySelectorAll('#own-pages a').length") > 0
        assert (browser.run("return window.innerWidth"), browser.run(BEYOND_THE_SCREEN) <= 0) == (390, True), path


def test_tables_of_the_documentation_fit_a_wide_screen(browser: Browser, site: str) -> None:
    browser.resize(1400, 900)
    wide = []
    for path in ("/docs/settings", "/docs/usage-files", "/docs/operations", "/docs/notices", "/docs/feeds"):
        browser.open_styled(site + path)
        wide += browser.run(f"""return [...document.querySelectorAll('.doc .scroll')]
            .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => '{path} ' + one.scrollWidth)""")
    assert wide == []


def test_a_report_of_the_command_line_breaks_no_word_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    """Of a table that is wider than the screen the table alone is moved sideways."""
    group = {"team": "1edfc6b4d7bc", "model": "anthropic/claude-haiku-4-5", "records": 117}
    sums = {"logged": "5.18453075", "recomputed": "4.4923502", "difference": "0.69218055"}
    cause = {"money": "-4.130486", "records": 6, "title": "the context step ignored", "share": "67.09", "example": None}
    known = "2026-11-28T10:00:00+00:00"
    nothing = dict.fromkeys(("at_prices_of", "difference_percent", "bridge"))
    document = {
        **nothing, "files": [], "rows": 117, "priced": 117, "not_billed": 0, "repeated": 0, "unpriced": 0,
        "price_book": {"book": "b", "last_change": known}, "known_at": known, **sums, "causes": [cause],
        "assumptions": [], "flat": [], "by": [group | sums], "not_billed_reasons": {}, "unpriced_reasons": [],
        "remarks": {}, "columns": {"litellm-spend-logs": {"read": {"metadata.usage_object." + "tokens" * 9: ["tier"]}}},
    }  # fmt: skip
    with closing(ChartRenderer()) as renderer:
        charts = embedded(audit_charts(document), renderer)
    (tmp_path / "report.html").write_text(audit_page(document, charts, is_redacted=False), "utf-8")
    browser.open((tmp_path / "report.html").as_uri())
    browser.resize(390, 850)
    assert browser.run(BEYOND_THE_SCREEN) <= 0
    assert breaches(browser, [("light", 390), ("dark", 390)]) == []
    top = "return document.querySelector('{}').getBoundingClientRect().top"
    assert browser.run(top.format("table")) < browser.run(top.format(".chart"))  # the answer, then its picture
    shown = "return [...document.querySelectorAll('.chart svg')].map(one => one.clientWidth).filter(Boolean)"
    assert [width < 390 for width in browser.run(shown)] == [True]
    assert browser.run("return Math.max(...[...document.querySelectorAll('tr')].map(row => row.offsetHeight))") < 120
