"""Published prices, and those kept beside them, as values of the domain."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.evidence import GRACE
from llmpricing.domain.observations import Basis
from llmpricing.domain.prices import OtherPrice, Price
from llmpricing.models import OtherPriceRow, PriceRow, Source
from llmpricing.services.publishing.observations import Components


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


def read_prices(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[Price]]:
    """The prices for which all of this holds, by the number of their offering, in order of id."""
    query = select(*_PRICE).join(Source, Source.id == PriceRow.source_id).where(*conditions).order_by(PriceRow.id)
    components = Components(session)
    found: dict[int, list[Price]] = defaultdict(list)
    for row in session.execute(query).mappings():
        offering, price = _price(dict(row), components)
        found[offering].append(price)
    return found


def read_other_prices(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[OtherPrice]]:
    """What is kept beside prices and for which all of this holds, by the number of the offering, in order of id."""
    query = select(*_OTHER).join(Source, Source.id == OtherPriceRow.source_id).where(*conditions)
    components = Components(session)
    found: dict[int, list[OtherPrice]] = defaultdict(list)
    for row in session.execute(query.order_by(OtherPriceRow.id)).mappings():
        values = dict(row)
        reason = values.pop("reason")
        offering, price = _price(values, components)
        found[offering].append(OtherPrice(reason, price))
    return found


def _price(values: dict[str, Any], components: Components) -> tuple[int, Price]:
    """The offering and the price of a row."""
    offering = values.pop("offering_id")
    component = ComponentKey(values["meter"], values.pop("condition_key"))
    values["conditions"] = components.read(component.text).conditions
    if values["first_seen"] is None and values["basis"] is Basis.UNDATED:  # of rules 1, which kept only this
        values["fresh_from"] = values["known_from"] - GRACE
    return offering, Price(**values)
