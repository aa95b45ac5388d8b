"""LiteLLM's model cost map with the published prices laid over it: no name is lost, and what is no price stays.

Prices are JSON numbers: LiteLLM takes a text for an error, and bills 0 where one is absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import STANDARD, Conditions
from llmpricing.domain.money import MoneyError, parse_decimal, snap
from llmpricing.domain.observations import State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.overlay import FieldChange, Laid, Note, number_of
from llmpricing.sources.litellm.keys import key_of
from llmpricing.sources.litellm.placed_prices import PlacedEntry
from llmpricing.sources.litellm.prices import PricePlace
from llmpricing.sources.reading.bounds import step_at

_TEXT_MODES = frozenset({"", "chat", "completion", "embedding", "responses"})  # prices are added to no others
_CACHED = ("cache_read_tokens", "cache_write_tokens")  # LiteLLM bills 0 for these where it finds no key
_PricePath = tuple[str | int, ...]
_WantedPrice = tuple[_PricePath, str, Conditions]  # where a price should stand, and of what
_Listing = Sequence[tuple[PricePlace, Decimal | None]]  # where prices stand, and the map's own


def lay_over_map(data: bytes, entries: Iterable[PlacedEntry], published: Mapping[str, CountingPrices]) -> Laid:
    """The map in ``data``, whose ``entries`` these are, with the prices ``published`` by id of the offering."""
    laid = Laid(json.loads(data, parse_float=Decimal))
    for placed in entries:
        prices = published.get(placed.name.slug)
        if prices is not None:
            entry = laid.document[placed.key]
            listed = [(place, _listed(entry, place)) for place in _sayable(placed.places, prices)]
            laid.notes += _laid_over(entry, placed, listed, prices)
            laid.notes += _added(entry, placed, prices)
    return laid


def _sayable(places: Sequence[PricePlace], prices: CountingPrices) -> Iterator[PricePlace]:
    """The places whose number says one price: hours of several schedules may share one, and ask different prices."""
    by_path: dict[_PricePath, list[PricePlace]] = {}
    for place in places:
        by_path.setdefault(place.path, []).append(place)
    for sharing in by_path.values():
        asked = [prices.of(place.meter, place.conditions) for place in sharing]
        numbers = {price and number_of(price, place.quantity) for price, place in zip(asked, sharing, strict=True)}
        if len(numbers) == 1:
            yield sharing[0]


def _laid_over(entry: dict[str, Any], placed: PlacedEntry, listing: _Listing, prices: CountingPrices) -> Iterable[Note]:
    stated = {(place.meter, place.conditions) for place, listed in listing if listed}
    for place, listed in listing:
        price = prices.of(place.meter, place.conditions)
        if not listed and (price is None or (place.meter, place.conditions) in stated):
            continue  # zeros that fill up an entry, beside the key that holds the price
        change, number = _verdict(price, place, is_known=prices.is_listed)
        if change is FieldChange.CHANGED and number == listed:
            continue
        if change is not FieldChange.AS_LISTED:
            _write(entry, place.path, number)
        elif price is not None and price.state is State.NOT_OFFERED and not listed:
            continue
        yield Note(placed.key, _text(place.path), change, listed, number, price.id if price else None)


def _verdict(price: Price | None, place: PricePlace, *, is_known: bool) -> tuple[FieldChange, Decimal | None]:
    if price.state is State.UNKNOWN if price else not is_known:
        return FieldChange.WITHOUT_PRICE, None
    if price is None or price.state is State.NOT_OFFERED:
        return FieldChange.AS_LISTED, None
    number = number_of(price, place.quantity)
    return (FieldChange.AS_LISTED if number is None else FieldChange.CHANGED), number


def _added(entry: dict[str, Any], placed: PlacedEntry, prices: CountingPrices) -> Iterable[Note]:
    """What requests of this entry pay for which it has no key."""
    if placed.mode not in _TEXT_MODES or placed.name.extra:
        return
    wanted = _in_tiers(placed) if placed.has_tiers else _in_keys(placed, prices)
    for path, meter, when in wanted:
        price = prices.of(meter, when)
        number = _number(price)
        if number and _value(entry, path) is None:
            _write(entry, path, number)
            yield Note(placed.key, _text(path), FieldChange.ADDED, None, number, price.id if price else None)


def _in_keys(placed: PlacedEntry, prices: CountingPrices) -> Iterable[_WantedPrice]:
    """Under flat keys: all that has a price in the entry's place, and cached tokens at each price of input."""
    for price in prices.prices:
        when = price.conditions
        if when.region not in ("", placed.name.region) or when.extra or when.schedule:
            continue
        step = when.step
        if step is not None and step != step_at(placed.name.provider, step.above):
            continue  # the map cannot say it
        if step is not None and when.service_tier == STANDARD and _says_nothing_more(when, prices):
            continue
        cached = _CACHED if price.meter == "input_tokens" else ()
        for meter in (price.meter, *cached):
            key = key_of(meter, when.service_tier, step.above if step else 0)
            if key is not None:
                yield (key,), meter, replace(when, region=placed.name.region)


def _says_nothing_more(when: Conditions, prices: CountingPrices) -> bool:
    """Whether tokens beyond this step cost what they do below it: LiteLLM bills the same without its keys."""
    meters = {price.meter for price in prices.prices if price.conditions == when}
    steps = {price.conditions.step for price in prices.prices}
    below = [replace(when, step=step) for step in steps if step and when.step and step.above < when.step.above]
    places = (replace(when, step=None), *below, when)
    return all(len({_number(prices.of(meter, place)) for place in places}) == 1 for meter in (*meters, *_CACHED))


def _number(price: Price | None) -> Decimal | None:
    return number_of(price, 1) if price else None


def _in_tiers(placed: PlacedEntry) -> Iterable[_WantedPrice]:
    """Within tiers by size of request, beside each one's price of input: what cached tokens cost there."""
    for place in placed.places:
        if place.meter == "input_tokens" and len(place.path) > 1:
            for meter in _CACHED:
                if key := key_of(meter):
                    yield (*place.path[:-1], key), meter, place.conditions


def _value(entry: Mapping[str, Any], path: _PricePath) -> Any:
    value: Any = entry
    for part in path[:-1]:
        value = value[part]
    return value.get(path[-1]) if isinstance(value, dict) else value[path[-1]]


def _text(path: _PricePath) -> str:
    return ".".join(map(str, path))


def _listed(entry: Mapping[str, Any], place: PricePlace) -> Decimal | None:
    value = _value(entry, place.path)
    try:
        return None if value is None or isinstance(value, bool) else snap(parse_decimal(str(value)))
    except MoneyError:
        return None


def _write(entry: dict[str, Any], path: _PricePath, number: Decimal | None) -> None:
    *parents, last = path
    inner: Any = entry
    for part in parents:
        inner = inner[part]
    if number is None:
        del inner[last]
    else:
        inner[last] = number
