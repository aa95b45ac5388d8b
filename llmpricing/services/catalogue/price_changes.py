"""What moved in published prices: what was charged and known at one time beside what is charged and known now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.book.shape import BookSpan
from llmpricing.domain.observations import Amount, Basis, State
from llmpricing.domain.times import micros
from llmpricing.models import Offering, PriceRow, Source
from llmpricing.services.price_book import Reads


@dataclass(frozen=True, slots=True)
class Change:
    """A published price that moved; ``old`` or ``new`` is None where there was, or is, none.

    ``recorded_at`` is when we learnt it; ``valid_from`` may lie in the future. ``is_sellers`` tells whether by the
    evidence the seller changed it: the same list said otherwise before, or it begins by a date or between two lists
    after the time compared with. Else a list told of it for the first time, or another list is believed now.
    """

    offering: str
    meter: str
    condition_key: str
    old: Amount | None
    new: Amount | None
    recorded_at: datetime
    valid_from: datetime | None
    source: str
    is_sellers: bool

    @property
    def factor(self) -> Fraction | None:
        """new / old per unit; None where one of them is missing, free or in another currency."""
        return self.new.factor(self.old) if self.old and self.new else None


def comparable_since(reads: Reads, since: datetime) -> datetime:
    """The time to compare with: ``since``, or when the price book began where that is later."""
    if isinstance(reads, PriceBook):
        began = min((created for (created,) in reads.rows("offering", ("created_at",))), default=None)
    else:
        began = reads.scalar(select(func.min(Offering.created_at)))
    return since if began is None else max(since, began)


def changes_since(
    reads: Reads, since: datetime, now: datetime, offerings: Collection[str] | None = None
) -> list[Change]:
    """What moved between ``since`` and ``now``, announced prices included, by offering, meter and conditions.

    An offering that the price book did not hold at ``since`` is new, not moved: it is left out. With ``offerings``
    only those of these ids are looked at.
    """
    components = groupby(moved_rows(reads, since, offerings), key=component_of)
    return [change for _, of_one in components for change in _moves(list(of_one), since, now)]


def moved_rows(
    reads: Reads, since: datetime, offerings: Collection[str] | None, *, with_newcomers: bool = False
) -> Iterable[Any]:
    """By component the rows that begin or end, on one of the clocks, after the time. All others were and are the same.

    Only of offerings that the price book held then; ``with_newcomers`` of those too that came later, and what moved
    after they came.
    """
    if isinstance(reads, PriceBook):
        return _moved_in(reads, since, offerings, with_newcomers)
    return _moved(reads, since, offerings, with_newcomers)


def component_of(row: Any) -> tuple[str, str, str]:
    """What a row of these is a price of: offering, meter and conditions."""
    return row.offering, row.meter, row.condition_key


def _moved(session: Session, since: datetime, offerings: Collection[str] | None, with_newcomers: bool) -> Iterable[Any]:
    looked_at = true() if with_newcomers else Offering.created_at <= since
    after: Any = func.greatest(since, Offering.created_at) if with_newcomers else since
    if offerings is not None:
        looked_at &= Offering.slug.in_(offerings)
    moved = or_(
        func.lower(PriceRow.recorded) > after,
        func.upper(PriceRow.recorded) > after,
        func.lower(PriceRow.valid) > after,
        func.upper(PriceRow.valid) > after,
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


class _BookRow(NamedTuple):
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


_COLUMNS = ("offering_id", "source_id", *_BookRow._fields[:-3])
_BOUNDS = ("valid_from", "valid_until", "recorded_from", "recorded_until")


def _moved_in(
    book: PriceBook, since: datetime, offerings: Collection[str] | None, with_newcomers: bool
) -> list[_BookRow]:
    """The same of a book in memory."""
    start = micros(since)
    after = {
        number: max(start, created)
        for number, created in book.stored("offering", "id", "created_at")
        if with_newcomers or created <= start
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
        and any(at is not None and at > after[offering] for at in bounds)
    }
    came = dict(book.rows("offering", ("id", "created_at")))
    rows = (
        _BookRow._make(
            (price, meter, key, State(state), *told, book.slugs[offering], book.sources[source].slug, came[offering])
        )
        for offering, source, price, meter, key, state, *told in book.rows("price", _COLUMNS, set(moved.values()))
        if price in moved
    )
    return sorted(rows, key=lambda row: (row.offering, row.meter, row.condition_key, row.id))


def _moves(rows: Sequence[Any], since: datetime, now: datetime) -> Iterator[Change]:
    """The change of one component's price up to now, and those that are announced."""
    believed = sorted((row for row in rows if row.recorded.upper is None), key=_begins)
    old = next((row for row in rows if since in row.valid and since in row.recorded), None)
    current = next((row for row in believed if now in row.valid), None)
    if current is not None and not _same(old, current):
        yield _change(old, current, since)
    elif current is None and old is not None:
        yield _end(old, rows, now)
    before = current
    for row in believed:
        if row.valid.lower is not None and row.valid.lower > now:
            if row.recorded.lower > since and not _same(before, row):
                yield _change(before, row, since)
            before = row


def _change(old: Any | None, new: Any, since: datetime) -> Change:
    was, recorded, begins = old and _amount(old), new.recorded.lower, new.valid.lower
    return Change(*_names(new), was, _amount(new), recorded, begins, new.source, _is_sellers(old, new, since))


def _is_sellers(old: Any | None, new: Any, since: datetime) -> bool:
    if old is not None and old.source == new.source:
        return True
    begins = new.valid.lower
    # What begins after it was told of does so by what a list states: nobody saw it begin.
    is_ahead = begins is not None and begins > new.recorded.lower
    is_dated = is_ahead or new.basis in _DATED or new.bracket_from is not None
    return begins is not None and begins > since and is_dated


_DATED = (Basis.DOCUMENTED, Basis.MANUAL)


def _end(old: Any, rows: Sequence[Any], now: datetime) -> Change:
    """A price that is no more: it ended by its date, or a later record took it back for all time."""
    ended = [row for row in rows if row.recorded.upper is None and row.valid.upper and row.valid.upper <= now]
    if ended:
        last = max(ended, key=lambda row: row.valid.upper)
        return Change(
            *_names(old), _amount(old), None, last.recorded.lower, last.valid.upper, last.source, is_sellers=True
        )
    return Change(*_names(old), _amount(old), None, old.recorded.upper, None, old.source, is_sellers=False)


def _same(old: Any | None, new: Any) -> bool:
    return old is not None and _amount(old).same_as(_amount(new))


def _begins(row: Any) -> tuple[bool, datetime | None]:
    return row.valid.lower is not None, row.valid.lower


def _names(row: Any) -> tuple[str, str, str]:
    return row.offering, row.meter, row.condition_key


def _amount(row: Any) -> Amount:
    return Amount(row.state, row.amount, row.per_quantity, row.currency)
