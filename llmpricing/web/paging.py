"""Cursors: where a page ended, bound to the filters and the clocks of the first page."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from pyramid.request import Request

from llmpricing.services.catalogue.listing import OfferingFilter
from llmpricing.services.catalogue.positions import Position, parse_position, position_text
from llmpricing.services.clocks import Clocks
from llmpricing.web import parameters as p
from llmpricing.web.errors import invalid
from llmpricing.web.selecting import is_csv

Row = TypeVar("Row")

MAX_CURSOR, MAX_LIMIT = 2000, 1000
_FILTERS = tuple(field.name for field in fields(OfferingFilter))
_PARTS = ("cursor", "limit", "fields", "format")  # of a question: which part of its answer is asked for
_BROKEN = "This cursor is broken: take it from meta.next as it is."
_OTHERS = "This cursor belongs to other filters or another order: start again without it."


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    fingerprint: str
    value: str | None
    id: str
    as_of: datetime
    known_at: datetime
    stated: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class PageTurn:
    """Where the next page begins, the clocks of the first page, and which clocks were asked for there."""

    after: Position
    clocks: Clocks
    stated: Mapping[str, datetime]


def fingerprint(wanted: OfferingFilter, order: str) -> str:
    """A digest of what is asked: a cursor of another question is refused."""
    text = msgspec.json.encode([{name: str(getattr(wanted, name)) for name in _FILTERS}, order])
    return hashlib.sha256(text).hexdigest()[:16]


def write_cursor(
    last: Any, sort: str, wanted: OfferingFilter, order: str, clocks: Clocks, stated: Mapping[str, datetime]
) -> str:
    """The cursor of the page after ``last``; it keeps the clocks, so that all pages show one state whatever is
    imported between them.
    """
    value = position_text(last, sort)
    cursor = _Cursor(fingerprint(wanted, order), value, last.id, clocks.as_of, clocks.known_at, dict(stated))
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def read_cursor(raw: str, sort: str, wanted: OfferingFilter, order: str) -> PageTurn:
    """What a cursor says; 400 for a broken one or one of another question."""
    try:
        if len(raw) > MAX_CURSOR:
            raise ValueError("too long")
        data = base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(data, type=_Cursor)
        position = parse_position(sort, cursor.value, cursor.id)
        clocks = Clocks(cursor.as_of.astimezone(UTC), cursor.known_at.astimezone(UTC))
        stated = {name: at.astimezone(UTC) for name, at in cursor.stated.items()}
    except (ValueError, ArithmeticError, binascii.Error, msgspec.MsgspecError):
        raise invalid("cursor", _BROKEN) from None
    if cursor.fingerprint != fingerprint(wanted, order):
        raise invalid("cursor", _OTHERS)
    return PageTurn(position, clocks, stated)


def write_place(place: Any, question: Mapping[str, str]) -> str:
    """The cursor of what comes after a place in a list that is ordered by it."""
    return base64.urlsafe_b64encode(msgspec.json.encode([digest_of_question(question), place])).rstrip(b"=").decode()


def read_place(raw: str, question: Mapping[str, str], shape: Any) -> Any:
    """The place that a cursor names, of a type; 400 for a broken one or one of another question."""
    try:
        data = base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        asked, place = msgspec.json.decode(data, type=tuple[str, shape])
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise invalid("cursor", _BROKEN) from None
    if asked != digest_of_question(question):
        raise invalid("cursor", _OTHERS)
    return place


def digest_of_question(question: Mapping[str, str]) -> str:
    """A digest of what is asked, whatever order it is asked in."""
    return hashlib.sha256(msgspec.json.encode(sorted(question.items()))).hexdigest()[:16]


def page_readers(default: int | None = None) -> dict[str, p.Reader]:
    """The readers of a list's pages; ``default`` is how many items come where no limit is given (None: all)."""
    left_out = f"{default or 'all'} where it is left out"
    return {"limit": p.whole(1, MAX_LIMIT).of(f"how many at the most; {left_out}"), "cursor": p.cursor}


def asked_of(values: Mapping[str, Any]) -> dict[str, str]:
    """What is asked, whichever part of the answer is wanted: what a cursor belongs to."""
    return {name: str(one) for name, one in values.items() if name not in _PARTS}


def page_of(
    request: Request, values: Mapping[str, Any], rows: Sequence[Row], places: Sequence[Any], default: int | None = None
) -> tuple[list[Row], str | None]:
    """The rows of a page, and the cursor of what comes after them, which names the last row's place; 400 for a cursor
    of another question, or of a place that is there no more. All rows where no limit is given and ``default`` is None.
    """
    question, begin = asked_of(values) | {"path": request.path_info}, 0
    if "cursor" in values:
        place = read_place(values["cursor"], question, Any)
        if place not in places:
            raise invalid("cursor", "What this cursor names is there no more: start again without it.")
        begin = places.index(place) + 1
    end = begin + values.get("limit", len(rows) if is_csv(request) or default is None else default)
    following = write_place(places[end - 1], question) if end < len(rows) else None
    return list(rows[begin:end]), following
