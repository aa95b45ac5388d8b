"""Published prices, and those kept beside them, as values of the domain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, cast, func, or_, select
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.components import ComponentKey
from llmpricing.domain.evidence import GRACE
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.prices import OtherPrice, OtherReason, Price
from llmpricing.models import OtherPriceRow, PriceRow, Source
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import Reads
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


def believed_prices(
    reads: Reads, offerings: Collection[int], known_at: datetime, also: Collection[int] = ()
) -> dict[int, list[Price]]:
    """All prices of these offerings that were believed at a time, and those of the ids in ``also``, believed or not;
    by the number of their offering, in order of id.
    """
    if isinstance(reads, PriceBook):
        return _prices_in(reads, offerings, lambda row: row["id"] in also or known_at in row["recorded"])
    believed = or_(PriceRow.believed_at(known_at), PriceRow.id.in_(also)) if also else PriceRow.believed_at(known_at)
    return read_prices(reads, PriceRow.offering_id.in_(offerings), believed)


def believed_other_prices(reads: Reads, offerings: Collection[int], known_at: datetime) -> dict[int, list[OtherPrice]]:
    """What was kept beside the prices of these offerings at a time, by the number of the offering, in order of id."""
    if isinstance(reads, PriceBook):
        return _other_prices_in(reads, offerings, lambda row: known_at in row["recorded"])
    return read_other_prices(reads, OtherPriceRow.offering_id.in_(offerings), OtherPriceRow.believed_at(known_at))


def believed_before(reads: Reads, offering: int, known_at: datetime) -> list[datetime]:
    """When prices of an offering were recorded that were believed no more at ``known_at``, newest first."""
    if isinstance(reads, PriceBook):
        recorded = (span for (span,) in reads.rows("price", ("recorded",), [offering]))
        found = {span.lower for span in recorded if span.upper is not None and span.upper <= known_at}
        return sorted(found, reverse=True)
    began = func.lower(PriceRow.recorded)
    ended = (PriceRow.offering_id == offering, func.upper(PriceRow.recorded) <= known_at)
    return list(reads.scalars(select(began).where(*ended).distinct().order_by(began.desc())))


def belief_changes(reads: Reads, offering: int, known_at: datetime) -> list[datetime]:
    """When what is believed of an offering's prices changed, up to ``known_at``, oldest first."""
    if isinstance(reads, PriceBook):
        spans = [span for (span,) in reads.rows("price", ("recorded",), [offering])]
    else:
        spans = list(reads.scalars(select(PriceRow.recorded).where(PriceRow.offering_id == offering)))
    found = {bound for span in spans for bound in (span.lower, span.upper) if bound is not None}
    return sorted(bound for bound in found if bound <= known_at)


_Holds = Callable[[dict[str, Any]], bool]


def prices_at(
    reads: Reads, offerings: Collection[int], clocks: Clocks
) -> tuple[dict[int, list[Price]], dict[int, list[OtherPrice]]]:
    """The prices of these offerings at two times and what is kept beside them, by the number of the offering, in order
    of id.
    """
    if isinstance(reads, PriceBook):
        holds = _at(clocks)
        return _prices_in(reads, offerings, holds), _other_prices_in(reads, offerings, holds)
    prices, others = (_conditions(table, offerings, clocks) for table in (PriceRow, OtherPriceRow))
    return read_prices(reads, *prices), read_other_prices(reads, *others)


def _at(clocks: Clocks) -> _Holds:
    return lambda row: clocks.as_of in row["valid"] and clocks.known_at in row["recorded"]


def _conditions(table: Any, offerings: Collection[int], clocks: Clocks) -> list[ColumnElement[bool]]:
    # The index over ranges takes a bigint only: bare numbers would make it look through all offerings.
    numbers = any_(cast(list(offerings), ARRAY(BigInteger)))
    return [table.offering_id == numbers, table.at(clocks.as_of, clocks.known_at)]


def read_prices(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[Price]]:
    """The prices for which all of this holds, by the number of their offering, in order of id."""
    query = select(*_PRICE).join(Source, Source.id == PriceRow.source_id).where(*conditions).order_by(PriceRow.id)
    return _prices(map(dict, session.execute(query).mappings()), Components(session))


def read_other_prices(session: Session, *conditions: ColumnElement[bool]) -> dict[int, list[OtherPrice]]:
    """What is kept beside prices and for which all of this holds, by the number of the offering, in order of id."""
    query = select(*_OTHER).join(Source, Source.id == OtherPriceRow.source_id).where(*conditions)
    return _other_prices(map(dict, session.execute(query.order_by(OtherPriceRow.id)).mappings()), Components(session))


def _prices_in(book: PriceBook, offerings: Collection[int], holds: _Holds) -> dict[int, list[Price]]:
    return _prices(_rows_in(book, "price", offerings, holds), Components(book))


def _other_prices_in(book: PriceBook, offerings: Collection[int], holds: _Holds) -> dict[int, list[OtherPrice]]:
    return _other_prices(_rows_in(book, "other_price", offerings, holds), Components(book))


_IN_BOOK = tuple(
    {"per": "per_quantity", "valid_from": "valid", "source": "source_id"}.get(column.key, column.key)
    for column in _columns(PriceRow)
    if column.key != "valid_until"
)
_ALSO = {"price": ("fresh_from", "fresh_until"), "other_price": ("reason",)}


def _rows_in(book: PriceBook, table: str, offerings: Collection[int], holds: _Holds) -> Iterator[dict[str, Any]]:
    """Rows of a book in memory as the database gives them."""
    names = (*_IN_BOOK, *_ALSO[table], "recorded")
    for values in book.rows(table, names, offerings):
        row = dict(zip(names, values, strict=True))
        if not holds(row):
            continue
        del row["recorded"]
        valid = row.pop("valid")
        row["valid_from"], row["valid_until"] = valid.lower, valid.upper
        row["per"], row["source"] = row.pop("per_quantity"), book.sources[row.pop("source_id")].slug
        row["state"], row["basis"] = State(row["state"]), Basis(row["basis"])
        yield row


def _prices(rows: Iterator[dict[str, Any]], components: Components) -> dict[int, list[Price]]:
    found: dict[int, list[Price]] = defaultdict(list)
    for row in rows:
        offering, price = _price(row, components)
        found[offering].append(price)
    return found


def _other_prices(rows: Iterator[dict[str, Any]], components: Components) -> dict[int, list[OtherPrice]]:
    found: dict[int, list[OtherPrice]] = defaultdict(list)
    for row in rows:
        reason = OtherReason(row.pop("reason"))
        offering, price = _price(row, components)
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
