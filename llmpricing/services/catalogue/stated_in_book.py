"""What is published and what each list states at a time, out of a book in memory, as stated_now has it in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.observations import Basis, State
from llmpricing.domain.times import micros


class StatedRow(NamedTuple):
    """A newest observation, named as the columns of the database are."""

    offering_id: int
    source_id: int
    component: str
    time: datetime
    state: State
    value: Decimal | None
    currency: str
    per_quantity: int
    stated_from: datetime | None
    stated_until: datetime | None
    basis: Basis
    first_seen: datetime | None
    left_out_at: datetime | None
    offering: str
    provider_id: int
    provider: str
    source: str
    review_id: int | None
    verdict: str | None


class PublishedRow(NamedTuple):
    """A price that is published, named as the columns of the database are."""

    offering_id: int
    meter: str
    condition_key: str
    state: State
    amount: Decimal | None
    per_quantity: int
    currency: str
    source: str


def both_in(
    book: PriceBook, now: datetime, slugs: Collection[str] | None
) -> tuple[list[StatedRow], list[PublishedRow]]:
    """The newest observations of offerings that several sources price, and what is published of these."""
    valid = _valid(book, now)
    offerings = _of_several_sources(book, valid)
    if slugs is not None:
        offerings &= {book.numbers[slug] for slug in slugs if slug in book.numbers}
    return _stated(book, now, offerings), _published(book, valid, offerings)


def _valid(book: PriceBook, now: datetime) -> Mapping[int, tuple[int, int]]:
    """By their ids the offering and the source of the prices that are believed and valid now."""
    at = micros(now)
    columns = ("id", "offering_id", "source_id", "valid_from", "valid_until", "recorded_until")
    return {
        price: (offering, source)
        for price, offering, source, since, until, closed in book.stored("price", *columns)
        if closed is None and (since is None or since <= at) and (until is None or at < until)
    }


def _of_several_sources(book: PriceBook, valid: Mapping[int, tuple[int, int]]) -> set[int]:
    """The offerings of which a source states a price beside the published ones of another."""
    published: dict[int, set[int]] = defaultdict(set)
    for offering, source in valid.values():
        published[offering].add(source)
    stated = set(book.stored("newest_observation", "offering_id", "source_id"))
    return {offering for offering, source in stated if published[offering] - {source}}


def _stated(book: PriceBook, now: datetime, offerings: Collection[int]) -> list[StatedRow]:
    columns = StatedRow._fields[:13]
    reviews = {
        (row.offering_id, row.component, row.source_id, row.time): (row.id, row.outcome)
        for row in book.records("review", offerings)
    }
    sold_by = dict(book.rows("offering", ("id", "provider_id"), offerings))
    found = []
    for values in book.rows("newest_observation", columns, offerings):
        told = dict(zip(columns, values, strict=True))
        since, until = told["stated_from"], told["stated_until"]
        if told["state"] == State.WITHDRAWN or (since and since > now) or (until and until <= now):
            continue
        told |= {"state": State(told["state"]), "basis": Basis(told["basis"])}
        offering, source, provider = told["offering_id"], told["source_id"], sold_by[told["offering_id"]]
        review = reviews.get((offering, told["component"], source, told["time"]), (None, None))
        names = (book.slugs[offering], provider, book.providers[provider].slug, book.sources[source].slug)
        found.append(StatedRow._make((*told.values(), *names, *review)))
    return found


def _published(book: PriceBook, valid: Mapping[int, tuple[int, int]], offerings: Collection[int]) -> list[PublishedRow]:
    columns = ("source_id", "id", *PublishedRow._fields[:-1])
    return [
        PublishedRow._make((offering, meter, key, State(state), *told, book.sources[source].slug))
        for source, price, offering, meter, key, state, *told in book.rows("price", columns, offerings)
        if price in valid
    ]
