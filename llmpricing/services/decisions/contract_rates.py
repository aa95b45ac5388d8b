"""Contract rates: discounts and prices agreed with sellers, for a time, on both clocks, each with who decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from llmpricing.domain.money import to_text
from llmpricing.models import ContractRateRow, Offering, Provider
from llmpricing.models.bitemporal import since
from llmpricing.services.decisions.audit import note_event
from llmpricing.services.decisions.reviews_and_pins import Decider, DecisionRefused
from llmpricing.services.price_book.changes import begin_change, end_change
from llmpricing.services.publishing import publish


@dataclass(frozen=True, slots=True)
class RateValue:
    """What a rate says: ``discount``, a fraction off every list price, or ``amount`` in ``currency`` per ``per`` units
    of ``meter``.
    """

    discount: Decimal | None = None
    meter: str | None = None
    amount: Decimal | None = None
    per: int | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class StandingRate:
    """A rate for the offerings of a seller whose API ids a glob matches."""

    id: int
    provider: str
    glob: str
    value: RateValue
    valid_from: datetime | None
    valid_until: datetime | None
    note: str | None


def valid_range(valid_from: datetime | None, valid_until: datetime | None) -> Range[datetime]:
    """The range of two bounds, None being open; DecisionRefused where it would be empty."""
    if valid_from is not None and valid_until is not None and valid_from >= valid_until:
        message = "The end lies before the beginning: it is the first moment that no longer counts. Choose a later one."
        raise DecisionRefused(message, "until")
    return Range(valid_from, valid_until, bounds="[)")


def times_of(valid: Range[datetime]) -> dict[str, str | None]:
    """A valid range for the audit log."""
    bounds = {"valid_from": valid.lower, "valid_until": valid.upper}
    return {name: bound.isoformat() if bound else None for name, bound in bounds.items()}


def add_contract_rates(
    session: Session,
    by: Decider,
    provider: str,
    glob: str,
    values: Sequence[RateValue],
    valid_from: datetime,
    valid_until: datetime | None = None,
) -> int:
    """Agree on rates; returns how many offerings they are for now. Raises DecisionRefused for an unknown seller
    and for a rate that another one of the same glob contradicts.
    """
    valid = valid_range(valid_from, valid_until)
    recorded = begin_change(session, by.at)
    if session.scalar(select(Provider.id).where(Provider.slug == provider)) is None:
        raise DecisionRefused(f"No seller has the id {provider}. GET /api/v1/providers lists them.", "provider")
    publish.keep_meters(session, {one.meter for one in values if one.meter})
    for one in values:
        _refuse_second(session, provider, glob, one, valid)
        row = ContractRateRow(
            provider=provider,
            api_id_glob=glob,
            discount=one.discount,
            meter=one.meter,
            amount=one.amount,
            currency=one.currency,
            per_quantity=one.per,
            valid=valid,
            recorded=since(recorded),
            note=by.note,
        )
        session.add(row)
        session.flush()
        note_event(session, recorded, by.name, "rate_added", f"{provider}/{glob}", **_details(row), note=by.note)
    end_change(session, recorded)
    ids = session.scalars(select(Offering.api_id).join(Provider).where(Provider.slug == provider))
    return sum(fnmatchcase(api_id, glob) for api_id in ids)


def end_contract_rate(session: Session, by: Decider, rate_id: int, at: datetime) -> None:
    """Let a rate end at ``at``; raises DecisionRefused where it does not hold then or later."""
    recorded = begin_change(session, by.at)
    row = session.scalar(_believed().where(ContractRateRow.id == rate_id))
    if row is None or not row.reaches(at):
        raise DecisionRefused(f"No rate {rate_id} holds then or later. See: llmpricing rate list")
    subject = f"{row.provider}/{row.api_id_glob}"
    note_event(session, recorded, by.name, "rate_ended", subject, ends=at.isoformat(), **_details(row), note=by.note)
    row.end(session, at, recorded)
    end_change(session, recorded)


def contract_rates(session: Session) -> list[StandingRate]:
    """All contract rates as they are believed now, by seller."""
    rows = session.scalars(
        _believed().order_by(ContractRateRow.provider, ContractRateRow.api_id_glob, ContractRateRow.id)
    )
    return [
        StandingRate(row.id, row.provider, row.api_id_glob, _value(row), row.valid.lower, row.valid.upper, row.note)
        for row in rows
    ]


def _believed() -> Any:
    return select(ContractRateRow).where(ContractRateRow.current())


def _value(row: ContractRateRow) -> RateValue:
    return RateValue(row.discount, row.meter, row.amount, row.per_quantity, row.currency)


def _refuse_second(session: Session, provider: str, glob: str, one: RateValue, valid: Range[datetime]) -> None:
    """Two rates of one glob for the same thing at the same time: it would be open which counts."""
    alike = _believed().where(
        ContractRateRow.provider == provider,
        ContractRateRow.api_id_glob == glob,
        ContractRateRow.meter.is_not_distinct_from(one.meter),
        ContractRateRow.valid.overlaps(valid),
    )
    if other := session.scalar(alike.limit(1)):
        raise DecisionRefused(f"Rate {other.id} says that already for a part of this time. End it: llmpricing rate end")


def _details(row: ContractRateRow) -> dict[str, Any]:
    amounts = {"discount": row.discount, "amount": row.amount}
    money = {name: None if value is None else to_text(value) for name, value in amounts.items()}
    return {"rate_id": row.id, "meter": row.meter, "per": row.per_quantity, **money, **times_of(row.valid)}
