"""What a decision would do to published prices: it is made, looked at, and the caller takes it back."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.observations import Amount, State
from llmpricing.models import Offering, PriceRow


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A price that a decision moves; None where there is none that is known."""

    offering: str
    component: ComponentKey
    old: Amount | None
    new: Amount | None


def moved_by(
    session: Session, offerings: Collection[str] | None, now: datetime, work: Callable[[], object]
) -> list[PriceMove]:
    """The prices of these offerings (None: of all) that the work moves, in this transaction."""
    before = standing_prices(session, offerings, now)
    work()
    session.flush()
    after = standing_prices(session, offerings, now)
    moved = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    return [
        PriceMove(slug, component, before.get((slug, component)), after.get((slug, component)))
        for slug, component in moved
    ]


def standing_prices(
    session: Session, offerings: Collection[str] | None, now: datetime
) -> dict[tuple[str, ComponentKey], Amount]:
    """What is published of these offerings (None: of all) by offering and component, without what is unknown: the
    "before" of every decision, looked at or waiting.
    """
    query = (
        select(
            Offering.slug,
            *(getattr(PriceRow, name) for name in ("meter", "condition_key")),
            *(getattr(PriceRow, name) for name in ("state", "amount", "per_quantity", "currency")),
        )
        .join(Offering, Offering.id == PriceRow.offering_id)
        .where(PriceRow.current(), PriceRow.valid.contains(now), PriceRow.state != State.UNKNOWN)
    )
    if offerings is not None:
        query = query.where(Offering.slug.in_(offerings))
    return {
        (slug, ComponentKey(meter, conditions)): Amount(*asked)
        for slug, meter, conditions, *asked in session.execute(query)
    }
