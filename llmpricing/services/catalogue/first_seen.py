"""What was known at a time: a price that its first list had later is not shown as if it had been known then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.domain.times import micros
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing import OfferingItem, rows_of
from llmpricing.services.catalogue.model_list import UNDATED
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookRead, Reads

# Offering, meter, whether its first list came after the time asked for; one that ended before that list is told of as
# past by the list itself, but where the price of another source takes its place: that list ended it.
BasePrice = tuple[int, str, bool]
_DECIDING = ("input_tokens", "output_tokens")  # without one of them nothing can be reckoned
_CACHE_READ = "cache_read_tokens"


@BookRead
def base_prices(book: PriceBook, clocks: Clocks) -> Sequence[BasePrice]:
    """The base prices behind the list's columns that are valid and believed."""
    meters = frozenset(BASE_METERS.values())
    rows = [row for row in _believed(book, clocks) if row[2] == "" and row[1] in meters]
    return [(offering, meter, is_late) for offering, meter, _, is_late in _prices_then(rows, clocks)]


@BookRead
def late_prices(book: PriceBook, clocks: Clocks, slugs: Collection[str]) -> set[int]:
    """The ids of these offerings' prices, under whatever conditions, whose first list came after the time asked for."""
    numbers = {book.numbers[slug] for slug in slugs}
    rows = [row for row in _believed(book, clocks) if row[0] in numbers]
    return {price for _, _, price, is_late in _prices_then(rows, clocks) if is_late}


def _believed(book: PriceBook, clocks: Clocks) -> Iterator[tuple[Any, ...]]:
    """Offering, meter, condition, id, source, state, from and until when it holds, since when it is seen."""
    known_at = micros(clocks.known_at)
    names = ("id", "source_id", "state", "valid_from", "valid_until", "fresh_from")
    rows = book.stored("price", "recorded_from", "recorded_until", "offering_id", "meter", "condition_key", *names)
    return (row[2:] for row in rows if (row[0] is None or row[0] <= known_at) and (row[1] is None or known_at < row[1]))


def _prices_then(rows: Sequence[tuple[Any, ...]], clocks: Clocks) -> Iterator[tuple[int, str, int, bool]]:
    """Offering, meter and id of the valid ones of whole components, and whether their first list came later."""
    as_of = micros(clocks.as_of)
    begun = {
        (offering, meter, key, since): source
        for offering, meter, key, _, source, _, since, _, _ in rows
        if since is not None
    }
    for offering, meter, key, price, source, state, since, until, fresh in rows:
        if state != "unknown" and (since is None or since <= as_of) and (until is None or as_of < until):
            is_late = fresh is not None and as_of < fresh
            if is_late and until is not None and until <= fresh:
                is_late = begun.get((offering, meter, key, until), source) != source
            yield offering, meter, price, is_late


def as_known_then(reads: Reads, clocks: Clocks, models: Iterable[SoldModel], standing: StandsOn) -> list[SoldModel]:
    """The models without the prices that were first listed later than the time asked for: a row without its input or
    output price is of the state ``undated``.
    """
    late = _late(reads, clocks)
    return [replace(model, rows=tuple(_as_known_then(row, late, standing) for row in model.rows)) for model in models]


def items_as_known_then(
    reads: Reads, clocks: Clocks, items: Sequence[OfferingItem], standing: StandsOn
) -> list[OfferingItem]:
    """The same of offerings as the list shows them, which must have been there then."""
    if not items:
        return []
    late, slugs = _late(reads, clocks), [item.id for item in items]
    rows = {row.id: _as_known_then(row, late, standing) for row in rows_of(reads, clocks, slugs, standing)}
    return [_with_prices_of(item, rows[item.id]) for item in items]


def _with_prices_of(item: OfferingItem, row: Any) -> OfferingItem:
    prices = {name: getattr(row, name) for name in BASE_METERS}
    return replace(item, price_state=row.price_state, price_since=row.price_since, **prices)


def _late(reads: Reads, clocks: Clocks) -> Mapping[int, Mapping[str, bool]]:
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    for offering, meter, is_late in base_prices(reads, clocks):
        found[offering][meter] = is_late
    return found


def late_cache_reads(reads: Reads, clocks: Clocks, rows: Iterable[Any], standing: StandsOn) -> list[str]:
    """Those of these rows, by id, whose price of a cache read alone was first listed later than the time asked for."""
    late = _late(reads, clocks)
    found = {row.id: _late_meters(row, late, standing) for row in rows}
    return [
        slug
        for slug, meters in found.items()
        if meters.get(_CACHE_READ) and not any(meters.get(meter) for meter in _DECIDING)
    ]


def _late_meters(row: Any, late: Mapping[int, Mapping[str, bool]], standing: StandsOn) -> dict[str, bool]:
    """Whether the price of each of its meters, own or borrowed, was first listed later."""
    stood_on = standing.get(row.number)
    return {**(late.get(stood_on.number, {}) if stood_on else {}), **late.get(row.number, {})}


def _as_known_then(row: Any, late: Mapping[int, Mapping[str, bool]], standing: StandsOn) -> Any:
    found = _late_meters(row, late, standing)
    hidden = {name: None for name, meter in BASE_METERS.items() if found.get(meter)}
    if not hidden:
        return row
    state = UNDATED if any(found.get(meter) for meter in _DECIDING) else row.price_state
    return row._replace(**hidden, price_state=state, price_since=None)
