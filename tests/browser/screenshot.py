"""README's picture, as ``make screenshot`` takes it: ``python -m tests.browser.screenshot ADDRESS FILE.webp``."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.browser import chromium

WIDTH, HEIGHT = 1400, 900


def main(address: str, file: str) -> None:
    """Write what a screen of 1400 x 900 shows of the page."""
    if missing := chromium.missing():
        raise SystemExit(missing)
    with chromium.chromium() as browser:
        browser.prefer("light")
        browser.resize(WIDTH, HEIGHT)
        browser.open(address)
        Path(file).write_bytes(browser.picture())


if __name__ == "__main__":
    main(*sys.argv[1:])
