"""Rows of prices that begin or end after a time, on one of the clocks: out of the database, or of a book in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import func, literal, or_, select, true
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.book.shape import BookSpan
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.times import micros
from llmpricing.models import Offering, PriceRow, Source
from llmpricing.services.price_book import Reads


@dataclass(frozen=True, slots=True)
class Compared:
    """With what is compared: what was ``charged`` at one time, by what was ``known`` at one no earlier."""

    charged: datetime
    known: datetime


def moved_rows(
    reads: Reads, compared: Compared, offerings: Collection[str] | None, *, with_newcomers: bool = False
) -> Iterable[Any]:
    """By component the rows that begin or end, on one of the clocks, after the time. All others were and are the same.

    Only of offerings that the price book held then; ``with_newcomers`` of those too that came later, and what moved
    after they came.
    """
    if isinstance(reads, PriceBook):
        return _moved_in(reads, compared, offerings, with_newcomers)
    return _moved(reads, compared, offerings, with_newcomers)


def component_of(row: Any) -> tuple[str, str, str]:
    """What a row of these is a price of: offering, meter and conditions."""
    return row.offering, row.meter, row.condition_key


def _moved(
    session: Session, compared: Compared, offerings: Collection[str] | None, with_newcomers: bool
) -> Iterable[Any]:
    looked_at = true() if with_newcomers else Offering.created_at <= compared.known
    learnt, charged = (
        func.greatest(at, Offering.created_at) if with_newcomers else literal(at)
        for at in (compared.known, compared.charged)
    )
    if offerings is not None:
        looked_at &= Offering.slug.in_(offerings)
    moved = or_(
        func.lower(PriceRow.recorded) > learnt,
        func.upper(PriceRow.recorded) > learnt,
        func.lower(PriceRow.valid) > charged,
        func.upper(PriceRow.valid) > charged,
    )
    query = (
        select(
            PriceRow.__table__,
            Offering.slug.label("offering"),
            Source.slug.label("source"),
            Offering.created_at.label("came_at"),
        )
        .join(Offering, Offering.id == PriceRow.offering_id)
        .join(Source, Source.id == PriceRow.source_id)
        .where(looked_at, moved, PriceRow.state != State.UNKNOWN)
        .order_by(Offering.slug, PriceRow.meter.collate("C"), PriceRow.condition_key.collate("C"), PriceRow.id)
    )
    return session.execute(query)


class _MovedRow(NamedTuple):
    """A row of prices out of a book in memory, named as the columns of the database are."""

    id: int
    meter: str
    condition_key: str
    state: State
    amount: Decimal | None
    currency: str
    per_quantity: int
    basis: Basis
    bracket_from: datetime | None
    valid: BookSpan
    recorded: BookSpan
    offering: str
    source: str
    came_at: datetime


_COLUMNS = ("offering_id", "source_id", *_MovedRow._fields[:-3])
_BOUNDS = ("valid_from", "valid_until", "recorded_from", "recorded_until")


def _moved_in(
    book: PriceBook, compared: Compared, offerings: Collection[str] | None, with_newcomers: bool
) -> list[_MovedRow]:
    """The same of a book in memory."""
    learnt, charged = micros(compared.known), micros(compared.charged)
    after = {
        number: (max(charged, created), max(learnt, created)) if with_newcomers else (charged, learnt)
        for number, created in book.stored("offering", "id", "created_at")
        if with_newcomers or created <= learnt
    }
    if offerings is not None:
        wanted = {book.numbers[slug] for slug in offerings if slug in book.numbers}
        after = {number: at for number, at in after.items() if number in wanted}
    prices = book.stored("price", "offering_id", "id", "state", *_BOUNDS)
    moved = {
        price: offering
        for offering, price, state, *bounds in prices
        if offering in after
        and state != State.UNKNOWN
        and any(at is not None and at > after[offering][place // 2] for place, at in enumerate(bounds))
    }
    came = dict(book.rows("offering", ("id", "created_at")))
    rows = (
        _MovedRow._make(
            (price, meter, key, State(state), *told, book.slugs[offering], book.sources[source].slug, came[offering])
        )
        for offering, source, price, meter, key, state, *told in book.rows("price", _COLUMNS, set(moved.values()))
        if price in moved
    )
    return sorted(rows, key=lambda row: (row.offering, row.meter, row.condition_key, row.id))
