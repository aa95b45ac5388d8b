"""The SQL of what tells the candidates of an ambiguous name apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from llmpricing.models import Offering, PriceRow
from llmpricing.services.clocks import Clocks
from llmpricing.services.names import candidates
from llmpricing.services.names.priced_times import COSTS


@candidates.offered_rows.in_database
def offered_rows(session: Session, slugs: Sequence[str]) -> Iterable[Any]:
    """What tells these offerings apart but their prices."""
    query = select(Offering.id, Offering.slug, Offering.api_id, Offering.mode, Offering.region)
    return session.execute(query.where(Offering.slug.in_(slugs)))


@candidates.base_prices.in_database
def base_prices(session: Session, offerings: Collection[int], moments: Collection[Clocks]) -> Iterable[Any]:
    """By meter the prices without conditions, those believed at one of the moments."""
    query = select(PriceRow).where(
        PriceRow.offering_id.in_(offerings),
        PriceRow.condition_key == "",
        PriceRow.state.in_(COSTS),
        or_(*(PriceRow.believed_at(known_at) for known_at in {clocks.known_at for clocks in moments})),
    )
    return session.scalars(query.order_by(PriceRow.meter.collate("C")))
