"""Exchange rates of currencies and sellers' own units to USD, from a day on, each with its source; on both clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.money import to_text
from llmpricing.models import ExchangeRate
from llmpricing.models.bitemporal import since
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused
from llmpricing.services.price_book import begin_change, end_change

HOME = "USD"


def set_exchange_rate(
    session: Session, by: Decider, currency: str, usd: Decimal, source: str, valid_from: datetime
) -> None:
    """Say that one unit of ``currency`` is worth ``usd`` from ``valid_from`` on; an earlier rate ends there.

    A later rate that stands already bounds this one. Raises DecisionRefused for USD itself and for a day that has one.
    """
    if currency == HOME:
        raise DecisionRefused("Everything is measured in USD: it needs no rate.")
    recorded = begin_change(session, by.at)
    until: datetime | None = None
    for row in exchange_rates(session, currency):
        start = row.valid.lower
        if start == valid_from:
            raise DecisionRefused(f"{currency} has a rate from that day already: USD {to_text(row.usd)}.")
        if start is not None and start > valid_from:
            until = min(until or start, start)
        elif row.reaches(valid_from):
            row.end(session, valid_from, recorded)
    valid: Range[datetime] = Range(valid_from, until, bounds="[)")
    session.add(ExchangeRate(currency=currency, usd=usd, source=source, valid=valid, recorded=since(recorded)))
    details = {"usd": to_text(usd), "source": source, "valid_from": valid_from.isoformat()}
    note_event(session, recorded, by.name, "exchange_rate_set", currency, note=by.note, **details)
    end_change(session, recorded)


def exchange_rates(session: Session, currency: str | None = None) -> Sequence[ExchangeRate]:
    """The rates as they are believed now, by currency and day."""
    query = select(ExchangeRate).where(ExchangeRate.current())
    if currency is not None:
        query = query.where(ExchangeRate.currency == currency)
    return session.scalars(query.order_by(ExchangeRate.currency, func.lower(ExchangeRate.valid))).all()
