"""Published prices as the domain prices usage by them, compiled once per offering and recorded time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from llmpricing.domain.components import ComponentKey
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.models import PriceRow, Source
from llmpricing.services.memory import Memory
from llmpricing.services.publishing.observations import Components

REMEMBERED_OFFERINGS = 10_000
_compiled: Memory[tuple[str, datetime, int], OfferingPrices] = Memory(REMEMBERED_OFFERINGS)


def prices_of(session: Session, book: str, recorded: datetime, offerings: Collection[int]) -> dict[int, OfferingPrices]:
    """All prices of these offerings that were believed at ``recorded``, valid at any time; one query for all.

    ``recorded`` must not lie after the price book's last change: what is recorded until then never changes.
    """
    keys = {(book, recorded, offering) for offering in offerings}
    found = _compiled.recall(keys)
    missing = [offering for _, _, offering in keys - found.keys()]
    if missing:
        read = _read(session, PriceRow.offering_id.in_(missing), PriceRow.believed_at(recorded))
        for offering in missing:
            key = (book, recorded, offering)
            found[key] = OfferingPrices(read.get(offering, ()))
            _compiled.keep(key, found[key])
    return {offering: prices for (_, _, offering), prices in found.items()}


def prices_by_id(session: Session, recorded: datetime, ids: Mapping[int, Collection[int]]) -> dict[int, OfferingPrices]:
    """By offering: what was believed at ``recorded``, and besides the prices of these ids, believed or not."""
    wanted = [price for prices in ids.values() for price in prices]
    believed = or_(PriceRow.believed_at(recorded), PriceRow.id.in_(wanted))
    read = _read(session, PriceRow.offering_id.in_(list(ids)), believed)
    return {offering: OfferingPrices(read.get(offering, ())) for offering in ids}


# Named as the fields of Price. Columns, not entities: thousands of rows are read at a time, and none is changed.
_COLUMNS = (
    PriceRow.id,
    PriceRow.offering_id,
    PriceRow.meter,
    PriceRow.condition_key,
    PriceRow.state,
    PriceRow.amount,
    PriceRow.currency,
    PriceRow.per_quantity.label("per"),
    func.lower(PriceRow.valid).label("valid_from"),
    func.upper(PriceRow.valid).label("valid_until"),
    PriceRow.basis,
    Source.slug.label("source"),
    PriceRow.known_from,
    PriceRow.minimum_quantity,
    PriceRow.source_url,
    PriceRow.bracket_from,
)


def _read(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[Price]]:
    query = select(*_COLUMNS).join(Source, Source.id == PriceRow.source_id).where(*conditions).order_by(PriceRow.id)
    components = Components(session)
    found: dict[int, list[Price]] = defaultdict(list)
    for row in session.execute(query).mappings():
        values = dict(row)
        offering = values.pop("offering_id")
        component = ComponentKey(values["meter"], values.pop("condition_key"))
        values["conditions"] = components.read(component.text).conditions
        found[offering].append(Price(**values))
    return found
