"""LiteLLM's model cost map with the published prices laid over it: no name is lost, and what is no price stays.

Prices are JSON numbers: LiteLLM takes a text for an error, and bills 0 where one is absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from llmpricing.domain.money import MoneyError, parse_decimal, snap
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.overlay import USD, FieldChange, Laid, Note, number_of
from llmpricing.sources.litellm.keys import key_of
from llmpricing.sources.litellm.placed_prices import PlacedEntry
from llmpricing.sources.litellm.prices import PricePlace
from llmpricing.sources.reading.bounds import step_at

_TEXT_MODES = frozenset({"", "chat", "completion", "embedding", "responses"})  # prices are added to no others
_Listing = Sequence[tuple[PricePlace, Decimal | None]]  # where prices stand, and the map's own


def lay_over_map(data: bytes, entries: Iterable[PlacedEntry], published: Mapping[str, CountingPrices]) -> Laid:
    """The map in ``data``, whose ``entries`` these are, with the prices ``published`` by id of the offering."""
    laid = Laid(json.loads(data, parse_float=Decimal))
    for placed in entries:
        prices = published.get(placed.name.slug)
        if prices is not None:
            entry = laid.document[placed.key]
            listed = [(place, _listed(entry, place)) for place in placed.places]
            laid.notes += _laid_over(entry, placed, listed, prices)
            laid.notes += _added(entry, placed, listed, prices)
    return laid


def _laid_over(entry: dict[str, Any], placed: PlacedEntry, listing: _Listing, prices: CountingPrices) -> Iterable[Note]:
    stated = {(place.meter, place.conditions) for place, listed in listing if listed}
    for place, listed in listing:
        price = prices.of(place.meter, place.conditions)
        if not listed and (price is None or (place.meter, place.conditions) in stated):
            continue  # zeros that fill up an entry, beside the key that holds the price
        change, number = _verdict(price, place, is_known=bool(prices.prices))
        if change is FieldChange.CHANGED and number == listed:
            continue
        if change is not FieldChange.AS_LISTED:
            _write(entry, place, number)
        elif price is not None and price.state is State.NOT_OFFERED and not listed:
            continue
        text = ".".join(map(str, place.path))
        yield Note(placed.key, text, change, listed, number, price.id if price else None)


def _verdict(price: Price | None, place: PricePlace, *, is_known: bool) -> tuple[FieldChange, Decimal | None]:
    if not is_known or (price and price.state is State.UNKNOWN):
        return FieldChange.WITHOUT_PRICE, None
    if price is None or price.state is State.NOT_OFFERED:
        return FieldChange.AS_LISTED, None
    number = number_of(price, place.quantity)
    return (FieldChange.AS_LISTED if number is None else FieldChange.CHANGED), number


def _added(entry: dict[str, Any], placed: PlacedEntry, listing: _Listing, prices: CountingPrices) -> Iterable[Note]:
    """Prices of the very kind of request that the entry is about, for which it has no key."""
    if placed.mode not in _TEXT_MODES or placed.name.extra:
        return
    held = {(place.meter, place.conditions) for place, listed in listing if listed is not None}
    for price in prices.prices:
        key = _key(price, placed)
        number = number_of(price, 1)
        if key is None or not number or price.currency != USD or entry.get(key) is not None:
            continue
        if (price.meter, price.conditions) not in held:
            entry[key] = number
            yield Note(placed.key, key, FieldChange.ADDED, None, number, price.id)


def _key(price: Price, placed: PlacedEntry) -> str | None:
    """The key of a price that is no other name's, no clock's, and whose step the map can say."""
    when = price.conditions
    if when.region != placed.name.region or when.extra or when.schedule:
        return None
    if when.step is None:
        return key_of(price.meter, when.service_tier)
    if placed.has_tiers or when.step != step_at(placed.name.provider, when.step.above):
        return None
    return key_of(price.meter, when.service_tier, when.step.above)


def _listed(entry: Mapping[str, Any], place: PricePlace) -> Decimal | None:
    value: Any = entry
    for part in place.path:
        value = value[part]
    try:
        return None if value is None or isinstance(value, bool) else snap(parse_decimal(str(value)))
    except MoneyError:
        return None


def _write(entry: dict[str, Any], place: PricePlace, number: Decimal | None) -> None:
    *parents, last = place.path
    inner: Any = entry
    for part in parents:
        inner = inner[part]
    if number is None:
        del inner[last]
    else:
        inner[last] = number
