"""A row of the list of offerings, as the database and a book in memory both give it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple


class ListedRow(NamedTuple):
    """An offering with the list's columns, and what it is found by: a tuple, for a book has thousands of them."""

    number: int
    id: str
    name: str
    provider: str
    lab: str | None
    mode: str | None
    released_on: date | None
    knowledge_cutoff: str | None
    stated_abilities: str | None
    status: str | None
    price_state: str
    currency: str | None
    input_per_mtok: Decimal | None
    output_per_mtok: Decimal | None
    cache_read_per_mtok: Decimal | None
    cache_write_per_mtok: Decimal | None
    context_window: int | None
    max_output_tokens: int | None
    capabilities: list[str] | None
    inputs: list[str] | None
    outputs: list[str] | None
    price_since: datetime | None
    source: str | None
    verified_at: datetime | None
