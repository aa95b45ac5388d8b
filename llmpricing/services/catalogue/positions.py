"""Where a page of the list of offerings ended, as a value and as the text of a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from llmpricing.domain.money import parse_decimal
from llmpricing.services.catalogue.row_columns import BASE_METERS


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the sort column's last value (None: among the unknown) and the last id."""

    value: Any
    id: str


def parse_position(sort: str, text: str | None, slug: str) -> Position:
    """A position from a cursor's text; raises ValueError where the text does not fit the column."""
    if not (slug.isprintable() and (text or "").isprintable()):
        raise ValueError("a sign that no id or name has")
    if text is None:
        return Position(None, slug)
    if sort in ("price_since", "verified_at"):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no offset from UTC")
        return Position(moment, slug)
    if sort in ("context_window", "max_output_tokens"):
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise ValueError("no number of tokens")
        return Position(int(text), slug)
    if sort in BASE_METERS:
        return Position(parse_decimal(text), slug)
    return Position(text, slug)


def position_text(row: Any, sort: str) -> str | None:
    """The cursor's text for the last row of a page."""
    value = getattr(row, sort)
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
