"""A published price: what the price book holds for one meter of one offering, under conditions, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from llmpricing.domain.conditions import Conditions
from llmpricing.domain.observations import Basis, State


@dataclass(frozen=True, slots=True)
class Price:
    """``amount`` in ``currency`` per ``per`` units of ``meter``; valid from (inclusive) until (exclusive).

    ``id`` is the price book's own, stable for ever. ``known_from`` is when its source was first read: an undated price
    says nothing certain about the time before. ``bracket_from`` is the last time another value was seen, for a price
    whose date is a bracket. ``observed_at`` is the published time of the list that said it first, ``first_seen`` since
    when its source is known to have said so, ``superseded_at`` when a later list of that source no longer did. It
    is stated or seen from ``fresh_from`` until ``fresh_until`` (None: without end), and carried over at other times.
    ``via`` is the offering whose price it is where another one stands on it.
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
    fresh_from: datetime | None = None
    fresh_until: datetime | None = None
    via: str | None = None

    def valid_at(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )

    def is_fresh(self, at: datetime | None) -> bool:
        """Whether it is stated or seen at a time; None is the beginning of time."""
        if self.fresh_from is not None and (at is None or at < self.fresh_from):
            return False
        return self.fresh_until is None or at is None or at < self.fresh_until


class OtherReason(StrEnum):
    """Why a price is kept beside the published one."""

    AGREEMENT = "agreement"  # another source that speaks for that time asks the same
    DISAGREEMENT = "disagreement"  # another source that speaks for that time asks something else
    BETWEEN_SIGHTINGS = "between_sightings"  # the value on the other side of a change whose time is not known
    UNDER_REVIEW = "under_review"  # a newer value that waits for a person
    BOUND = "bound"  # what a snapshot of the same model asks, which is the most it can cost; never stored


@dataclass(frozen=True, slots=True)
class OtherPrice:
    """A price beside the published ones; all of one reason and source that are valid at a time replace their series."""

    reason: OtherReason
    price: Price
