"""Published prices as the domain prices usage by them, compiled once for each change of an offering."""

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
from llmpricing.services.price_book import BookState
from llmpricing.services.publishing.change_log import change_log
from llmpricing.services.publishing.observations import Components

REMEMBERED_OFFERINGS = 10_000
_compiled: Memory[tuple[str, datetime, int], OfferingPrices] = Memory(REMEMBERED_OFFERINGS)


def prices_of(
    session: Session, known: BookState, known_at: datetime, offerings: Mapping[int, str]
) -> dict[int, OfferingPrices]:
    """All prices of these offerings, by number with their ids (``provider/api-id``), believed at ``known_at``,
    valid at any time; one query for all.

    ``known_at`` must not lie after the price book's last change: what is recorded until then never changes. What was
    compiled stays good until the offering's own next change, whatever else an import brings.
    """
    log = change_log(session, known)
    keys = {(known.book, log.last_change(offering, known_at), offering): offering for offering in offerings}
    found = _compiled.recall(keys)
    missing = {key: offering for key, offering in keys.items() if key not in found}
    if missing:
        read = _read(session, PriceRow.offering_id.in_(missing.values()), PriceRow.believed_at(known_at))
        for key, offering in missing.items():
            found[key] = OfferingPrices(read.get(offering, ()), offerings[offering])
            _compiled.keep(key, found[key])
    return {offering: prices for (_, _, offering), prices in found.items()}


def prices_by_id(
    session: Session, recorded: datetime, ids: Mapping[int, Collection[int]], offerings: Mapping[int, str]
) -> dict[int, OfferingPrices]:
    """By offering: what was believed at ``recorded``, and besides the prices of these ids, believed or not."""
    wanted = [price for prices in ids.values() for price in prices]
    believed = or_(PriceRow.believed_at(recorded), PriceRow.id.in_(wanted))
    read = _read(session, PriceRow.offering_id.in_(list(ids)), believed)
    return {offering: OfferingPrices(read.get(offering, ()), offerings[offering]) for offering in ids}


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
    PriceRow.observed_at,
    PriceRow.first_seen,
    PriceRow.superseded_at,
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
