"""The shapes of answers that several addresses share, and how a dataclass becomes one: decimals are text."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, get_type_hints

import msgspec
from pyramid.request import Request

from llmpricing.web.conditional import stale_since

DecimalText = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["2.5"])]


class StaleMeta(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """``stale`` where the database is away: there may be newer prices since ``checked_at``. Else both are left out."""

    stale: bool = False
    checked_at: datetime | None = None


class CountMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True):
    """How many there are, and where the next page begins."""

    count: int
    next: str | None


class BookMeta(StaleMeta, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """By which version of the price book."""

    catalogue_version: int


class ClocksMeta(BookMeta, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The two times that give the same answer again, and the version of the price book."""

    as_of: datetime
    known_at: datetime


def book_meta(request: Request) -> dict[str, Any]:
    """The fields of BookMeta."""
    return {"catalogue_version": request.book.version, **stale_meta(request)}


def stale_meta(request: Request) -> dict[str, Any]:
    """The fields of StaleMeta, as far as they are told."""
    since = stale_since(request)
    return {"stale": True, "checked_at": since} if since else {}


def as_json(name: str, shape: type, **more: Any) -> Any:
    """A type like this dataclass as JSON shows it, with ``more`` fields of these types."""
    hints = {**get_type_hints(shape), **more}
    fields = [(field, _in_json(kind)) for field, kind in hints.items()]
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True)


def _in_json(kind: Any) -> Any:
    return {Decimal: DecimalText, Decimal | None: DecimalText | None}.get(kind, kind)
