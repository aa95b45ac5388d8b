"""Cursors: where a page ended, bound to the filters and the clocks of the first page."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from llmpricing.services.catalogue.listing import (
    OfferingFilter,
    OfferingItem,
    Position,
    parse_position,
    position_text,
)
from llmpricing.services.clocks import Clocks
from llmpricing.web.errors import invalid

MAX_CURSOR = 2000
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
    text = msgspec.json.encode([{k: str(v) for k, v in asdict(wanted).items()}, order])
    return hashlib.sha256(text).hexdigest()[:16]


def write_cursor(
    last: OfferingItem, sort: str, wanted: OfferingFilter, order: str, clocks: Clocks, stated: Mapping[str, datetime]
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
