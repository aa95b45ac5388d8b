"""What is coming: prices that begin soon, and own aliases of offerings whose seller retires them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.observations import Amount, State
from llmpricing.models import Offering, PriceRow
from llmpricing.services.decisions.own_aliases import own_aliases

_RETIRED = ("deprecated", "removed")


@dataclass(frozen=True, slots=True)
class ComingPrice:
    """A price that begins at ``begins``; ``old`` is the one that ends there, None where there is none."""

    offering: str
    component: ComponentKey
    begins: datetime
    old: Amount | None
    new: Amount


@dataclass(frozen=True, slots=True)
class RetiredAlias:
    """An own alias of an offering that is retired, with the day where a list states it."""

    name: str
    offering: str
    status: str | None
    retired_on: date | None


def coming_prices(session: Session, now: datetime, within: timedelta) -> list[ComingPrice]:
    """Prices that begin after ``now`` and no later than ``within`` from it, by time, offering and component."""
    old, begins = aliased(PriceRow), func.lower(PriceRow.valid)
    same = (getattr(old, name) == getattr(PriceRow, name) for name in ("offering_id", "meter", "condition_key"))
    query = (
        select(Offering.slug, PriceRow, old)
        .join(Offering, Offering.id == PriceRow.offering_id)
        .outerjoin(old, (func.upper(old.valid) == begins) & func.upper_inf(old.recorded) & and_(*same))
        .where(PriceRow.current(), begins > now, begins <= now + within, PriceRow.state != State.UNKNOWN)
        .order_by(begins, Offering.slug, PriceRow.meter, PriceRow.condition_key)
    )
    found = []
    for slug, new, before in session.execute(query):
        component = ComponentKey(new.meter, new.condition_key)
        begun = None if before is None else _amount(before)
        found.append(ComingPrice(slug, component, new.valid.lower or now, begun, _amount(new)))
    return [one for one in found if one.old is None or not one.old.same_as(one.new)]


def retired_aliases(session: Session, now: datetime) -> list[RetiredAlias]:
    """Own aliases that hold now, of offerings that a list calls deprecated or removed, or whose last day is over."""
    held = [one for one in own_aliases(session) if one.valid_until is None or one.valid_until > now]
    query = select(Offering.slug, Offering.status, Offering.deprecated_on).where(
        Offering.slug.in_([one.offering for one in held])
    )
    states = {slug: (status, day) for slug, status, day in session.execute(query)}
    return [
        RetiredAlias(one.name, one.offering, status, day)
        for one in held
        for status, day in [states[one.offering]]
        if status in _RETIRED or (day is not None and day <= now.date())
    ]


def _amount(row: PriceRow) -> Amount:
    return Amount(row.state, row.amount, row.per_quantity, row.currency)
