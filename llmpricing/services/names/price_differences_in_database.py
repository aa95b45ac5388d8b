"""The SQL of what offerings that one name may mean ever asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from llmpricing.models import Offering, PriceRow
from llmpricing.services.names import price_differences
from llmpricing.services.names.priced_times import COSTS


@price_differences.asked_prices.in_database
def asked_prices(session: Session, slugs: set[str]) -> Iterable[Any]:
    """What these offerings ever asked, row by row."""
    query = (
        select(
            Offering.slug,
            PriceRow.meter,
            PriceRow.condition_key,
            PriceRow.amount,
            PriceRow.per_quantity,
            PriceRow.currency,
            PriceRow.valid,
            PriceRow.recorded,
        )
        .join(Offering, Offering.id == PriceRow.offering_id)
        .where(Offering.slug.in_(slugs), PriceRow.state.in_(COSTS))
    )
    return session.execute(query)
