"""A real headless Chromium, the system's own, driven by Playwright (https://playwright.dev/python/)."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, sync_playwright

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_PATIENCE_MS = 30_000  # of a busy machine; a test that passes does not wait so long
_COMPLAINTS = ("error", "warning")


class Browser:
    """One page of a browser."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._devtools = page.context.new_cdp_session(page)
        self._said: list[str] = []
        page.set_default_timeout(_PATIENCE_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._said.append(str(error)))

    def open(self, url: str) -> None:
        """Go there and wait until the page is loaded."""
        self._page.goto(url)

    def open_styled(self, url: str) -> None:
        """Go there and wait until the page has its style, which on a busy machine may come after it is loaded."""
        self.open(url)
        self.wait_for("getComputedStyle(document.body).margin === '0px'")

    def run(self, script: str) -> Any:
        """What the script returns in the page."""
        return self._page.evaluate(f"() => {{ {script}\n }}")

    def write(self, selector: str, text: str) -> None:
        """Type into the element of this selector, behind what stands there."""
        element = self._page.locator(selector).first
        element.focus()
        self.press("End")
        self._page.keyboard.type(text)

    def choose_file(self, selector: str, file: str) -> None:
        """Put a file into the field of this selector."""
        self._page.locator(selector).first.set_input_files(file)

    def click(self, selector: str) -> None:
        """Click the first element of this selector, as with a mouse: it must be seen and not be covered."""
        self._page.locator(selector).first.click()

    def press(self, key: str) -> None:
        """Press and let go of a key, wherever the focus is."""
        self._page.keyboard.press(key)

    def back(self) -> None:
        self._page.go_back()

    def wait_for(self, condition: str) -> Any:
        """The value of the expression in the page, once it is true."""
        return self._page.wait_for_function(f"() => ({condition})", polling=20).json_value()

    def picture(self) -> bytes:
        """What the screen shows, as WebP."""
        wanted = {"format": "webp", "quality": 70}
        return base64.b64decode(self._devtools.send("Page.captureScreenshot", wanted)["data"])

    def resize(self, width: int, height: int = 800) -> None:
        """Lay out pages for a screen of this many pixels, as a phone does it."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._devtools.send("Emulation.setDeviceMetricsOverride", screen)

    def prefer(self, scheme: str) -> None:
        """Ask pages for their light or dark colours."""
        self._page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    def run_scripts(self, allowed: bool) -> None:
        """Whether pages that are opened from now on may run scripts of their own."""
        self._devtools.send("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def complaints(self) -> list[str]:
        """What the browser wrote to its console since the last time, such as breaches of the content policy."""
        said, self._said = self._said, []
        return said

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in _COMPLAINTS:
            self._said.append(message.text)


def missing() -> str | None:
    """What has to be installed before a browser can be driven."""
    return None if _program() else "no Chromium is installed: apt-get install chromium, or your system's package of it"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A fresh browser without a profile, ended at the end of the block."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=_program(),
            args=_ARGUMENTS,
            chromium_sandbox=os.geteuid() != 0,  # Chromium refuses its sandbox to root
        )
        try:
            yield Browser(found.new_page(no_viewport=True))
        finally:
            found.close()


def _program() -> str | None:
    return next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
