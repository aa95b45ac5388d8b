"""Everything the price book holds on one offering at one time: its prices, names, and who else sells the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, cast, select
from sqlalchemy.orm import Session, aliased

from llmpricing.models import Offering, OfferingAlias, PriceRow, ScheduleRow, Source
from llmpricing.services.clocks import Clocks


@dataclass(frozen=True, slots=True)
class PriceDetail:
    """A price as the API shows it: ``amount`` in ``currency`` per ``per`` units of the meter."""

    price_id: int
    meter: str
    state: str
    amount: Decimal | None
    currency: str
    per: int
    conditions: dict[str, Any]
    minimum_quantity: Decimal | None
    valid_from: datetime | None
    valid_until: datetime | None
    basis: str
    bracket_from: datetime | None
    source: str
    source_url: str | None
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Details:
    """Prices in order of meter and conditions; ids of other offerings of the same model; aliases."""

    prices: list[PriceDetail]
    other_sellers: list[str]
    aliases: list[str]


def details(session: Session, clocks: Clocks, slug: str) -> Details:
    """What is known on the offering of this id, which must exist."""
    offering_id = session.scalars(select(Offering.id).where(Offering.slug == slug)).one()
    return Details(
        _prices(session, clocks, offering_id),
        _other_sellers(session, clocks, offering_id),
        _aliases(session, clocks, offering_id),
    )


def _prices(session: Session, clocks: Clocks, offering_id: int) -> list[PriceDetail]:
    query = (
        select(PriceRow, Source.slug, ScheduleRow)
        .join(Source, Source.id == PriceRow.source_id)
        .outerjoin(ScheduleRow, ScheduleRow.key == PriceRow.schedule_key)
        .where(
            # The index over ranges takes a bigint only: a bare number would make it look through all offerings.
            PriceRow.offering_id == cast(offering_id, BigInteger),
            PriceRow.at(clocks.as_of, clocks.known_at),
        )
        .order_by(PriceRow.meter.collate("C"), PriceRow.condition_key.collate("C"))
    )
    return [_detail(row, source, schedule) for row, source, schedule in session.execute(query)]


def _detail(row: PriceRow, source: str, schedule: ScheduleRow | None) -> PriceDetail:
    return PriceDetail(
        price_id=row.id,
        meter=row.meter,
        state=row.state,
        amount=row.amount,
        currency=row.currency,
        per=row.per_quantity,
        conditions=_conditions(row, schedule),
        minimum_quantity=row.minimum_quantity,
        valid_from=row.valid.lower,
        valid_until=row.valid.upper,
        basis=row.basis,
        bracket_from=row.bracket_from,
        source=source,
        source_url=row.source_url,
        observed_at=row.observed_at,
    )


def _conditions(row: PriceRow, schedule: ScheduleRow | None) -> dict[str, Any]:
    """What a request must be like to pay this price; empty for the base price."""
    found: dict[str, Any] = {} if row.service_tier == "standard" else {"service_tier": row.service_tier}
    if row.region:
        found["region"] = row.region
    if row.step_above is not None:
        bound = "input_tokens_from" if row.step_inclusive else "input_tokens_above"
        found[bound] = row.step_above
        found["applies_to"] = "tokens beyond the bound" if row.step_marginal else "the whole request"
    if schedule is not None:
        found["schedule"] = {
            "time_zone": schedule.time_zone,
            "weekdays": schedule.weekdays,
            "windows": [f"{_clock(start)}-{_clock(end)}" for start, end in schedule.windows],
            "not_on": schedule.holidays,
        }
    return found | row.extra


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _other_sellers(session: Session, clocks: Clocks, offering_id: int) -> list[str]:
    own = aliased(Offering)
    query = (
        select(Offering.slug)
        .join(own, own.model_id == Offering.model_id)
        .where(own.id == offering_id, Offering.id != offering_id, Offering.created_at <= clocks.known_at)
        .order_by(Offering.slug)
    )
    return list(session.scalars(query))


def _aliases(session: Session, clocks: Clocks, offering_id: int) -> list[str]:
    query = select(OfferingAlias.alias).where(
        OfferingAlias.offering_id == offering_id,
        OfferingAlias.at(clocks.as_of, clocks.known_at),
    )
    return sorted(set(session.scalars(query)))
