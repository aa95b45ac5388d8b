"""The SQL of the base prices that a time is asked about."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from llmpricing.models import Offering, PriceRow
from llmpricing.services.catalogue import first_seen
from llmpricing.services.catalogue.first_seen import BasePrice
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks


@first_seen.base_prices.in_database
def base_prices(session: Session, clocks: Clocks) -> Sequence[BasePrice]:
    """The base prices behind the list's columns that are valid and believed."""
    query = select(PriceRow.offering_id, PriceRow.meter, _is_late(clocks)).where(
        PriceRow.at(clocks.as_of, clocks.known_at),
        PriceRow.condition_key == "",
        PriceRow.state != "unknown",
        PriceRow.meter.in_(BASE_METERS.values()),
    )
    return [(offering, meter, bool(late)) for offering, meter, late in session.execute(query)]


@first_seen.late_prices.in_database
def late_prices(session: Session, clocks: Clocks, slugs: Collection[str]) -> set[int]:
    """The ids of these offerings' prices, under whatever conditions, whose first list came after the time asked for."""
    query = select(PriceRow.id).where(
        PriceRow.offering_id.in_(select(Offering.id).where(Offering.slug.in_(slugs))),
        PriceRow.at(clocks.as_of, clocks.known_at),
        PriceRow.state != "unknown",
        _is_late(clocks),
    )
    return set(session.scalars(query))


def _is_late(clocks: Clocks) -> ColumnElement[bool]:
    """Whether the first list of a price came later, and the price's end is not from that list."""
    until, following = func.upper(PriceRow.valid), aliased(PriceRow)
    ended_by_another = exists().where(
        following.offering_id == PriceRow.offering_id,
        following.meter == PriceRow.meter,
        following.condition_key == PriceRow.condition_key,
        following.valid.contains(until),
        func.lower(following.valid) == until,
        following.recorded.contains(clocks.known_at),
        following.source_id != PriceRow.source_id,
    )
    is_told_by_itself = until.is_not(None) & (until <= PriceRow.fresh_from) & ~ended_by_another
    return and_(PriceRow.fresh_from.is_not(None), PriceRow.fresh_from > clocks.as_of, ~is_told_by_itself)
