"""The prices of one offering over time, as they were believed at one recorded time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, cast, func, select

from llmpricing.book.price_book import PriceBook
from llmpricing.models import Offering, PriceRow, Source
from llmpricing.services.price_book import Reads


@dataclass(frozen=True, slots=True)
class PastPrice:
    """A price and when it was charged: ``amount`` in ``currency`` per ``per`` units. ``recorded_at`` is when we learnt
    it, ``conditions`` its key as in changes and disagreements, empty for the base price; ``bracket_from`` the last time
    another value was seen, where the change lies between two readings.
    """

    price_id: int
    meter: str
    conditions: str
    state: str
    amount: Decimal | None
    currency: str
    per: int
    valid_from: datetime | None
    valid_until: datetime | None
    basis: str
    bracket_from: datetime | None
    source: str
    recorded_at: datetime


def price_history(reads: Reads, slug: str, known_at: datetime) -> list[PastPrice] | None:
    """All of them by meter and conditions, the oldest first; None where no offering has this id at ``known_at``."""
    if isinstance(reads, PriceBook):
        return _in_book(reads, slug, known_at)
    offering = reads.scalar(select(Offering.id).where(Offering.slug == slug, Offering.created_at <= known_at))
    if offering is None:
        return None
    query = (
        select(PriceRow, Source.slug)
        .join(Source, Source.id == PriceRow.source_id)
        .where(PriceRow.offering_id == cast(offering, BigInteger), PriceRow.believed_at(known_at))
        .order_by(
            PriceRow.meter.collate("C"),
            PriceRow.condition_key.collate("C"),
            func.lower(PriceRow.valid).nulls_first(),
            PriceRow.id,
        )
    )
    return [_past(row, source) for row, source in reads.execute(query)]


def _in_book(book: PriceBook, slug: str, known_at: datetime) -> list[PastPrice] | None:
    number = book.numbers.get(slug)
    if number is None or next(book.rows("offering", ("created_at",), [number]))[0] > known_at:
        return None
    believed = (row for row in book.records("price", [number]) if known_at in row.recorded)
    found = [_past(row, book.sources[row.source_id].slug) for row in believed]
    return sorted(found, key=lambda one: (one.meter, one.conditions, one.valid_from or _BEGINNING, one.price_id))


_BEGINNING = datetime.min.replace(tzinfo=UTC)


def _past(row: Any, source: str) -> PastPrice:
    assert row.recorded.lower is not None, "a price is recorded at some time"  # noqa: S101 - the database refuses others
    return PastPrice(
        price_id=row.id,
        meter=row.meter,
        conditions=row.condition_key,
        state=row.state,
        amount=row.amount,
        currency=row.currency,
        per=row.per_quantity,
        valid_from=row.valid.lower,
        valid_until=row.valid.upper,
        basis=row.basis,
        bracket_from=row.bracket_from,
        source=source,
        recorded_at=row.recorded.lower,
    )
