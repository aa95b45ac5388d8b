"""The SQL of the base prices that a time is asked about."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from llmpricing.models import PriceRow
from llmpricing.services.catalogue import first_seen
from llmpricing.services.catalogue.first_seen import BasePrice
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks


@first_seen.base_prices.in_database
def base_prices(session: Session, clocks: Clocks) -> Sequence[BasePrice]:
    """The base prices behind the list's columns that are valid and believed."""
    reaches_it = func.upper_inf(PriceRow.valid) | (func.upper(PriceRow.valid) > PriceRow.fresh_from)
    is_late = and_(PriceRow.fresh_from.is_not(None), PriceRow.fresh_from > clocks.as_of, reaches_it)
    query = select(PriceRow.offering_id, PriceRow.meter, is_late).where(
        PriceRow.at(clocks.as_of, clocks.known_at),
        PriceRow.condition_key == "",
        PriceRow.state != "unknown",
        PriceRow.meter.in_(BASE_METERS.values()),
    )
    return [(offering, meter, bool(late)) for offering, meter, late in session.execute(query)]
