"""What moved in published prices: what was charged and known at one time beside what is charged and known now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import func, literal, or_, select, true
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


def known_since(reads: Reads, since: datetime) -> datetime:
    """What was known when to compare with: at ``since``, or when the price book began where that is later."""
    if isinstance(reads, PriceBook):
        began = min((created for (created,) in reads.rows("offering", ("created_at",))), default=None)
    else:
        began = reads.scalar(select(func.min(Offering.created_at)))
    return since if began is None else max(since, began)


def changes_since(
    reads: Reads,
    since: datetime,
    now: datetime,
    offerings: Collection[str] | None = None,
    known: datetime | None = None,
) -> list[Change]:
    """What moved between ``since`` and ``now``, what was announced in between included, by offering, meter and
    conditions.

    Where the price book began later, what it knew at its beginning tells what was charged at ``since``: prices move by
    the dates that lists state of them. An offering that it did not hold then is new, not moved: it is left out. With
    ``offerings`` only those of these ids are looked at. ``known`` is what ``known_since`` tells, where that was asked.
    """
    compared = _Compared(since, known or known_since(reads, since))
    components = groupby(_rows(reads, compared, offerings), key=component_of)
    return [change for _, of_one in components for change in _moves(list(of_one), compared, now)]


def announced(reads: Reads, now: datetime, offerings: Collection[str] | None = None) -> list[Change]:
    """What begins after ``now`` by what is believed, whenever it was told: by offering, meter and conditions."""
    components = groupby(_rows(reads, _Compared(now, now), offerings), key=component_of)
    return [change for _, of_one in components for change in _ahead(list(of_one), now)]


def moved_rows(
    reads: Reads, since: datetime, offerings: Collection[str] | None, *, with_newcomers: bool = False
) -> Iterable[Any]:
    """By component the rows that begin or end, on one of the clocks, after the time. All others were and are the same.

    Only of offerings that the price book held then; ``with_newcomers`` of those too that came later, and what moved
    after they came.
    """
    return _rows(reads, _Compared(since, since), offerings, with_newcomers=with_newcomers)


@dataclass(frozen=True, slots=True)
class _Compared:
    """With what is compared: what was ``charged`` at one time, by what was ``known`` at one no earlier."""

    charged: datetime
    known: datetime


def _rows(
    reads: Reads, compared: _Compared, offerings: Collection[str] | None, *, with_newcomers: bool = False
) -> Iterable[Any]:
    if isinstance(reads, PriceBook):
        return _moved_in(reads, compared, offerings, with_newcomers)
    return _moved(reads, compared, offerings, with_newcomers)


def component_of(row: Any) -> tuple[str, str, str]:
    """What a row of these is a price of: offering, meter and conditions."""
    return row.offering, row.meter, row.condition_key


def _moved(
    session: Session, compared: _Compared, offerings: Collection[str] | None, with_newcomers: bool
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
    book: PriceBook, compared: _Compared, offerings: Collection[str] | None, with_newcomers: bool
) -> list[_BookRow]:
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
        _BookRow._make(
            (price, meter, key, State(state), *told, book.slugs[offering], book.sources[source].slug, came[offering])
        )
        for offering, source, price, meter, key, state, *told in book.rows("price", _COLUMNS, set(moved.values()))
        if price in moved
    )
    return sorted(rows, key=lambda row: (row.offering, row.meter, row.condition_key, row.id))


def _moves(rows: Sequence[Any], compared: _Compared, now: datetime) -> Iterator[Change]:
    """The change of one component's price up to now, and those that were announced since."""
    old = next((row for row in rows if compared.charged in row.valid and compared.known in row.recorded), None)
    current = _current(rows, now)
    if current is not None and not _same(old, current):
        yield _change(old, current, compared.charged)
    elif current is None and old is not None:
        yield _end(old, rows, now)
    yield from (one for one in _ahead(rows, now) if one.recorded_at > compared.known)


def _ahead(rows: Sequence[Any], now: datetime) -> Iterator[Change]:
    """What is announced of one component's price."""
    before = _current(rows, now)
    for row in sorted((row for row in rows if row.recorded.upper is None), key=_begins):
        if row.valid.lower is not None and row.valid.lower > now:
            if not _same(before, row):
                yield _change(before, row, now)
            before = row


def _current(rows: Sequence[Any], now: datetime) -> Any | None:
    return next((row for row in rows if row.recorded.upper is None and now in row.valid), None)


def _change(old: Any | None, new: Any, since: datetime) -> Change:
    was, recorded, begins = old and _amount(old), new.recorded.lower, new.valid.lower
    return Change(*_names(new), was, _amount(new), recorded, begins, new.source, is_sellers(old, new, since))


def is_sellers(old: Any | None, new: Any, since: datetime) -> bool:
    """Whether by the evidence the seller moved the price of one row to that of the next, after ``since``."""
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
