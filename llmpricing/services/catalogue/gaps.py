"""What the price book lacks of offerings that are still sold: prices, and facts that people filter by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.domain.observations import State
from llmpricing.models import Offering, PriceRow

_GONE = ("deprecated", "removed")


@dataclass(frozen=True, slots=True)
class CatalogueGaps:
    """Of ``offerings`` that are still sold, how many lack each: a known price, the context window, capabilities."""

    offerings: int
    without_price: int
    without_context: int
    without_capabilities: int


def catalogue_gaps(session: Session, now: datetime) -> CatalogueGaps:
    """The gaps by what is believed now."""
    priced = select(PriceRow.offering_id).where(
        PriceRow.current(), PriceRow.valid.contains(now), PriceRow.state != State.UNKNOWN
    )
    query = select(
        func.count(),
        func.count().filter(Offering.id.not_in(priced)),
        func.count().filter(Offering.context_window.is_(None)),
        func.count().filter(Offering.capabilities.is_(None)),
    ).where(Offering.status.is_(None) | Offering.status.not_in(_GONE))
    return CatalogueGaps(*session.execute(query).one())
