"""The shapes of answers that several addresses share, and how a dataclass becomes one: decimals are text."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, get_type_hints

import msgspec

DecimalText = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["2.5"])]


class CountMeta(msgspec.Struct, forbid_unknown_fields=True):
    """How many there are."""

    count: int


class VersionMeta(msgspec.Struct, forbid_unknown_fields=True):
    """By which version of the price book."""

    catalogue_version: int


class ClocksMeta(msgspec.Struct, forbid_unknown_fields=True):
    """The two times that give the same answer again, and the version of the price book."""

    as_of: datetime
    known_at: datetime
    catalogue_version: int


def as_json(name: str, shape: type, **more: Any) -> Any:
    """A type like this dataclass as JSON shows it, with ``more`` fields of these types."""
    hints = {**get_type_hints(shape), **more}
    fields = [(field, _in_json(kind)) for field, kind in hints.items()]
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True)


def _in_json(kind: Any) -> Any:
    return {Decimal: DecimalText, Decimal | None: DecimalText | None}.get(kind, kind)
