"""The SQL of published prices, and of those kept beside them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, cast, func, or_, select
from sqlalchemy.orm import Session

from llmpricing.domain.prices import OtherPrice, Price
from llmpricing.models import OtherPriceRow, PriceRow, Source
from llmpricing.services.clocks import Clocks
from llmpricing.services.publishing import published_prices
from llmpricing.services.publishing.kept_components import KeptComponents
from llmpricing.services.publishing.published_prices import changes_of, other_prices_of_rows, prices_of_rows


def _columns(table: type[PriceRow] | type[OtherPriceRow]) -> tuple[Any, ...]:
    """Named as the fields of Price. Columns, not entities: thousands of rows are read at a time."""
    return (
        table.id,
        table.offering_id,
        table.meter,
        table.condition_key,
        table.state,
        table.amount,
        table.currency,
        table.per_quantity.label("per"),
        func.lower(table.valid).label("valid_from"),
        func.upper(table.valid).label("valid_until"),
        table.basis,
        Source.slug.label("source"),
        table.known_from,
        table.minimum_quantity,
        table.source_url,
        table.bracket_from,
        table.observed_at,
        table.first_seen,
        table.superseded_at,
    )


_PRICE = (*_columns(PriceRow), PriceRow.fresh_from, PriceRow.fresh_until)
_OTHER = (*_columns(OtherPriceRow), OtherPriceRow.reason)


@published_prices.believed_prices.in_database
def believed_prices(
    session: Session, offerings: Collection[int], known_at: datetime, also: Collection[int] = ()
) -> dict[int, list[Price]]:
    """All prices of these offerings that were believed at a time, and those of the ids in ``also``."""
    believed = or_(PriceRow.believed_at(known_at), PriceRow.id.in_(also)) if also else PriceRow.believed_at(known_at)
    return read_prices(session, PriceRow.offering_id.in_(offerings), believed)


@published_prices.believed_other_prices.in_database
def believed_other_prices(
    session: Session, offerings: Collection[int], known_at: datetime
) -> dict[int, list[OtherPrice]]:
    """What was kept beside the prices of these offerings at a time."""
    return read_other_prices(session, OtherPriceRow.offering_id.in_(offerings), OtherPriceRow.believed_at(known_at))


@published_prices.believed_before.in_database
def believed_before(session: Session, offering: int, known_at: datetime) -> list[datetime]:
    """When prices of an offering were recorded that were believed no more at ``known_at``, newest first."""
    began = func.lower(PriceRow.recorded)
    ended = (PriceRow.offering_id == offering, func.upper(PriceRow.recorded) <= known_at)
    return list(session.scalars(select(began).where(*ended).distinct().order_by(began.desc())))


@published_prices.belief_changes.in_database
def belief_changes(session: Session, offering: int, known_at: datetime) -> list[datetime]:
    """When what is believed of an offering's prices changed, up to ``known_at``, oldest first."""
    return changes_of(
        list(session.scalars(select(PriceRow.recorded).where(PriceRow.offering_id == offering))), known_at
    )


@published_prices.prices_at.in_database
def prices_at(
    session: Session, offerings: Collection[int], clocks: Clocks
) -> tuple[dict[int, list[Price]], dict[int, list[OtherPrice]]]:
    """The prices of these offerings at two times and what is kept beside them; two statements."""
    prices, others = (_conditions(table, offerings, clocks) for table in (PriceRow, OtherPriceRow))
    return read_prices(session, *prices), read_other_prices(session, *others)


def _conditions(table: Any, offerings: Collection[int], clocks: Clocks) -> list[ColumnElement[bool]]:
    # The index over ranges takes a bigint only: bare numbers would make it look through all offerings.
    numbers = any_(cast(list(offerings), ARRAY(BigInteger)))
    return [table.offering_id == numbers, table.at(clocks.as_of, clocks.known_at)]


def read_prices(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[Price]]:
    """The prices for which all of this holds, by the number of their offering, in order of id."""
    query = select(*_PRICE).join(Source, Source.id == PriceRow.source_id).where(*conditions).order_by(PriceRow.id)
    return prices_of_rows(map(dict, session.execute(query).mappings()), KeptComponents(session))


def read_other_prices(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[OtherPrice]]:
    """What is kept beside prices and for which all of this holds, by the number of the offering, in order of id."""
    query = select(*_OTHER).join(Source, Source.id == OtherPriceRow.source_id).where(*conditions)
    rows = map(dict, session.execute(query.order_by(OtherPriceRow.id)).mappings())
    return other_prices_of_rows(rows, KeptComponents(session))
