"""Pins: prices that a person holds against all sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from llmpricing.domain.components import Component, ComponentKey
from llmpricing.domain.observations import DatedPrice
from llmpricing.domain.publishing.publish import PINNED, pin
from llmpricing.domain.publishing.timeline_entries import TimelineEntry
from llmpricing.models import Offering, Pin, PriceRow, Source
from llmpricing.services.publishing.kept_components import KeptComponents


@dataclass(frozen=True, slots=True)
class PinnedPrice:
    """A price that somebody holds: ``amount`` in ``currency`` per ``per`` units of the meter; 0 is free."""

    id: int
    offering: str
    component: ComponentKey
    amount: Decimal
    currency: str
    per: int
    valid_from: datetime | None
    valid_until: datetime | None
    pinned_at: datetime
    pinned_by: str
    note: str | None


def pins_of(
    session: Session, offerings: Collection[int], components: KeptComponents
) -> dict[int, dict[Component, list[TimelineEntry]]]:
    """The pins that stand on these offerings, as prices of the domain."""
    standing = select(Pin).where(Pin.offering_id.in_(offerings), Pin.current())
    found: dict[int, dict[Component, list[TimelineEntry]]] = defaultdict(lambda: defaultdict(list))
    for held in session.scalars(standing.order_by(Pin.id)):
        segment = DatedPrice(
            held.state,
            held.amount,
            held.per_quantity,
            held.currency,
            valid_from=held.valid.lower,
            valid_until=held.valid.upper,
        )
        found[held.offering_id][components.read(held.component)].append(pin(segment, _since(held)))
    return found


def pins_on(session: Session, offering_id: int, component: ComponentKey) -> list[Pin]:
    """The pins that stand on one component, in order of time."""
    query = select(Pin).where(Pin.offering_id == offering_id, Pin.component == component.text, Pin.current())
    return list(session.scalars(query.order_by(func.lower(Pin.valid).nulls_first())))


def condition_keys(session: Session, offering_id: int) -> list[str]:
    """Keys of the conditions under which the offering has or will have a price of any meter; the base has none."""
    query = select(PriceRow.condition_key).where(PriceRow.offering_id == offering_id, PriceRow.current())
    return sorted(set(session.scalars(query)) - {""})


def keys_not_held(session: Session, offering_id: int, component: ComponentKey, since: datetime) -> list[str]:
    """The meter's conditions beside those of the component that sources price from then on, as pins leave them."""
    meter, key = component
    query = (
        select(PriceRow.condition_key)
        .join(Source, Source.id == PriceRow.source_id)
        .where(
            PriceRow.offering_id == offering_id,
            PriceRow.meter == meter,
            PriceRow.amount.is_not(None),
            Source.slug != PINNED,
            PriceRow.current(),
            or_(func.upper_inf(PriceRow.valid), func.upper(PriceRow.valid) > since),
        )
    )
    held = set(_parts(key))
    return sorted(other for other in set(session.scalars(query)) - {key} if held < set(_parts(other)))


def _parts(key: str) -> list[str]:
    return key.split(";") if key else []


def pinned_prices(session: Session, now: datetime) -> list[PinnedPrice]:
    """What is held now or will be, by offering and component."""
    query = _believed().where(or_(func.upper_inf(Pin.valid), func.upper(Pin.valid) > now))
    return _read(session, query.order_by(*_IN_ORDER))


def entered_prices(session: Session, limit: int) -> list[PinnedPrice]:
    """The newest ``limit`` prices that people hold or entered, for times that are over too, the newest first."""
    return _read(session, _believed().order_by(func.lower(Pin.recorded).desc(), Pin.id.desc()).limit(limit))


_IN_ORDER = (Offering.slug, Pin.component.collate("C"), func.lower(Pin.valid).nulls_first())


def _believed() -> Select[Pin, str]:
    return select(Pin, Offering.slug).join(Offering, Offering.id == Pin.offering_id).where(Pin.current())


def _read(session: Session, query: Select[Pin, str]) -> list[PinnedPrice]:
    return [
        PinnedPrice(
            held.id,
            slug,
            ComponentKey.parse(held.component),
            held.amount or Decimal(0),
            held.currency,
            held.per_quantity,
            held.valid.lower,
            held.valid.upper,
            _since(held),
            held.pinned_by,
            held.note,
        )
        for held, slug in session.execute(query)
    ]


def keep_manual_source(session: Session) -> None:
    """The source that pinned prices name; people are believed before any list."""
    values = {"slug": PINNED, "name": "Pinned by hand", "trust_rank": 0, "states_dates": True}
    session.execute(upsert(Source).values(values).on_conflict_do_nothing())


def _since(held: Pin) -> datetime:
    assert held.recorded.lower is not None  # noqa: S101 - recorded ranges begin when they are written
    return held.recorded.lower
