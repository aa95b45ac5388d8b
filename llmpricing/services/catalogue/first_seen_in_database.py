"""The SQL of the prices that a time is asked about, with when they were first listed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from llmpricing.models import Offering, PriceRow
from llmpricing.services.catalogue import first_seen
from llmpricing.services.catalogue.first_seen import ValidThen
from llmpricing.services.clocks import Clocks


@first_seen.all_prices.in_database
def all_prices(session: Session, clocks: Clocks) -> Sequence[ValidThen]:
    """The prices of all offerings that are valid and believed."""
    return [ValidThen(*row) for row in session.execute(_valid_then(clocks))]


@first_seen.prices_of.in_database
def prices_of(session: Session, clocks: Clocks, slugs: Collection[str]) -> Sequence[ValidThen]:
    """The same of these offerings."""
    offerings = select(Offering.id).where(Offering.slug.in_(slugs))
    return [ValidThen(*row) for row in session.execute(_valid_then(clocks).where(PriceRow.offering_id.in_(offerings)))]


def _valid_then(clocks: Clocks) -> Select[Any]:
    is_later = PriceRow.fresh_from > clocks.as_of
    first = case((is_later, PriceRow.fresh_from))
    told_until = case((and_(is_later, _is_told_by_itself(clocks)), func.upper(PriceRow.valid)))
    return select(PriceRow.offering_id, PriceRow.meter, PriceRow.condition_key, PriceRow.id, first, told_until).where(
        PriceRow.at(clocks.as_of, clocks.known_at), PriceRow.state != "unknown"
    )


def _is_told_by_itself(clocks: Clocks) -> ColumnElement[bool]:
    """Whether a price ended before its source is known to have it first, and no other source's price ended it."""
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
    return until.is_not(None) & (until <= PriceRow.fresh_from) & ~ended_by_another
