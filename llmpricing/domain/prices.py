"""A published price: what the price book holds for one meter of one offering, under conditions, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import Basis, State


@dataclass(frozen=True, slots=True)
class Price:
    """``amount`` in ``currency`` per ``per`` units of ``meter``; valid from (inclusive) until (exclusive).

    ``id`` is the price book's own, stable for ever. ``known_from`` is when its source was first read: an undated price
    says nothing certain about the time before. ``bracket_from`` is the last time another value was seen, for a price
    whose date is a bracket. ``observed_at`` is the published time of the list that said it first, ``first_seen`` since
    when its source is known to have said so, ``superseded_at`` when a later list of that source no longer did.
    """

    id: int
    meter: str
    conditions: Conditions
    state: State
    amount: Decimal | None
    currency: str
    per: int
    valid_from: datetime | None
    valid_until: datetime | None
    basis: Basis
    source: str
    known_from: datetime
    minimum_quantity: Decimal | None = None
    source_url: str | None = None
    bracket_from: datetime | None = None
    observed_at: datetime | None = None
    first_seen: datetime | None = None
    superseded_at: datetime | None = None

    def valid_at(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )
