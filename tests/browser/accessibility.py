"""What axe-core finds on a page that is open, light and dark, on a wide screen and on a phone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tests.browser.chromium import Browser

SCREENS = [("light", 390), ("dark", 390), ("dark", 1400), ("light", 1400)]
BEYOND_THE_SCREEN = "return document.documentElement.scrollWidth - window.innerWidth"
# Each breach of WCAG 2.1 at the levels A and AA that axe-core finds, with the first element at fault.
# What is folded away is unfolded first, to be looked at too.
_BREACHES = """
for (const folded of document.querySelectorAll('details')) folded.open = true;
return axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations']})
  .then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`))
"""


def breaches(browser: Browser, screens: list[tuple[str, int]] = SCREENS) -> list[str]:
    """What is wrong with the page on these screens, the page being loaded once; it is left as on the last of them."""
    browser.run(_axe())
    found = []
    for scheme, width in screens:
        browser.prefer(scheme)
        browser.resize(width)
        # A phone shows what is too wide by zooming out.
        if browser.run("return window.innerWidth") != width or browser.run(BEYOND_THE_SCREEN) > 0:
            found.append(f"{scheme} {width}: wider than the screen")
        found += [f"{scheme} {width}: {one}" for one in browser.run(_BREACHES)]
    return found


def _axe() -> str:
    """The program of axe-core, to be run in a page."""
    found = find_spec("axe_core_python")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_name("axe.min.js").read_text()
