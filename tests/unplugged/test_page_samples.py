"""The calls that a page prints run as they stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from tests.servers import StoreUrls, new_database
from tests.unplugged.serving import serving


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl is installed")
def test_samples_of_a_model_run_as_printed(
    store_urls: StoreUrls, small_book: str, redis_url: str, tmp_path: Path
) -> None:
    with new_database(store_urls, small_book) as url:
        settings = {"sqlalchemy.url": url, "redis.url": redis_url, "llmpricing.environment": "development"}
        with serving(tmp_path, settings) as site:
            page = site.get("/models/bazaar/acme/acme-large").text
            found = [unescape(text) for text in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)]
            by_curl, by_python, litellm = found
            assert '"total":"0.0085"' in _said(["sh", "-c", by_curl])
            assert _said([sys.executable, "-c", by_python]) == "bazaar/acme/acme-large 0.0085 USD\n"
            assert litellm.endswith(f"http://127.0.0.1:{site.port}/api/v1/export/litellm.json")


def _said(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
