"""The pages of docs/ are whole where they are served: links lead to pages, nothing asks for a style or runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from llmpricing.domain.quotes.notices import Code
from llmpricing.web.site.doc_pages import address_of, doc_page, location, page_names, rendered
from llmpricing.web.site.docs import SHELVES

SHELVED = {name for names in SHELVES.values() for name in names}
TAGS = {"a", "p", "h1", "h2", "h3", "ul", "ol", "li", "strong", "em", "code", "pre", "div", "blockquote", "br", "hr"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}


def parsed(name: str) -> BeautifulSoup:
    return BeautifulSoup(doc_page(name).html, "html.parser")


def test_every_page_stands_on_a_shelf_but_single_decisions() -> None:
    assert set(page_names()) == SHELVED | {name for name in page_names() if name.startswith("decisions/")}
    assert len(page_names()) == len(list(location().rglob("*.md")))


@pytest.mark.parametrize("name", page_names())
def test_a_link_to_a_page_is_told_by_the_title_of_that_page(name: str) -> None:
    assert [link.get_text() for link in parsed(name).select("a") if link.get_text().endswith(".md")] == []


def test_a_link_by_a_file_name_leads_with_the_page_s_title() -> None:
    page = BeautifulSoup(
        rendered("audit", "See [usage-files.md](usage-files.md#how) and [this](names.md).").html, "html.parser"
    )
    assert [link.get_text() for link in page.select("a")] == ["Usage files", "this"]


@pytest.mark.parametrize("name", page_names())
def test_a_page_holds_plain_elements_and_its_links_lead_to_places_that_are_there(name: str) -> None:
    page = parsed(name)
    assert {element.name for element in page.find_all()} <= TAGS
    assert not page.select("[style]")
    assert "<!--" not in doc_page(name).html
    anchors = [element["id"] for element in page.select("[id]")]
    assert len(anchors) == len(set(anchors))
    assert [page.find(id=one.anchor).get_text() for one in doc_page(name).sections] == [
        one.title for one in doc_page(name).sections
    ]
    for link in page.select("a"):
        if link["href"].startswith(("https://", "http://")):
            continue
        path, _, anchor = link["href"].partition("#")
        target = path.removeprefix("/docs/") or name
        assert target in page_names(), link
        assert not anchor or parsed(target).find(id=anchor), link


def test_each_code_that_a_quote_bears_has_a_row_to_link_to() -> None:
    page = parsed("notices")
    assert {code for code in Code if page.select_one(f"tr#{code}")} == set(Code)
    assert parsed("glossary").select_one("tr#dated-price td strong").get_text() == "dated price"


@pytest.mark.parametrize(
    ("page", "href", "address"),
    [
        ("notices", "names.md#in-this-order", "/docs/names#in-this-order"),
        ("decisions", "01-two-clocks.md", "/docs/decisions/01-two-clocks"),
        ("decisions/01-two-clocks", "../names.md", "/docs/names"),
        ("names", "decisions/README.md", "/docs/decisions"),
        ("names", "../README.md#quotes", None),
        ("decisions/05-guards-stop-rows", "../../benchmarks/README.md", None),
        ("names", "list.webp", None),
        ("names", "", None),
        ("names", "#in-this-order", "#in-this-order"),
        ("names", "https://example.com/", "https://example.com/"),
    ],
)
def test_a_link_leads_to_a_page_or_nowhere(page: str, href: str, address: str | None) -> None:
    assert address_of(page, href) == address


def test_cells_are_aligned_without_a_style_and_what_has_no_page_stays_as_text() -> None:
    page = rendered("names", "# T\n\n<!-- note -->\n\n| a | b |\n|---|--:|\n| [x](../README.md) | 1 |\n")
    assert page.title == "T"
    assert '<td class="to-the-right">1</td>' in page.html
    assert "<td>x</td>" in page.html
    assert re.search(r'<div class="scroll" role="region" tabindex="0" aria-label="Table: T">\s*<table>', page.html)
    assert "note" not in page.html


def test_html_in_a_page_is_shown_as_text_and_comments_are_left_out() -> None:
    page = rendered("names", "# <i>T</i>\n\na <img src=x onerror=run()> b <!-- note -->\n\n<script>run()</script>\n")
    assert {element.name for element in BeautifulSoup(page.html, "html.parser").find_all()} <= TAGS
    assert "a &lt;img src=x onerror=run()&gt; b" in page.html
    assert "&lt;script&gt;run()&lt;/script&gt;" in page.html
    assert "note" not in page.html


def test_an_installed_package_has_them_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "llmpricing"
    package.mkdir()
    monkeypatch.setattr("llmpricing.__file__", str(package / "__init__.py"))
    assert location() == package / "docs"
