"""/docs: how prices are decided, what words and notices mean, and how to use and run it all."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from pyramid.request import Request

from llmpricing.web.conditional import kept_page
from llmpricing.web.errors import Refused
from llmpricing.web.list_query import moved_to, own_case
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site.doc_pages import DocPage, doc_page, page_names

SHELVES = {
    "Prices": ("how-prices", "notices", "glossary", "two-clocks", "names", "best-value"),
    "My bill": ("audit", "usage-files", "outlook", "elsewhere"),
    "For programs": ("api", "feeds", "commands"),
    "Run it": ("operations", "settings", "access", "admin", "metrics", "proof"),
    "Change it": ("decisions", "add-a-source", "add-a-meter"),
}


class Shelf(NamedTuple):
    """Pages that belong together, under what they have in common."""

    title: str
    pages: tuple[DocPage, ...]


def show_all(request: Request) -> Any:
    """What there is to read."""
    return _answer(request, None)


def show_one(request: Request) -> Any:
    """One page, with a table of what it holds."""
    asked = request.matchdict["name"]
    (name,) = own_case([asked.rstrip("/")], page_names())
    if name not in page_names():
        raise Refused(404, "NOT_FOUND", "The documentation has no such page. Next: choose one at /docs.")
    if name != asked:
        raise moved_to(request, asked, name)
    return _answer(request, doc_page(name))


def _answer(request: Request, page: DocPage | None) -> Any:
    """The values of the template; a 304 where the reader holds the page already."""
    read_parameters(request, {})
    return kept_page(request, _edition()) or {"page": page, "shelves": shelves()}


@cache
def shelves() -> tuple[Shelf, ...]:
    """All pages but single decisions, in the order in which they are read."""
    return tuple(Shelf(title, tuple(doc_page(name) for name in names)) for title, names in SHELVES.items())


@cache
def _edition() -> str:
    """A digest of all pages: the release counts the program's files alone."""
    texts = "".join(doc_page(name).html for name in page_names())
    return sha256(texts.encode()).hexdigest()[:24]
