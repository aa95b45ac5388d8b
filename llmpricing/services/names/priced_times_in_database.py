"""The SQL of when offerings had a price at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from llmpricing.domain.times import TimeSpan
from llmpricing.models import Offering, PriceRow
from llmpricing.services.names import priced_times
from llmpricing.services.names.priced_times import COSTS, Periods


@priced_times.priced_at_times.in_database
def priced_at_times(session: Session, offerings: Collection[int] | None = None) -> Periods:
    """The periods in which each of these offerings had a price (None: of all), of all but those that have one at all
    times.
    """
    always = aliased(PriceRow)
    has_always = exists().where(
        always.offering_id == Offering.id,
        always.state.in_(COSTS),
        func.lower_inf(always.valid),
        func.upper_inf(always.valid),
        func.upper_inf(always.recorded),
        func.lower(always.recorded) <= Offering.created_at,  # what was once without a price stays so for that known_at
    )
    query = (
        select(Offering.slug, PriceRow.valid, PriceRow.recorded)
        .outerjoin(PriceRow, and_(PriceRow.offering_id == Offering.id, PriceRow.state.in_(COSTS)))
        .where(~has_always)
    )
    if offerings is not None:
        query = query.where(Offering.id.in_(offerings))
    found: dict[str, list[tuple[TimeSpan, TimeSpan]]] = defaultdict(list)
    for slug, valid, recorded in session.execute(query):
        periods = found[slug]
        if valid is not None and (valid, recorded) not in periods:
            periods.append((valid, recorded))
    return dict(found)
