"""The list of offerings out of a book in memory: the columns and the order that the database has in SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from llmpricing.book.price_book import PriceBook
from llmpricing.book.shape import SHAPE
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listed_row import ListedRow
from llmpricing.services.catalogue.listing_index import ListIndex
from llmpricing.services.catalogue.listing_query import days_before
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.catalogue.row_prices_in_book import RowPrices, all_valid, row_prices, valid_of
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.publishing.readings import lists_of

_FACTS = [name for name in SHAPE["offering_past"] if name not in ("offering_id", "until")]


_lists: Memory[tuple[str, int, Clocks], list[ListedRow]] = Memory(3, lambda rows: 700 * len(rows))
_indexes: Memory[tuple[str, int, Clocks], ListIndex] = Memory(3, lambda index: 400 * len(index))


def rows_at(book: PriceBook, clocks: Clocks, standing: StandsOn) -> list[ListedRow]:
    """All offerings of a time with their columns, by name as the list's, and ``number``; in order of number."""
    return _lists.remember((book.book, book.version, clocks), lambda: _made(book, clocks, standing))


def index_at(book: PriceBook, clocks: Clocks, standing: StandsOn) -> ListIndex:
    """The same rows as filters and orders find them."""
    return _indexes.remember((book.book, book.version, clocks), lambda: ListIndex(rows_at(book, clocks, standing)))


def rows_of(book: PriceBook, clocks: Clocks, slugs: Collection[str], standing: StandsOn) -> list[ListedRow]:
    """The rows of these offerings alone, of those that there were."""
    found = _lists.recall([(book.book, book.version, clocks)])
    if found:
        wanted = frozenset(slugs)
        return [row for rows in found.values() for row in rows if row.id in wanted]
    return _made(book, clocks, standing, {book.numbers[slug] for slug in slugs if slug in book.numbers})


def _made(
    book: PriceBook, clocks: Clocks, standing: StandsOn, numbers: Collection[int] | None = None
) -> list[ListedRow]:
    if numbers is None:
        valid = all_valid(book, clocks)
    else:
        valid = valid_of(book, clocks, {*numbers, *(standing[one].number for one in numbers if one in standing)})
    read = {slug: lists[-1] for slug, lists in lists_of(book, clocks.known_at).items()}
    offerings = offerings_in(book, clocks.known_at, numbers)
    return [_row(book, one, row_prices(valid, one.id, standing.get(one.id)), read) for one in offerings]


def offerings_in(book: PriceBook, known_at: datetime, numbers: Collection[int] | None = None) -> Iterable[Any]:
    """The offerings that were known then (of these ``numbers`` alone), with the facts that were believed of them."""
    past: dict[int, Any] = {}
    for row in book.records("offering_past", numbers):
        if row.until > known_at and (row.offering_id not in past or row.until < past[row.offering_id].until):
            past[row.offering_id] = row
    for offering in book.records("offering", numbers):
        if offering.created_at <= known_at:
            if offering.id in past:
                vars(offering).update({name: getattr(past[offering.id], name) for name in _FACTS})
            yield offering


def _row(book: PriceBook, offering: Any, prices: RowPrices, read: Mapping[str, datetime]) -> ListedRow:
    source = None if prices.source is None else book.sources[prices.source].slug
    return ListedRow(
        number=offering.id,
        id=offering.slug,
        name=offering.name,
        provider=book.providers[offering.provider_id].slug,
        lab=offering.lab,
        mode=offering.mode,
        released_on=offering.released_on,
        knowledge_cutoff=offering.knowledge_cutoff,
        stated_abilities=offering.stated_abilities,
        status=offering.status,
        price_state=prices.state,
        currency=prices.currency,
        **{name: prices.per_mtok.get(meter) for name, meter in BASE_METERS.items()},
        context_window=offering.context_window,
        max_output_tokens=offering.max_output_tokens,
        capabilities=offering.capabilities,
        inputs=offering.input_modalities,
        outputs=offering.output_modalities,
        price_since=prices.since,
        source=source,
        verified_at=read.get(source) if source else None,
    )


class PriceBounds(Protocol):
    """What a list asks of prices: bounds in USD per million tokens, and since how many days they count at most."""

    @property
    def max_input_price(self) -> Decimal | None: ...
    @property
    def max_output_price(self) -> Decimal | None: ...
    @property
    def updated_within_days(self) -> int | None: ...


def price_tests(wanted: PriceBounds, clocks: Clocks) -> Iterator[Callable[[Any], bool]]:
    """What a row's prices must pass."""
    for name, most in (("input_per_mtok", wanted.max_input_price), ("output_per_mtok", wanted.max_output_price)):
        if most is not None:
            yield _costs_no_more(name, most)
    if wanted.updated_within_days is not None:
        since = days_before(clocks.as_of, wanted.updated_within_days)
        yield lambda row: row.price_since is not None and row.price_since >= since


def _costs_no_more(name: str, most: Decimal) -> Callable[[ListedRow], bool]:
    return lambda row: row.currency == "USD" and (value := getattr(row, name)) is not None and value <= most


def in_order(rows: Iterable[ListedRow], sort: str, descending: bool) -> list[ListedRow]:
    """The rows by a column, unknown values last, ties by id."""
    by_id = sorted(rows, key=lambda row: row.id, reverse=descending and sort == "id")
    if sort == "id":
        return by_id
    known = [row for row in by_id if getattr(row, sort) is not None]
    unknown = [row for row in by_id if getattr(row, sort) is None]
    # Sorted from the largest, those that are alike stay in order of id too.
    return [*sorted(known, key=lambda row: getattr(row, sort), reverse=descending), *unknown]
