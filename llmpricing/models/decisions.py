"""Decisions: reviews of suspicious observations, pins, contract rates, exchange rates, and the audit log."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from llmpricing.domain.observations import State
from llmpricing.domain.publishing.guard_evidence import GuardRule
from llmpricing.models.bitemporal import Bitemporal
from llmpricing.models.meta import Base, EnumText, Id


class ReviewOutcome(StrEnum):
    """How a review was closed: by a person's verdict, or because nothing was left to decide."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class Review(Base):
    """An observation that a guard stopped; it stays in model_pricing_history, named by (component, source_id, time).

    Open while ``closed_at`` is null. ``outcome`` is accepted or rejected by a person, or superseded: the source stated
    something else, or other observations made it plausible, before anybody decided.
    """

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("offering_id", "component", "source_id", "time"),
        Index("ix_review_open", "opened_at", postgresql_where=text("closed_at is null")),
    )

    id: Mapped[Id]
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    component: Mapped[str]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    time: Mapped[datetime]
    rule: Mapped[GuardRule] = mapped_column(EnumText(GuardRule))
    against: Mapped[str]
    slip: Mapped[str | None]
    old_amount: Mapped[Decimal | None]
    new_amount: Mapped[Decimal | None]
    currency: Mapped[str]
    per_quantity: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[ReviewOutcome | None] = mapped_column(EnumText(ReviewOutcome))
    decided_by: Mapped[str | None]
    note: Mapped[str | None]


class Pin(Bitemporal, Base):
    """A price that a person holds against all sources, while ``recorded`` is open."""

    __tablename__ = "pin"
    __table_args__ = (
        ExcludeConstraint(
            ("offering_id", "="),
            ("component", "="),
            ("valid", "&&"),
            ("recorded", "&&"),
            name="ex_pin_no_overlap",
        ),
    )

    id: Mapped[Id]
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    component: Mapped[str]
    state: Mapped[State] = mapped_column(EnumText(State))
    amount: Mapped[Decimal | None]
    currency: Mapped[str]
    per_quantity: Mapped[int]
    pinned_by: Mapped[str]
    note: Mapped[str | None]


class ContractRateRow(Bitemporal, Base):
    """What this installation has agreed with a seller: a discount, or a price of one meter, on offerings of a glob.

    ``discount`` is a fraction (0.125 is 12.5 %); a price is in ``currency`` per ``per_quantity`` units of ``meter``.
    """

    __tablename__ = "own_rate"
    __table_args__ = (
        CheckConstraint(
            "(discount is not null and meter is null and amount is null)"
            " or (discount is null and meter is not null and amount is not null)",
            name="discount_or_price",
        ),
        CheckConstraint("discount is null or (discount >= 0 and discount <= 1)", name="discount_is_fraction"),
        CheckConstraint("amount is null or amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[Id]
    provider: Mapped[str]
    api_id_glob: Mapped[str]
    discount: Mapped[Decimal | None]
    meter: Mapped[str | None] = mapped_column(ForeignKey("meter.slug"))
    amount: Mapped[Decimal | None]
    currency: Mapped[str]
    per_quantity: Mapped[int | None]
    note: Mapped[str | None]


class ExchangeRate(Bitemporal, Base):
    """What one unit of ``currency`` is worth in USD from a day on, and who says so."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        ExcludeConstraint(("currency", "="), ("valid", "&&"), ("recorded", "&&"), name="ex_exchange_rate_no_overlap"),
        CheckConstraint("usd > 0", name="usd_positive"),
    )

    id: Mapped[Id]
    currency: Mapped[str]
    usd: Mapped[Decimal]
    source: Mapped[str]


class AuditEvent(Base):
    """A decision, by whom and when. Append-only."""

    __tablename__ = "audit_event"

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]  # review_accepted, pin_added, rate_added, ...
    subject: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
