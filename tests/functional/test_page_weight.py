"""The list weighs little on a slow line: the page over all bundled prices, with every file that it asks for."""

from __future__ import annotations

import gzip

from llmpricing.web.delivery import LEVEL
from tests.conftest import running_app

MOST_BYTES = 60_000


def test_the_list_with_all_its_files_is_less_than_60_kilobytes_compressed(full_book_url: str, redis_url: str) -> None:
    with running_app(full_book_url, redis_url) as app:
        page = app.get("/")
        html = page.html
        asked = {one.get("href") or one.get("src") for one in html.select("link[rel], script[src], img[src]")}
        assert len(asked) == 4  # two sheets, the script and the icon
        sizes = {path: len(app.get(path).body) for path in asked}  # which travel as they are
    assert len(html.select("table.offerings tbody tr")) == 40
    assert len(gzip.compress(page.body, LEVEL)) + sum(sizes.values()) < MOST_BYTES, sizes
