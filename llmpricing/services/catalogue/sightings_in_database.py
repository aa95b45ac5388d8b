"""The SQL of since when lists are known to have offerings."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from llmpricing.models import PriceRow
from llmpricing.services.catalogue import sightings as asked
from llmpricing.services.catalogue.sightings import METERS, FirstSighting
from llmpricing.services.clocks import Clocks


@asked.sightings.in_database
def sightings(session: Session, clocks: Clocks) -> Sequence[FirstSighting]:
    """The first sighting of each offering by each source, of base prices that are believed, whenever they hold."""
    is_silent = func.bool_or(PriceRow.first_seen.is_(None))
    query = (
        select(PriceRow.offering_id, PriceRow.source_id, func.min(PriceRow.first_seen), is_silent)
        .where(PriceRow.recorded.contains(clocks.known_at), PriceRow.condition_key == "", PriceRow.meter.in_(METERS))
        .group_by(PriceRow.offering_id, PriceRow.source_id)
    )
    rows = session.execute(query)
    return [FirstSighting(offering, source, None if silent else first) for offering, source, first, silent in rows]
