"""What happened to prices and offerings, one event at a time: each has an id that stays the same whoever asks when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from itertools import groupby, takewhile
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from llmpricing.domain.observations import Amount
from llmpricing.services.catalogue.arrivals import OfferingNews, arrived_since, retired_since
from llmpricing.services.catalogue.moved_prices import Compared, component_of, moved_rows
from llmpricing.services.catalogue.seller_moves import by_operator, ended_by_seller, last_ended, moved_by_seller
from llmpricing.services.price_book import Reads


class NewsKind(StrEnum):
    """What happened."""

    CHANGED = "changed"  # a price, as it was learnt or at its announced moment
    NEW = "new"  # an offering, or a price where there was none
    RETIRED = "retired"  # an offering, by what a list calls it
    ANNOUNCED = "announced"  # a price that begins later
    WITHDRAWN = "withdrawn"  # a price, or what was announced of one


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An event of an offering, of one of its prices where there is a ``meter``. ``valid_from`` is when what is
    announced, or was, begins. ``is_sellers`` tells of a price whether by the evidence its seller moved it; False: a
    list told of it for the first time, or another list is believed now, or ``is_operators``: an operator set it by
    hand, or took that back. ``name`` and ``status`` are those of an
    offering that is new or retired.
    """

    kind: NewsKind
    at: datetime
    offering: str
    meter: str = ""
    condition_key: str = ""
    old: Amount | None = None
    new: Amount | None = None
    valid_from: datetime | None = None
    source: str | None = None
    is_sellers: bool | None = None
    is_operators: bool = False
    name: str | None = None
    status: str | None = None

    @property
    def id(self) -> str:
        """The same for the same event for ever."""
        begins = self.valid_from and self.valid_from.astimezone(UTC).isoformat()
        place = (self.kind, self.at.astimezone(UTC).isoformat(), self.offering, self.meter, self.condition_key, begins)
        return uuid5(NAMESPACE_URL, f"llmpricing:{place}").urn


def news_since(reads: Reads, since: datetime, now: datetime, offerings: Collection[str] | None = None) -> list[News]:
    """What happened after ``since`` and until ``now``, the newest first; with ``offerings`` of these ids alone.

    The prices with which an offering came are no events of their own. What is still announced is told whenever it was
    said, with its offering too: who reads for the first time would not know it.
    """
    found = [_of_offering(NewsKind.NEW, one) for one in arrived_since(reads, since, offerings)]
    found += [_of_offering(NewsKind.RETIRED, one) for one in retired_since(reads, since, offerings)]
    moved = moved_rows(reads, Compared(since, since), offerings, with_newcomers=True)
    for _, of_offering in groupby(moved, key=lambda row: row.offering):
        together = list(of_offering)
        for _, of_one in groupby(together, key=component_of):
            found += _of_prices(list(of_one), together, max(since, together[0].came_at), now)
    found.sort(key=lambda one: (one.offering, one.meter, one.condition_key, one.id))
    return sorted(found, key=lambda one: one.at, reverse=True)


def _of_offering(kind: NewsKind, one: OfferingNews) -> News:
    return News(kind=kind, at=one.at, offering=one.id, name=one.name, status=one.status)


def _of_prices(rows: Sequence[Any], together: Sequence[Any], since: datetime, now: datetime) -> Iterator[News]:
    """The events of one component: where something was learnt, and where what was known began or ended. ``together``
    are the rows of all of its offering.
    """
    for at in _bounds([row.recorded for row in rows], since, now):
        before, after = _before(rows, "recorded", at), _on(rows, "recorded", at)
        old, new = _first(_on(before, "valid", at)), _first(_on(after, "valid", at))
        yield from _moved(old, new, at, after, _on(together, "recorded", at))
        yield from _of_steps(_steps(before, at), _steps(after, at), after, at)
    for at in _bounds([row.valid for row in rows], since, now):
        believed = _before(rows, "recorded", at)
        old, new = _first(_before(believed, "valid", at)), _first(_on(believed, "valid", at))
        yield from _moved(old, new, at, believed, _before(together, "recorded", at))
    yield from _announced_before(rows, since, now)


def _bounds(ranges: Sequence[Any], since: datetime, now: datetime) -> list[datetime]:
    ends = {end for one in ranges for end in (one.lower, one.upper)}
    return sorted(end for end in ends if end is not None and since < end <= now)


def _on(rows: Sequence[Any], clock: str, at: datetime) -> list[Any]:
    return [row for row in rows if at in getattr(row, clock)]


def _before(rows: Sequence[Any], clock: str, at: datetime) -> list[Any]:
    """The rows that hold up to the moment, itself left out."""
    spans = [(row, getattr(row, clock)) for row in rows]
    return [
        row
        for row, span in spans
        if (span.lower is None or span.lower < at) and (span.upper is None or at <= span.upper)
    ]


def _first(rows: Sequence[Any]) -> Any | None:
    return rows[0] if rows else None  # at one moment of both clocks there is one at the most


_Steps = dict[datetime, tuple[Any | None, Any]]  # by their moment, the price that ends and the one that begins


def _steps(believed: Sequence[Any], at: datetime) -> _Steps:
    """By the moment at which another price begins after ``at`` the one that ends there and the one that begins."""
    begins = {row.valid.lower: row for row in believed if row.valid.lower is not None and row.valid.lower > at}
    steps = {step: (_first(_before(believed, "valid", step)), row) for step, row in begins.items()}
    return {step: (old, new) for step, (old, new) in steps.items() if not _same(old, new)}


def _of_steps(
    were: _Steps,
    are: _Steps,
    believed: Sequence[Any],
    at: datetime,
) -> Iterator[News]:
    for step, (old, new) in sorted(are.items()):
        if step not in were or not _same(were[step][1], new):
            yield _news(NewsKind.ANNOUNCED, at, old, new, step, by_seller=not by_operator(old, new))
    for step in sorted(were.keys() - are.keys()):
        off, instead = were[step][1], _first(_on(believed, "valid", step))
        is_same_list = instead is None or instead.source == off.source  # else another list is believed, without one
        by_seller = is_same_list and not by_operator(off, instead)
        yield _news(NewsKind.WITHDRAWN, at, off, None, step, by_seller=by_seller)


def _announced_before(rows: Sequence[Any], since: datetime, now: datetime) -> Iterator[News]:
    """What is still announced and was by ``since``, each when it was told first: the event that it was then."""
    if not (ahead := _steps(_on(rows, "recorded", now), now)):
        return
    ends = {end for row in rows for end in (row.recorded.lower, row.recorded.upper) if end is not None and end <= since}
    known = [(at, _steps(_on(rows, "recorded", at), at)) for at in sorted(ends, reverse=True)]
    for step, (_, new) in sorted(ahead.items()):
        told = [(at, *steps[step]) for at, steps in takewhile(partial(_holds, step, new), known)]
        if told:
            at, old, first = told[-1]
            yield _news(NewsKind.ANNOUNCED, at, old, first, step, by_seller=not by_operator(old, first))


def _holds(step: datetime, new: Any, known: tuple[datetime, _Steps]) -> bool:
    """Whether a price began at a step by what was known at a time."""
    return step in known[1] and _same(known[1][step][1], new)


def _moved(
    old: Any | None, new: Any | None, at: datetime, believed: Sequence[Any], together: Sequence[Any]
) -> Iterator[News]:
    if _same(old, new):
        return
    if new is not None:
        by_seller = moved_by_seller(old, new, new.came_at)
        yield _news(NewsKind.NEW if old is None else NewsKind.CHANGED, at, old, new, None, by_seller=by_seller)
        return
    last = last_ended(believed, at)  # None: a later record took the price back for all time
    by_seller = last is not None and ended_by_seller(last, together)
    yield _news(NewsKind.WITHDRAWN, at, old, None, None, by_seller=by_seller)


def _same(old: Any | None, new: Any | None) -> bool:
    if old is None or new is None:
        return old is new
    return _amount(old).same_as(_amount(new))


def _news(
    kind: NewsKind, at: datetime, old: Any | None, new: Any | None, step: datetime | None, *, by_seller: bool
) -> News:
    row = old if new is None else new
    offering, meter, key = component_of(row)
    return News(
        kind=kind,
        at=at,
        offering=offering,
        meter=meter,
        condition_key=key,
        old=None if old is None else _amount(old),
        new=None if new is None else _amount(new),
        valid_from=step,
        source=row.source,  # type: ignore[union-attr]  # one of the two is there
        is_sellers=by_seller,
        is_operators=by_operator(old, new),
    )


def _amount(row: Any) -> Amount:
    return Amount(row.state, row.amount, row.per_quantity, row.currency)
