"""How a page is built for who hears it or goes through it by keys: headings, tables, names of fields, anchors."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from webtest import TestApp

from tests.functional import addresses

PAGES = sorted({
    "/", "/?q=zzz", "/?max_input_price=abc", "/calculator", "/calculator?model=acme/acme-large&preset=large",
    "/docs/notices", "/docs/operations", "/nowhere", "/models/acme/acme-lrge",
    "/models/acme/acme-long?as_of=2026-01-31", "/compare", "/best-value",
    *(path for name, path in addresses.EXAMPLES.items() if name.startswith("page_") and ".csv" not in path),
})  # fmt: skip
REFERRING = ("for", "aria-labelledby", "aria-describedby", "form", "aria-controls")
LAID_OUT_ANEW = ("prices", "offerings", "sides")  # on a phone: some browsers take it for no table any more then
ROLES = {"thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}


def problems(page: Any) -> list[str]:
    """What is amiss, in words."""
    html, found = page.html, []
    ids = [one["id"] for one in html.select("[id]")]
    found += [f"id {one} stands twice" for one in {one for one in ids if ids.count(one) > 1}]
    headings = [int(one.name[1]) for one in html.select("h1, h2, h3, h4, h5")]
    if headings.count(1) != 1 or headings[0] != 1:
        found.append(f"not one h1 before all others: {headings}")
    found += ["a heading leaves out a level" for a, b in pairwise(headings) if b > a + 1]
    for name in REFERRING:
        told = {one for element in html.select(f"[{name}]") for one in element[name].split()}
        found += [f"{name} names {one}, which there is not" for one in told - set(ids)]
    anchors = {one["href"][1:] for one in html.select("a[href^='#']")} - {""}
    found += [f"no anchor {one}" for one in anchors - set(ids)]
    found += [
        f"a field without a name: {one}" for one in html.select("input, select, textarea") if not _named(html, one)
    ]
    for table in html.select("table"):
        region = table.find_parent(attrs={"role": "region"})
        if not (table.caption and table.caption.get_text(strip=True)) and not (region and region.get("aria-label")):
            found.append(f"a table without a caption: {table.get('class')}")
        if set(table.get("class", ())) & set(LAID_OUT_ANEW):
            found += [
                f"a {one.name} without its role"
                for one in [table, *table.select("thead, tbody, tr, th, td")]
                if not _has_role(one)
            ]
    return found


def _named(html: Any, field: Any) -> bool:
    if field.get("type") == "hidden" or field.get("aria-label") or field.find_parent("label"):
        return True
    return bool(field.get("id") and html.find("label", attrs={"for": field["id"]}))


def _has_role(one: Any) -> bool:
    wanted = {"table": ("table",), "th": ("columnheader", "rowheader")}.get(one.name) or (ROLES[one.name],)
    return one.get("role") in wanted


@pytest.mark.parametrize("path", PAGES)
def test_headings_tables_fields_and_anchors_of_a_page_are_whole(testapp: TestApp, path: str) -> None:
    page = testapp.get(path, status="*", headers={"Accept": "text/html"})
    assert problems(page) == []
