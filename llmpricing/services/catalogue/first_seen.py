"""What was known at a time: a price that counts from later on is not shown as if it had been known then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.domain.times import from_micros, micros
from llmpricing.services.catalogue.counting_from import UNKNOWN, Begun, begun_at, counts_from
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem, rows_of
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookRead, BookState, Reads

_DECIDING = ("input_tokens", "output_tokens")  # without one of them nothing can be reckoned
_OTHERS = ""
_CACHE_READ = "cache_read_tokens"


class ValidThen(NamedTuple):
    """A price of the time asked for. ``first``: its source is known to have it first then, which is later; None where
    it was known. ``told_until``: that source tells of it as past until then; None where it still is, or the price of
    another source ended it.
    """

    offering: int
    meter: str
    conditions: str
    price: int
    first: datetime | None
    told_until: datetime | None


# By offering and meter of a base price whether it was not known then; under _OTHERS whether no other price was.
LateMeters = Mapping[int, Mapping[str, bool]]


@BookRead
def all_prices(book: PriceBook, clocks: Clocks) -> Sequence[ValidThen]:
    """The prices of all offerings that are valid and believed."""
    return list(_valid_then(list(_believed(book, clocks)), clocks))


@BookRead
def prices_of(book: PriceBook, clocks: Clocks, slugs: Collection[str]) -> Sequence[ValidThen]:
    """The same of these offerings."""
    numbers = {book.numbers[slug] for slug in slugs}
    return list(_valid_then([row for row in _believed(book, clocks) if row[0] in numbers], clocks))


def _believed(book: PriceBook, clocks: Clocks) -> Iterator[tuple[Any, ...]]:
    """Offering, meter, condition, id, source, state, from and until when it holds, since when it is seen."""
    known_at = micros(clocks.known_at)
    names = ("id", "source_id", "state", "valid_from", "valid_until", "fresh_from")
    rows = book.stored("price", "recorded_from", "recorded_until", "offering_id", "meter", "condition_key", *names)
    return (row[2:] for row in rows if (row[0] is None or row[0] <= known_at) and (row[1] is None or known_at < row[1]))


def _valid_then(rows: Sequence[tuple[Any, ...]], clocks: Clocks) -> Iterator[ValidThen]:
    """The valid ones of whole components."""
    as_of = micros(clocks.as_of)
    begun = {
        (offering, meter, key, since): source
        for offering, meter, key, _, source, _, since, _, _ in rows
        if since is not None
    }
    for offering, meter, key, price, source, state, since, until, fresh in rows:
        if state == "unknown" or (since is not None and as_of < since) or (until is not None and until <= as_of):
            continue
        if fresh is None or fresh <= as_of:
            yield ValidThen(offering, meter, key, price, None, None)
            continue
        is_told = until is not None and until <= fresh and begun.get((offering, meter, key, until), source) == source
        yield ValidThen(offering, meter, key, price, from_micros(fresh), from_micros(until) if is_told else None)


def late_prices(reads: Reads, book: BookState, clocks: Clocks, slugs: Collection[str], standing: StandsOn) -> set[int]:
    """The ids of these offerings' prices, under whatever conditions, that count from later than the time asked for."""
    return {
        one.price for one, is_late in _judged(reads, book, clocks, standing, prices_of(reads, clocks, slugs)) if is_late
    }


def _judged(
    reads: Reads, book: BookState, clocks: Clocks, standing: StandsOn, found: Sequence[ValidThen]
) -> Iterator[tuple[ValidThen, bool]]:
    """Each price with whether it counts from later than the time asked for."""
    begun: Begun = begun_at(reads, book, clocks.known_at, standing) if any(one.told_until for one in found) else {}
    for one in found:
        counted = counts_from(None, one.first, one.told_until, begun.get(one.offering, UNKNOWN))
        yield one, counted is not None and clocks.as_of < counted


def as_known_then(
    reads: Reads, book: BookState, clocks: Clocks, models: Iterable[SoldModel], standing: StandsOn
) -> list[SoldModel]:
    """The models without the prices that count from later on: a row without its input or output price is of the state
    ``undated``. A release after that day is not of what was sold then: ids such as ``-latest`` mean newer models now.
    """
    late, day = late_meters(reads, book, clocks, standing), clocks.as_of.date()
    return [
        replace(
            model,
            rows=tuple(_as_known_then(row, late, standing) for row in model.rows),
            released_on=by_then(model.released_on, day),
            seen_since=by_then(model.seen_since, day),
        )
        for model in models
    ]


def by_then(known: date | None, day: date) -> date | None:
    """A day that is not after this one; None of one that is."""
    return known if known is not None and known <= day else None


def rows_as_known_then(
    reads: Reads, book: BookState, clocks: Clocks, rows: Iterable[Any], standing: StandsOn
) -> list[Any]:
    """The same of rows of ``all_rows``."""
    late = late_meters(reads, book, clocks, standing)
    return [_as_known_then(row, late, standing) for row in rows]


def items_as_known_then(
    reads: Reads, book: BookState, clocks: Clocks, items: Sequence[OfferingItem], standing: StandsOn
) -> list[OfferingItem]:
    """The same of offerings as the list shows them, which must have been there then."""
    if not items:
        return []
    stated = rows_of(reads, clocks, [item.id for item in items], standing)
    rows = {row.id: row for row in rows_as_known_then(reads, book, clocks, stated, standing)}
    return [_with_prices_of(item, rows[item.id]) for item in items]


def _with_prices_of(item: OfferingItem, row: Any) -> OfferingItem:
    prices = {name: getattr(row, name) for name in BASE_METERS}
    return replace(item, price_state=row.price_state, price_since=row.price_since, **prices)


_late: Memory[tuple[str, int, Clocks], LateMeters] = Memory(2, lambda found: 300 * len(found))


def late_meters(reads: Reads, book: BookState, clocks: Clocks, standing: StandsOn) -> LateMeters:
    """The prices behind the list's columns, and which were not known then; made once for a version and a time."""
    key = (book.book, book.version, clocks)
    return _late.remember(key, lambda: _late_meters(reads, book, clocks, standing))


def _late_meters(reads: Reads, book: BookState, clocks: Clocks, standing: StandsOn) -> LateMeters:
    meters, found = frozenset(BASE_METERS.values()), defaultdict[int, dict[str, bool]](dict)
    for one, is_late in _judged(reads, book, clocks, standing, all_prices(reads, clocks)):
        if one.conditions == "" and one.meter in meters:
            found[one.offering][one.meter] = is_late
        else:
            found[one.offering][_OTHERS] = is_late and found[one.offering].get(_OTHERS, True)
    return dict(found)


def late_cache_reads(
    reads: Reads, book: BookState, clocks: Clocks, rows: Iterable[Any], standing: StandsOn
) -> list[str]:
    """Those of these rows, by id, of whose prices that of a cache read alone was not known then."""
    late = late_meters(reads, book, clocks, standing)
    found = {row.id: _late_of(row, late, standing) for row in rows}
    return [
        slug
        for slug, meters in found.items()
        if meters.get(_CACHE_READ) and not any(meters.get(meter) for meter in _DECIDING)
    ]


def _late_of(row: Any, late: LateMeters, standing: StandsOn) -> dict[str, bool]:
    """Whether the price of each of its meters, own or borrowed, was not known then."""
    stood_on = standing.get(row.number)
    return {**(late.get(stood_on.number, {}) if stood_on else {}), **late.get(row.number, {})}


def _as_known_then(row: Any, late: LateMeters, standing: StandsOn) -> Any:
    """The row without the prices that were not known then; one that sells no tokens by all it sells."""
    found = _late_of(row, late, standing)
    hidden = {name: None for name, meter in BASE_METERS.items() if found.get(meter)}
    deciding = [found[meter] for meter in _DECIDING if meter in found]
    if any(deciding) or (found and not deciding and all(found.values())):
        return row._replace(**hidden, price_state=UNDATED, price_since=None)
    return row._replace(**hidden, price_since=None) if hidden else row
