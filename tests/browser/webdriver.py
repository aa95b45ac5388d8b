"""A real headless Chromium, spoken to in WebDriver's own protocol (https://www.w3.org/TR/webdriver2/)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any
from urllib.request import Request, urlopen

_ARGUMENTS = ["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class Browser:
    """One session of a browser."""

    def __init__(self, address: str, session: str) -> None:
        self._session = f"{address}/session/{session}"

    def open(self, url: str) -> None:
        """Go there and wait until the page is loaded."""
        _send("POST", f"{self._session}/url", {"url": url})

    def run(self, script: str) -> Any:
        """What the script returns in the page."""
        return _send("POST", f"{self._session}/execute/sync", {"script": script, "args": []})

    def resize(self, width: int) -> None:
        """Lay out pages for a screen of this many pixels, as a phone does it."""
        screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self._command("Emulation.setDeviceMetricsOverride", screen)

    def prefer(self, scheme: str) -> None:
        """Ask pages for their light or dark colours."""
        self._command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def complaints(self) -> list[str]:
        """What the browser wrote to its console since the last time, such as breaches of the content policy."""
        return [entry["message"] for entry in _send("POST", f"{self._session}/se/log", {"type": "browser"})]

    def close(self) -> None:
        _send("DELETE", self._session)

    def _command(self, name: str, values: dict[str, Any]) -> None:
        _send("POST", f"{self._session}/goog/cdp/execute", {"cmd": name, "params": values})


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
    with urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)["value"]
