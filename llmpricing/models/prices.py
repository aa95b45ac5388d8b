"""The published price book: meters, schedules and prices on two clocks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Date, ForeignKey, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from llmpricing.domain.observations import Basis, State
from llmpricing.domain.prices import OtherReason
from llmpricing.models.bitemporal import Bitemporal
from llmpricing.models.meta import Base, EnumText, Id


class MeterRow(Base):
    """A meter of llmpricing.domain.meters, so that a price cannot name one that does not exist."""

    __tablename__ = "meter"

    slug: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str]
    per_quantity: Mapped[int] = mapped_column(BigInteger)
    dimensions: Mapped[dict[str, str]] = mapped_column(JSONB)


class ScheduleRow(Base):
    """Local clock windows of a price; the key is a digest of the definition, so that a row never changes."""

    __tablename__ = "schedule"

    key: Mapped[str] = mapped_column(primary_key=True)
    time_zone: Mapped[str]
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    windows: Mapped[list[list[int]]] = mapped_column(JSONB)  # [start, end] in minutes after midnight
    holidays: Mapped[list[date]] = mapped_column(ARRAY(Date))


class PriceRow(Bitemporal, Base):
    """A price: valid when it was charged, recorded while we believed it. Nothing is updated but the end of recorded.

    The database refuses two prices of one offering, meter and condition that overlap on both clocks. Open bounds are
    NULL. The observation behind it is named by (source_id, observed_at) and the component, a soft key.
    ``first_seen`` is since when that source is known to have said so (null in rows of rules 1), ``superseded_at`` when
    a later list of it no longer did; null while it still does. It is stated or seen from ``fresh_from`` (null: since
    it is valid) until ``fresh_until`` (null: still), and carried over at other times.
    """

    __tablename__ = "price"
    __table_args__ = (
        ExcludeConstraint(
            ("offering_id", "="),
            ("meter", "="),
            ("condition_key", "="),
            ("valid", "&&"),
            ("recorded", "&&"),
            name="ex_price_no_overlap",
        ),
        CheckConstraint(
            "state in ('priced', 'free', 'included', 'not_offered', 'subscription', 'unknown')", name="state_known"
        ),
        CheckConstraint("(state = 'priced') = (amount is not null and amount > 0)", name="amount_when_priced"),
        CheckConstraint("not isempty(valid) and not isempty(recorded)", name="ranges_not_empty"),
        CheckConstraint(
            "lower(valid) is distinct from '-infinity' and upper(valid) is distinct from 'infinity'",
            name="open_bounds_are_null",
        ),
        CheckConstraint("per_quantity > 0", name="per_quantity_positive"),
    )

    id: Mapped[Id]
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), index=True)
    meter: Mapped[str] = mapped_column(ForeignKey("meter.slug"))
    condition_key: Mapped[str]
    service_tier: Mapped[str]
    region: Mapped[str]
    step_above: Mapped[int | None] = mapped_column(BigInteger)
    step_inclusive: Mapped[bool]
    step_marginal: Mapped[bool]
    schedule_key: Mapped[str | None] = mapped_column(ForeignKey("schedule.key"))
    extra: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    state: Mapped[State] = mapped_column(EnumText(State))
    amount: Mapped[Decimal | None]
    currency: Mapped[str]
    per_quantity: Mapped[int] = mapped_column(BigInteger)
    minimum_quantity: Mapped[Decimal | None]
    basis: Mapped[Basis] = mapped_column(EnumText(Basis))
    bracket_from: Mapped[datetime | None]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    observed_at: Mapped[datetime]
    first_seen: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    fresh_from: Mapped[datetime | None]
    fresh_until: Mapped[datetime | None]
    known_from: Mapped[datetime]
    source_url: Mapped[str | None]


class OtherPriceRow(Bitemporal, Base):
    """What another source asks, or this one before or by a value that waits, while it is valid; as ``price``.

    All prices of one reason and source that are valid at a time take the place of the whole series of theirs.
    """

    __tablename__ = "other_price"
    __table_args__ = (
        ExcludeConstraint(
            ("offering_id", "="),
            ("meter", "="),
            ("condition_key", "="),
            ("source_id", "="),
            ("reason", "="),
            ("valid", "&&"),
            ("recorded", "&&"),
            name="ex_other_price_no_overlap",
        ),
        CheckConstraint("not isempty(valid) and not isempty(recorded)", name="ranges_not_empty"),
        CheckConstraint("per_quantity > 0", name="per_quantity_positive"),
    )

    id: Mapped[Id]
    reason: Mapped[OtherReason] = mapped_column(EnumText(OtherReason))
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), index=True)
    meter: Mapped[str] = mapped_column(ForeignKey("meter.slug"))
    condition_key: Mapped[str]
    state: Mapped[State] = mapped_column(EnumText(State))
    amount: Mapped[Decimal | None]
    currency: Mapped[str]
    per_quantity: Mapped[int] = mapped_column(BigInteger)
    minimum_quantity: Mapped[Decimal | None]
    basis: Mapped[Basis] = mapped_column(EnumText(Basis))
    bracket_from: Mapped[datetime | None]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    observed_at: Mapped[datetime]
    first_seen: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    known_from: Mapped[datetime]
    source_url: Mapped[str | None]
