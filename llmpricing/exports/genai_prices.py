"""genai-prices' data with the published prices laid over it.

A model whose list asks what is published stays as it came, with its dates, hours and variants. One that differs gets
the prices of the moment in place of its own: its usual ones, those of its variants, or both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import BASE, STANDARD, Conditions
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import DatedPrice, ObservedOffering, PriceList, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.counting_prices import CountingPrices
from llmpricing.exports.overlay import FieldChange, Laid, Note, number_of, plain
from llmpricing.sources.genai_prices.rules import key_of, start_of

_TIER_KEYS = ("processing", "service_tier", "speed")
_ExportedNumbers = dict[tuple[str, Conditions], Decimal]  # by meter and conditions, for as many units as METERS says


def lay_over_data(data: bytes, listed: PriceList, published: Mapping[str, CountingPrices], at: datetime) -> Laid:
    """The ``data``, which was read as ``listed``, with the prices ``published`` by id of the offering at ``at``."""
    laid = Laid(json.loads(data, parse_float=Decimal))
    offerings = {offering.slug: offering for offering in listed.offerings}
    known_keys = {key for _, model in _models(laid.document) for key in _price_keys(model)}
    seen = set[str]()
    for slug, model in _models(laid.document):
        if slug in offerings and slug in published and slug not in seen:
            laid.notes += _laid_over(slug, model, _stated(offerings[slug], at), published[slug], known_keys)
        seen.add(slug)
    return laid


def _models(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for provider in document:
        for model in (provider.get("models") or ()) if isinstance(provider, dict) else ():
            if isinstance(model, dict):
                yield f"{provider.get('id')}/{model.get('id')}", model


def _price_keys(model: Mapping[str, Any]) -> Iterable[str]:
    prices = model.get("prices")
    for rule in prices if isinstance(prices, list) else [{"prices": prices}]:
        yield from rule.get("prices") or ()


def _stated(offering: ObservedOffering, at: datetime) -> dict[tuple[str, Conditions], DatedPrice]:
    """What the list itself asks at that moment."""
    return {
        (statement.meter, statement.conditions): segment
        for statement in offering.statements
        for segment in statement.segments
        if (segment.valid_from is None or segment.valid_from <= at)
        and (segment.valid_until is None or at < segment.valid_until)
    }


def _laid_over(
    name: str,
    model: dict[str, Any],
    stated: Mapping[tuple[str, Conditions], DatedPrice],
    prices: CountingPrices,
    known_keys: set[str],
) -> list[Note]:
    numbers: _ExportedNumbers = {
        component: number
        for component, segment in stated.items()
        if (number := _number(*component, segment)) is not None
    }
    notes, changed = [], list[Conditions]()
    for component, price in _sayable(prices, known_keys):
        listed, number = numbers.get(component), number_of(price, METERS[price.meter].per)
        if number == listed or (listed is None and not number):
            continue
        if number is None and price.state is not State.UNKNOWN:  # another currency, which the shape cannot say
            notes.append(Note(name, _field(*component), FieldChange.AS_LISTED, listed, None, price.id))
            continue
        change = FieldChange.WITHOUT_PRICE if number is None else FieldChange.CHANGED
        change = FieldChange.ADDED if listed is None else change
        notes.append(Note(name, _field(*component), change, listed, number, price.id))
        changed.append(component[1])
        if number is None:
            del numbers[component]
        else:
            numbers[component] = number
    if not prices.is_listed:
        agreed = {component for component, _ in _sayable(prices, known_keys)}
        for component in [one for one in numbers if one not in agreed]:
            notes.append(Note(name, _field(*component), FieldChange.WITHOUT_PRICE, numbers.pop(component), None, None))
            changed.append(component[1])
    if notes and any(when.schedule for _, when in (*stated, *((p.meter, p.conditions) for p in prices.prices))):
        return [note._replace(change=FieldChange.AS_LISTED, exported=None) for note in notes]
    if any(when.series == BASE for when in changed):
        model["prices"] = _ladders(numbers, BASE)
    if any(when.series != BASE for when in changed):
        _write_variants(model, numbers)
    return notes


def _sayable(prices: CountingPrices, known_keys: set[str]) -> Iterator[tuple[tuple[str, Conditions], Price]]:
    """The prices for which the shape has words: keys that it uses somewhere, no other denomination, no own region."""
    for price in prices.prices:
        when = price.conditions
        is_odd = when.region or when.schedule or (when.step is not None and when.step.marginal)
        if not is_odd and key_of(price.meter) in known_keys and price.state is not State.NOT_OFFERED:
            yield (price.meter, when), price


def _number(meter: str, when: Conditions, segment: DatedPrice) -> Decimal | None:
    if when.schedule or segment.state not in (State.PRICED, State.FREE):
        return None
    return plain((segment.amount or Decimal(0)) * METERS[meter].per / segment.per)


def _field(meter: str, when: Conditions) -> str:
    return f"{key_of(meter)} {when.key}".strip()


def _write_variants(model: dict[str, Any], numbers: _ExportedNumbers) -> None:
    """Put the prices of contexts in place of the model's own."""
    variants = model.pop("price_variants", None)
    named = {
        (key, value): key
        for variant in variants or ()
        for key, value in (variant.get("when") or {}).items()
        if key in _TIER_KEYS
    }
    tier_keys = {value: key for (_, value), key in named.items()}
    series = {when.series: None for _, when in numbers}
    found = [
        {"when": _when(one, tier_keys), "prices": ladders}
        for one in series
        if one != BASE and (ladders := _ladders(numbers, one))
    ]
    if found:
        model["price_variants"] = found


def _when(series: Conditions, tier_keys: Mapping[str, str]) -> dict[str, str]:
    tier = series.service_tier
    own = {} if tier == STANDARD else {tier_keys.get(tier, "service_tier"): tier}
    return own | dict(series.extra)


def _ladders(numbers: _ExportedNumbers, series: Conditions) -> dict[str, Any]:
    """By price key one number, or one with tiers by size of request."""
    found: dict[str, Any] = {}
    for (meter, when), number in numbers.items():
        if when == series:
            steps = {
                at.step: price
                for (slug, at), price in numbers.items()
                if slug == meter and at.step is not None and at.series == series
            }
            tiers = [
                {"start": start_of(step), "price": price}
                for step, price in sorted(steps.items(), key=lambda item: item[0].above)
            ]
            found[key_of(meter)] = {"base": number, "tiers": tiers} if tiers else number
    return found
