"""The prices of one offering over time, as they were believed at one recorded time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.models import Offering, PriceRow, Source
from llmpricing.services.catalogue.counting_from import UNKNOWN, Begin, begun_at, counts_from
from llmpricing.services.price_book import BookState, Reads

_Sourced = tuple[Any, str]  # a row of prices and its source


@dataclass(frozen=True, slots=True)
class PastPrice:
    """A price and when it was charged: ``amount`` in ``currency`` per ``per`` units. ``recorded_at`` is when we learnt
    it, ``conditions`` its key as in changes and disagreements, empty for the base price; ``bracket_from`` the last time
    another value was seen, where the change lies between two readings. From ``counts_from`` on (None: ever) it is shown
    as the price of its time: where no list tells its start, it is not known to have been charged before.
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
    counts_from: datetime | None


def price_history(
    reads: Reads, book: BookState, slug: str, known_at: datetime, standing: StandsOn
) -> list[PastPrice] | None:
    """All of them by meter and conditions, the oldest first; None where no offering has this id at ``known_at``."""
    found = _in_book(reads, slug, known_at) if isinstance(reads, PriceBook) else _in_database(reads, slug, known_at)
    if not found:
        return None if found is None else []
    told = [_told_until(row, after) for (row, _), after in zip(found, [*found[1:], None], strict=True)]
    begin = begun_at(reads, book, known_at, standing).get(found[0][0].offering_id, UNKNOWN) if any(told) else UNKNOWN
    return [_past(row, source, until, begin) for (row, source), until in zip(found, told, strict=True)]


def carried_back(prices: Iterable[PastPrice]) -> list[PastPrice]:
    """The same prices, those whose start no list tells from ever on: what they were later found to be."""
    return [replace(one, counts_from=one.valid_from) for one in prices]


def _in_database(reads: Session, slug: str, known_at: datetime) -> list[_Sourced] | None:
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
    return [(row, source) for row, source in reads.execute(query)]


def _in_book(book: PriceBook, slug: str, known_at: datetime) -> list[_Sourced] | None:
    number = book.numbers.get(slug)
    if number is None or next(book.rows("offering", ("created_at",), [number]))[0] > known_at:
        return None
    believed = (row for row in book.records("price", [number]) if known_at in row.recorded)
    found = sorted(believed, key=lambda row: (row.meter, row.condition_key, row.valid.lower or _BEGINNING, row.id))
    return [(row, book.sources[row.source_id].slug) for row in found]


_BEGINNING = datetime.min.replace(tzinfo=UTC)


def _past(row: Any, source: str, told_until: datetime | None, begin: Begin) -> PastPrice:
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
        counts_from=counts_from(row.valid.lower, row.fresh_from, told_until, begin),
    )


def _told_until(row: Any, following: _Sourced | None) -> datetime | None:
    """Until when it held, where its own source tells of it as past."""
    until: datetime | None = row.valid.upper
    if until is None or row.fresh_from is None or row.fresh_from < until:
        return None
    if following is None:
        return until
    after = following[0]
    is_next = (after.meter, after.condition_key, after.valid.lower) == (row.meter, row.condition_key, until)
    return None if is_next and after.source_id != row.source_id else until
