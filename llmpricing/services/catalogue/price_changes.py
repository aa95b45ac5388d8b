"""What moved in published prices since a time, each move by itself: for the API, the command and the pages alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from typing import Any

from llmpricing.domain.observations import Amount
from llmpricing.services.catalogue.moved_prices import Compared, component_of, moved_rows
from llmpricing.services.catalogue.seller_moves import by_operator, ended_by_seller, last_ended, moved_by_seller
from llmpricing.services.price_book import Reads
from llmpricing.services.price_book.began import began


@dataclass(frozen=True, slots=True)
class Change:
    """A published price that moved; ``old`` or ``new`` is None where there was, or is, none.

    ``recorded_at`` is when we learnt it; ``valid_from`` may lie in the future. ``is_sellers`` tells whether by the
    evidence the seller changed it: the same list said otherwise before, or it begins by a date or between two lists
    after the time compared with. Else a list told of it for the first time, or another list is believed now; what ended
    then is still asked by the word of its ``source``; or, where ``is_operators``, an operator set it by hand or took
    that back.
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
    is_operators: bool = False

    @property
    def factor(self) -> Fraction | None:
        """new / old per unit; None where one of them is missing, free or in another currency."""
        return self.new.factor(self.old) if self.old and self.new else None


def known_since(reads: Reads, since: datetime) -> datetime:
    """What was known when to compare with: at ``since``, or when the price book began where that is later."""
    first = began(reads)
    return since if first is None else max(since, first)


def moves_since(
    reads: Reads,
    since: datetime,
    now: datetime,
    offerings: Collection[str] | None = None,
    known: datetime | None = None,
) -> list[Change]:
    """Each move between ``since`` and ``now``, what was announced in between included, by offering, meter and
    conditions: ``old`` is the price just before it began, so that a move is told with the same two prices whatever
    ``since`` is, and a price that came and went back moved twice. ``recorded_at`` is when it was told first.

    Where the price book began later, what it knew at its beginning tells what was charged at ``since``: prices move by
    the dates that lists state of them. An offering that it did not hold then is new, not moved: it is left out. With
    ``offerings`` only those of these ids are looked at. ``known`` is what ``known_since`` tells, where that was asked.
    """
    compared = Compared(since, known or known_since(reads, since))
    by_offering = groupby(moved_rows(reads, compared, offerings), key=lambda row: row.offering)
    return [change for _, of_one in by_offering for change in _moves_of_offering(list(of_one), compared, now)]


def announced(reads: Reads, now: datetime, offerings: Collection[str] | None = None) -> list[Change]:
    """What begins after ``now`` by what is believed, whenever it was told: by offering, meter and conditions."""
    components = groupby(moved_rows(reads, Compared(now, now), offerings), key=component_of)
    return [change for _, of_one in components for change in _ahead(list(of_one), now)]


def _moves_of_offering(rows: Sequence[Any], compared: Compared, now: datetime) -> Iterator[Change]:
    for _, of_one in groupby(rows, key=component_of):
        yield from _moves(list(of_one), rows, compared, now)


def _moves(rows: Sequence[Any], of_offering: Sequence[Any], compared: Compared, now: datetime) -> Iterator[Change]:
    """Each move of one component's price up to now, and those announced since; what a list corrects of the time
    compared with is one too.
    """
    before = _charged(rows, compared)
    for row in sorted(_believed(rows), key=_begins):
        begins, ends = row.valid.lower, row.valid.upper
        if (begins is not None and begins > now) or (ends is not None and ends <= compared.charged):
            continue
        if before is not None and _has_gap(before, begins):
            yield _end(before, rows, of_offering, before.valid.upper)
            before = None
        if not _same(before, row):
            yield replace(_change(before, row, compared.charged), recorded_at=_told_first(row, rows))
        before = row
    if before is not None and _current(rows, now) is None:
        yield _end(before, rows, of_offering, now)
    yield from _announced_since(rows, compared, now)


def _has_gap(before: Any, begins: datetime | None) -> bool:
    """Whether by what is believed nothing was charged between a price and the one that begins then."""
    ended, is_believed = before.valid.upper, before.recorded.upper is None
    return is_believed and ended is not None and begins is not None and ended < begins


def _told_first(row: Any, rows: Sequence[Any]) -> datetime:
    """When it was first told that this price begins then: a row is recorded anew when its end is learnt."""
    alike = [one for one in rows if one.valid.lower == row.valid.lower and _same(one, row)]
    told: datetime = min(one.recorded.lower for one in alike)
    return told


def _charged(rows: Sequence[Any], compared: Compared) -> Any | None:
    return next((row for row in rows if compared.charged in row.valid and compared.known in row.recorded), None)


def _announced_since(rows: Sequence[Any], compared: Compared, now: datetime) -> Iterator[Change]:
    return (one for one in _ahead(rows, now) if one.recorded_at > compared.known)


def _ahead(rows: Sequence[Any], now: datetime) -> Iterator[Change]:
    """What is announced of one component's price."""
    before = _current(rows, now)
    for row in sorted(_believed(rows), key=_begins):
        if row.valid.lower is not None and row.valid.lower > now:
            if not _same(before, row):
                yield _change(before, row, now)
            before = row


def _current(rows: Sequence[Any], now: datetime) -> Any | None:
    return next((row for row in _believed(rows) if now in row.valid), None)


def _change(old: Any | None, new: Any, since: datetime) -> Change:
    was, recorded, begins = old and _amount(old), new.recorded.lower, new.valid.lower
    by_seller, by_hand = moved_by_seller(old, new, since), by_operator(old, new)
    return Change(*component_of(new), was, _amount(new), recorded, begins, new.source, by_seller, by_hand)


def _end(old: Any, rows: Sequence[Any], of_offering: Sequence[Any], now: datetime) -> Change:
    """A price that is no more: it ended, or a later record took it back for all time."""
    last = last_ended(_believed(rows), now)
    if last is None:
        gone = Change(*component_of(old), _amount(old), None, old.recorded.upper, None, old.source, is_sellers=False)
        return replace(gone, is_operators=by_operator(old))
    by_seller, by_hand = ended_by_seller(last, _believed(of_offering)), by_operator(last)
    recorded, ended = last.recorded.lower, last.valid.upper
    return Change(*component_of(old), _amount(old), None, recorded, ended, last.source, by_seller, by_hand)


def _believed(rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if row.recorded.upper is None]


def _same(old: Any | None, new: Any) -> bool:
    return old is not None and _amount(old).same_as(_amount(new))


def _begins(row: Any) -> tuple[bool, datetime | None]:
    return row.valid.lower is not None, row.valid.lower


def _amount(row: Any) -> Amount:
    return Amount(row.state, row.amount, row.per_quantity, row.currency)
