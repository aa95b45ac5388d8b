"""What a reader takes along from a page: an address that answers the same for good, and a table for a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlencode

from pyramid.request import Request

from llmpricing.services.clocks import Clocks


def permalink(request: Request, clocks: Clocks, pairs: Iterable[tuple[str, str]]) -> str:
    """This page with these parameters for good: by what is charged and known now, whatever is imported later."""
    frozen = [("as_of", _instant(clocks.as_of)), ("known_at", _instant(clocks.known_at))]
    return f"{request.application_url}{request.path}?{urlencode([*pairs, *frozen])}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """The rows as a table in Markdown, the first as its head; their texts must be escaped where others wrote them."""
    head, *others = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *others))


def escaped(text: str) -> str:
    """The text with the signs escaped that would break a table or be run."""
    return "".join(f"\\{sign}" if sign in r"\|`*_<>[]" else sign for sign in text)


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
