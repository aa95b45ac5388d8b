"""Somebody who comes with a need and clicks."""

from __future__ import annotations

import json

from tests.browser.chromium import Browser

FEW = 10
NAMES = "[...document.querySelectorAll('table.offerings a.name')].map(one => one.textContent)"


class Visitor:
    """Somebody at a browser; counts the clicks, a choice in a list and a field that is filled in being one each."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.browser, self.site, self.clicks = browser, site, 0

    def click(self, selector: str) -> None:
        self.clicks += 1
        self.browser.wait_for(f"document.querySelector({json.dumps(selector)})")
        self.browser.run(f"document.querySelector({json.dumps(selector)}).click()")

    def meet(self, selector: str) -> None:
        """Click as with a mouse or a finger: what is clicked must be seen and not be covered."""
        self.clicks += 1
        self.browser.wait_for(f"document.querySelector({json.dumps(selector)})")
        self.browser.click(selector)

    def fill(self, name: str, text: str) -> None:
        """Fill in a field or choose from a list, and wait until the address says so."""
        self.clicks += 1
        self.browser.run(f"""const field = document.querySelector('#{name}');
            field.value = {json.dumps(text)};
            for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {{bubbles: true}}));""")
        self.browser.wait_for(f"new URLSearchParams(location.search).get('{name}') === {json.dumps(text)}")

    def shown(self, expression: str) -> object:
        return self.browser.run(f"return {expression}")
