"""In which regions a seller's prices are told apart, of how many models, and how much dearer or cheaper they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.names.identities import identity
from llmpricing.services.clocks import Clocks
from llmpricing.services.price_book import BookRead, Reads

_COLUMNS = ("offering_id", "id", "meter", "condition_key", "region", "state", "amount", "currency", "per_quantity")


class PlacedPrice(NamedTuple):
    """A price without conditions but for its ``region``, empty where it has none; ``id`` is the price's own."""

    id: int
    api_id: str
    region: str
    meter: str
    amount: Decimal | None
    currency: str
    per: int


class SellerRegion(NamedTuple):
    """A region of which the seller's prices are told for ``models``. ``compared`` of them have prices without a region
    too: then ``least`` and ``most`` are how many times those their prices are, 1 for as much, ``middle`` is it at the
    median model, and ``as_much`` says how many of the models cost as much. ``in_ids``: some are sold there under ids of
    their own, such as ``eu.amazon.nova``.
    """

    region: str
    models: int
    compared: int
    as_much: int
    least: Fraction | None
    middle: Fraction | None
    most: Fraction | None
    in_ids: bool


@BookRead
def placed_prices(book: PriceBook, clocks: Clocks, provider: str) -> Sequence[PlacedPrice]:
    """The amounts that this seller asks, at the standard tier and without further conditions, in any region and none;
    one statement.
    """
    numbers = {number for number, one in book.providers.items() if one.slug == provider}
    sold = {id_: api_id for id_, api_id, of in book.rows("offering", ("id", "api_id", "provider_id")) if of in numbers}
    rows = book.rows("price", ("valid", "recorded", *_COLUMNS), sold)
    return [
        PlacedPrice(id_, sold[offering], region, meter, amount, currency, per)
        for valid, recorded, offering, id_, meter, key, region, state, amount, currency, per in rows
        if state == "priced"
        and key == (f"region={region}" if region else "")
        and clocks.as_of in valid
        and clocks.known_at in recorded
    ]


def seller_regions(reads: Reads, clocks: Clocks, provider: str, late: Collection[int] = ()) -> list[SellerRegion]:
    """The regions in order of name, without the prices of these ids; none where no price is told for a region."""
    found = [price for price in placed_prices(reads, clocks, provider) if price.id not in late]
    plain = {_key(price): price for price in found if not _place(price)}
    by_region: dict[str, list[PlacedPrice]] = defaultdict(list)
    for price in found:
        if place := _place(price):
            by_region[place].append(price)
    return [_region(place, prices, plain) for place, prices in sorted(by_region.items())]


def _place(price: PlacedPrice) -> str:
    return price.region or identity(price.api_id).place


def _model(price: PlacedPrice) -> str:
    """The seller's id of the model without the region that it begins with."""
    return price.api_id.removeprefix(f"{identity(price.api_id).place}.")


def _key(price: PlacedPrice) -> tuple[str, str, str]:
    return _model(price), price.meter, price.currency


def _region(
    place: str, prices: Sequence[PlacedPrice], plain: Mapping[tuple[str, str, str], PlacedPrice]
) -> SellerRegion:
    times: dict[str, set[Fraction]] = defaultdict(set)
    for model, one in _times(prices, plain):
        times[model].add(one)
    every = [one for of_model in times.values() for one in of_model]
    return SellerRegion(
        place,
        len({_model(price) for price in prices}),
        len(times),
        sum(of_model == {1} for of_model in times.values()),
        min(every, default=None),
        median(map(median, times.values())) if times else None,
        max(every, default=None),
        any(_model(price) != price.api_id for price in prices),
    )


def _times(
    prices: Iterable[PlacedPrice], plain: Mapping[tuple[str, str, str], PlacedPrice]
) -> Iterator[tuple[str, Fraction]]:
    """How many times the price without a region each is, where there is one, with the model."""
    for price in prices:
        if (base := plain.get(_key(price))) is not None:
            yield _model(price), Fraction(price.amount or 0) * base.per / (Fraction(base.amount or 0) * price.per)
