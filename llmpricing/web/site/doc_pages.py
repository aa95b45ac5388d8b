"""The pages of docs/ as HTML: read from the checkout or the installed package, rendered once a process."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

import llmpricing

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_NAME = re.compile(r"(?:decisions/)?[\w-]+")
_FILE = re.compile(r"(docs/)?[\w/-]+\.md", re.ASCII)
_ANCHOR = re.compile(r"[\w.-]+")
_HTML = ("html_block", "html_inline")


class DocSection(NamedTuple):
    """A section of a page and the anchor that leads there."""

    anchor: str
    title: str


class DocPage(NamedTuple):
    """A page: its title, its body as HTML that is safe to show, and its sections."""

    name: str
    title: str
    html: Markup
    sections: tuple[DocSection, ...]

    @property
    def short(self) -> str:
        """The title as far as a list of pages has room for it."""
        return self.title.partition(":")[0]


def location() -> Path:
    """The folder of the pages: ``docs/`` of a checkout, or inside the installed package."""
    package = Path(llmpricing.__file__).parent
    checkout = package.parent / "docs"
    return checkout if (checkout / "notices.md").is_file() else package / "docs"


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # by who first reads a page: most processes show none

    return MarkdownIt("commonmark").enable("table")


@cache
def page_names() -> tuple[str, ...]:
    """The names of all pages, sorted; that of a folder is the folder's."""
    files = (file.relative_to(location()) for file in location().rglob("*.md"))
    return tuple(sorted(_name_of(PurePosixPath(*file.parts)) for file in files))


@cache
def doc_page(name: str) -> DocPage:
    """The page of this name, one of ``page_names``."""
    assert name in page_names()  # noqa: S101 - nothing else is a path here
    file = location() / name
    file = file / "README.md" if file.is_dir() else file.with_suffix(".md")
    return rendered(name, file.read_text("utf-8"))


def rendered(name: str, text: str) -> DocPage:
    """A page of this name and text in Markdown, whose links to other pages lead to these."""
    tokens = _without_elements(_parser().parse(text))
    headings = _anchored(tokens)
    _name_rows(tokens)
    _fit_tables(tokens)
    _lead_links(name, tokens)
    title = next((one.title for level, one in headings if level == "h1"), name)
    sections = tuple(one for level, one in headings if level == "h2")
    html = _parser().renderer.render(tokens, _parser().options, {})
    return DocPage(name, title, Markup(html), sections)  # noqa: S704 - the text is a file of ours


def _name_of(file: PurePosixPath) -> str:
    return str(file.parent if file.name == "README.md" else file.with_suffix(""))


def _anchored(tokens: list[Token]) -> list[tuple[str, DocSection]]:
    """The headings by their levels; each gets the anchor by which GitHub knows it."""
    found: list[tuple[str, DocSection]] = []
    for start, inline in pairwise(tokens):
        if start.type == "heading_open":
            title = _text(inline)
            anchor = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            start.attrSet("id", anchor)
            found.append((start.tag, DocSection(anchor, title)))
    return found


def _name_rows(tokens: list[Token]) -> None:
    """Let a row be led to by the one word, in bold or code, that its first cell holds."""
    taken = {token.attrGet("id") for token in tokens}
    for row, cell, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (row.type, cell.type) != ("tr_open", "td_open"):
            continue
        kinds = {child.type for child in inline.children or () if child.content or child.nesting}
        word = _text(inline).replace(" ", "-")
        is_word = kinds in ({"code_inline"}, {"strong_open", "text", "strong_close"})
        if is_word and _ANCHOR.fullmatch(word) and word not in taken:
            row.attrSet("id", word)
            taken.add(word)


def _fit_tables(tokens: list[Token]) -> None:
    """Let tables and long lines scroll within themselves, by keyboard too, and cells be aligned without a style."""
    from markdown_it.token import Token

    for token in tokens:
        if "style" in token.attrs:  # which the pages' policy refuses
            token.attrSet("class", str(token.attrs.pop("style")).replace("text-align:", "to-the-"))
        if token.type == "th_open":
            token.attrSet("scope", "col")
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at].type == "table_close":
            tokens.insert(at + 1, Token("scroll_close", "div", -1, block=True))
        elif tokens[at].type == "table_open":
            region = Token("scroll_open", "div", 1, block=True)
            region.attrs.update({"class": "scroll", "role": "region", "tabindex": "0"})
            region.attrs["aria-label"] = _label(tokens, at)
            tokens.insert(at, region)


def _label(tokens: list[Token], at: int) -> str:
    """What a table stands under."""
    titles = [_text(tokens[place + 1]) for place in range(at) if tokens[place].type == "heading_open"]
    return f"Table: {titles[-1]}" if titles else "Table"


def _lead_links(name: str, tokens: list[Token]) -> None:
    """Turn links to files of docs/ into links to pages; what leads to no page stays as text."""
    for token in tokens:
        ends: list[bool] = []
        leads_to: str | None = None
        for child in token.children or ():
            if child.type == "link_open":
                address = address_of(name, str(child.attrGet("href") or ""))
                ends.append(address is not None)
                child.attrSet("href", address or "")
                child.hidden = address is None
                leads_to = address
            elif child.type == "text" and _FILE.fullmatch(child.content) and ends and leads_to:
                child.content = _title_of(leads_to)  # a file's name means nothing to who reads pages
            elif child.type == "link_close":
                child.hidden = not ends.pop()


@cache
def _title_of(address: str) -> str:
    """What the page at this address is called, without what stands behind a colon in its title."""
    name = address.removeprefix("/docs/").partition("#")[0]
    file = location() / name
    file = file / "README.md" if file.is_dir() else file.with_suffix(".md")
    return file.read_text("utf-8").partition("\n")[0].removeprefix("# ").partition(":")[0]


def address_of(name: str, href: str) -> str | None:
    """Where a link on the page of this name leads: a page, a place on one, the web; None for a file that is none."""
    if href.startswith(("https://", "http://", "#")):
        return href
    path, hash_, anchor = href.partition("#")
    if not path.endswith(".md"):
        return None
    folder = PurePosixPath(name) if (location() / name).is_dir() else PurePosixPath(name).parent
    parts: list[str] = []
    for part in (folder / path).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    target = _name_of(PurePosixPath(*parts))
    return f"/docs/{target}{hash_}{anchor}" if target in page_names() else None


def _without_elements(tokens: list[Token]) -> list[Token]:
    """The same without comments; every other piece of HTML becomes text."""
    kept = [token for token in tokens if not (token.type in _HTML and token.content.lstrip().startswith("<!--"))]
    for token in kept:
        token.type = "text" if token.type in _HTML else token.type
        token.children = _without_elements(token.children) if token.children else token.children
    return kept


def _text(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())
