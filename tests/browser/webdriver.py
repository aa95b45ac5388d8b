"""A real headless Chromium, spoken to in WebDriver's own protocol (https://www.w3.org/TR/webdriver2/)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_ARGUMENTS = ["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

_PATIENCE_S = 30  # of a busy machine; a test that passes does not wait so long


class Browser:
    """One session of a browser."""

    def __init__(self, address: str, session: str) -> None:
        self._session = f"{address}/session/{session}"

    def open(self, url: str) -> None:
        """Go there and wait until the page is loaded."""
        _send("POST", f"{self._session}/url", {"url": url})

    def open_styled(self, url: str) -> None:
        """Go there and wait until the page has its style, which on a busy machine may come after it is loaded."""
        self.open(url)
        self.wait_for("getComputedStyle(document.body).margin === '0px'")

    def run(self, script: str) -> Any:
        """What the script returns in the page."""
        return _send("POST", f"{self._session}/execute/sync", {"script": script, "args": []})

    def write(self, selector: str, text: str) -> None:
        """Type into the element of this selector."""
        _send("POST", f"{self._element(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        """Click the first element of this selector, as with a mouse: it must be seen and not be covered."""
        _send("POST", f"{self._element(selector)}/click", {})

    def press(self, key: str) -> None:
        """Press and let go of a key, wherever the focus is."""
        keys = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        _send("POST", f"{self._session}/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys}]})

    def back(self) -> None:
        _send("POST", f"{self._session}/back", {})

    def wait_for(self, condition: str) -> Any:
        """The value of the expression in the page, once it is true."""
        until = monotonic() + _PATIENCE_S
        while not (found := self.run(f"return {condition}")):
            if monotonic() > until:
                raise AssertionError(f"{condition} stayed {found!r} on {self.run('return location.href')}")
            sleep(0.02)
        return found

    def _element(self, selector: str) -> str:
        found = _send("POST", f"{self._session}/element", {"using": "css selector", "value": selector})
        return f"{self._session}/element/{found['element-6066-11e4-a52e-4f735466cecf']}"

    def picture(self) -> bytes:
        """What the screen shows, as WebP."""
        wanted = {"format": "webp", "quality": 70}
        return base64.b64decode(self._command("Page.captureScreenshot", wanted)["data"])

    def resize(self, width: int, height: int = 800) -> None:
        """Lay out pages for a screen of this many pixels, as a phone does it."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._command("Emulation.setDeviceMetricsOverride", screen)

    def prefer(self, scheme: str) -> None:
        """Ask pages for their light or dark colours."""
        self._command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def run_scripts(self, allowed: bool) -> None:
        """Whether pages that are opened from now on may run scripts of their own."""
        self._command("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def complaints(self) -> list[str]:
        """What the browser wrote to its console since the last time, such as breaches of the content policy."""
        return [entry["message"] for entry in _send("POST", f"{self._session}/se/log", {"type": "browser"})]

    def close(self) -> None:
        _send("DELETE", self._session)

    def _command(self, name: str, values: dict[str, Any]) -> Any:
        return _send("POST", f"{self._session}/goog/cdp/execute", {"cmd": name, "params": values})


def missing() -> str | None:
    """What has to be installed before a browser can be driven."""
    if shutil.which("chromedriver"):
        return None
    return "no chromedriver is installed: apt-get install chromium chromium-driver, or your system's packages of them"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A fresh browser without a profile, ended at the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
        wanted = {"goog:chromeOptions": {"args": _ARGUMENTS + sandbox}, "goog:loggingPrefs": {"browser": "ALL"}}
        session = _send("POST", f"{address}/session", {"capabilities": {"alwaysMatch": wanted}})
        browser = Browser(address, session["sessionId"])
        try:
            yield browser
        finally:
            browser.close()
    finally:
        driver.terminate()
        driver.wait(10)


def _wait_for(address: str) -> None:
    until = monotonic() + 20
    while True:
        try:
            _send("GET", f"{address}/status")
            return
        except OSError:
            if monotonic() > until:
                raise
            sleep(0.1)


def _send(method: str, url: str, values: Any = None) -> Any:
    body = None if values is None else json.dumps(values).encode()
    request = Request(url, body, {"Content-Type": "application/json"}, method=method)  # noqa: S310 - our own driver
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)["value"]
    except HTTPError as refused:
        told = json.load(refused)["value"]
        raise AssertionError(f"{told['error']}: {told['message']}") from None
