"""What moved in published prices: what was charged and known at one time beside what is charged and known now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from llmpricing.models import Offering, PriceRow, Source


@dataclass(frozen=True, slots=True)
class PriceState:
    """A price as it stood at one time: ``amount`` in ``currency`` per ``per`` units of the meter."""

    state: str
    amount: Decimal | None
    currency: str
    per: int

    @property
    def unit_price(self) -> Fraction | None:
        """The exact price of one unit; None where none is charged."""
        return None if self.amount is None else Fraction(self.amount) / self.per

    def same_as(self, other: PriceState) -> bool:
        """Whether both ask the same, whatever quantity they state it for."""
        return (self.state, self.currency, self.unit_price) == (other.state, other.currency, other.unit_price)


@dataclass(frozen=True, slots=True)
class Change:
    """A published price that moved; ``old`` or ``new`` is None where there was, or is, none.

    ``recorded_at`` is when we learnt it; ``valid_from`` may lie in the future.
    """

    offering: str
    meter: str
    condition_key: str
    old: PriceState | None
    new: PriceState | None
    recorded_at: datetime
    valid_from: datetime | None
    source: str

    @property
    def factor(self) -> Fraction | None:
        """new / old per unit; None where one of them is missing, free or in another currency."""
        old, new = self.old and self.old.unit_price, self.new and self.new.unit_price
        if not self.old or not self.new or not old or not new or self.old.currency != self.new.currency:
            return None
        return new / old


def changes_since(
    session: Session, since: datetime, now: datetime, offerings: Collection[str] | None = None
) -> list[Change]:
    """What moved between ``since`` and ``now``, announced prices included, by offering, meter and conditions.

    An offering that the price book did not hold at ``since`` is new, not moved: it is left out. With ``offerings``
    only those of these ids are looked at.
    """
    looked_at = Offering.created_at <= since
    if offerings is not None:
        looked_at &= Offering.slug.in_(offerings)
    # Rows that begin or end, on one of the clocks, after the time asked for. All others were and are the same.
    moved = or_(
        func.lower(PriceRow.recorded) > since,
        func.upper(PriceRow.recorded) > since,
        func.lower(PriceRow.valid) > since,
        func.upper(PriceRow.valid) > since,
    )
    query = (
        select(PriceRow.__table__, Offering.slug.label("offering"), Source.slug.label("source"))
        .join(Offering, Offering.id == PriceRow.offering_id)
        .join(Source, Source.id == PriceRow.source_id)
        .where(looked_at, moved)
        .order_by(Offering.slug, PriceRow.meter.collate("C"), PriceRow.condition_key.collate("C"), PriceRow.id)
    )
    components = groupby(session.execute(query), key=lambda row: (row.offering, row.meter, row.condition_key))
    return [change for _, rows in components for change in _moves(list(rows), since, now)]


def unknown_offerings(session: Session, slugs: Collection[str]) -> list[str]:
    """Those that the price book does not hold, in order."""
    return sorted(set(slugs) - set(session.scalars(select(Offering.slug).where(Offering.slug.in_(slugs)))))


def _moves(rows: Sequence[Row[Any]], since: datetime, now: datetime) -> Iterator[Change]:
    """The change of one component's price up to now, and those that are announced."""
    old = next((row for row in rows if since in row.valid and since in row.recorded), None)
    current = next((row for row in rows if now in row.valid and row.recorded.upper is None), None)
    if (change := _change(old, current, rows, since)) is not None:
        yield change
    announced = [row for row in rows if row.recorded.upper is None and row.valid.lower and row.valid.lower > now]
    before = current
    for row in sorted(announced, key=lambda row: row.valid.lower):
        if row.recorded.lower > since and (change := _change(before, row, rows, since)) is not None:
            yield change
        before = row


def _change(old: Row[Any] | None, new: Row[Any] | None, rows: Sequence[Row[Any]], since: datetime) -> Change | None:
    before, after = _state(old), _state(new)
    if before is after or (before and after and before.same_as(after)):
        return None
    told = new or old
    assert told is not None  # noqa: S101 - both None is no change
    if new is not None:
        return Change(*_names(new), before, after, new.recorded.lower, new.valid.lower, new.source)
    # It ended: by its own date, or because a later record took it back.
    ended = [row.recorded.upper for row in rows if row.recorded.upper and row.recorded.upper > since]
    return Change(*_names(told), before, None, max(ended, default=told.recorded.lower), told.valid.upper, told.source)


def _names(row: Row[Any]) -> tuple[str, str, str]:
    return row.offering, row.meter, row.condition_key


def _state(row: Row[Any] | None) -> PriceState | None:
    return row and PriceState(row.state, row.amount, row.currency, row.per_quantity)
